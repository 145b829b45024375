"""Run one command and end it when the process that asked for it is gone.

Run as `python -I -S guard.py COMMAND...` with the read end of a pipe as standard input. The pipe's
other end closes when its owner closes it or dies, in whatever way: then the command gets SIGTERM,
and SIGKILL for its whole process group if it does not end in time. Only the standard library, and
no import from the package, so that it starts at once.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE_S = 20.0
_PR_SET_PDEATHSIG = 1


def _follow_parent() -> Callable[[], None] | None:
    """Return what makes a child end with this process, where the system has that (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def main(command: list[str]) -> int:
    """Run the command until it ends or the pipe closes; return its exit code (128 + signal)."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    child = subprocess.Popen(  # noqa: S603 - the command is the demo's own
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_follow_parent(),  # noqa: PLW1509 - this process has one thread
    )
    os.dup2(2, 1)  # the command alone holds the output, so its reader sees the end of it
    while child.poll() is None:
        ready, _, _ = select.select([0, woken], [], [])
        asked = woken in ready and signal.SIGTERM in os.read(woken, 64)
        if asked or (0 in ready and not os.read(0, 1)):
            _end(child)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
