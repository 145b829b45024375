"""Let other processes go first on a machine that is full."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


def give_way(niceness: int, *, autogroup: Path = _AUTOGROUP) -> None:
    """Add to the niceness of this process, and make it that of its session if it leads one.

    Linux shares a processor between sessions first (sched(7), "The autogroup feature"), and each
    process of a group has a session of its own: by niceness alone none would let another pass. A
    session of somebody else, such as a shell's, is left alone.

    Args:
        niceness: What is added, at least 0; a caller's own stays below it.
        autogroup: Where Linux keeps the niceness of a session; elsewhere there is no such file.
    """
    own = os.nice(niceness)
    if own > 0 and os.getsid(0) == os.getpid() and autogroup.exists():
        with contextlib.suppress(OSError):  # it is no more than a courtesy
            autogroup.write_text(str(own))
