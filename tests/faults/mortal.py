"""Processes that are killed where an order says, and the program that makes them.

An order is a line of JSON to the program; the answer is a line that says whether the process that
carried it out was killed. Forked from a program that has no threads and has loaded everything,
another process is there in some hundredths of a second.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tests.journey.firm import Firm

ROOT = Path(__file__).parents[2]


def die() -> None:
    """Kill this very process."""
    os.kill(os.getpid(), signal.SIGKILL)


def serve(carry_on: Callable[[dict[str, Any]], None]) -> None:
    """Carry each order out in a process of its own, and tell what became of that."""
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            code = 1
            try:
                carry_on(json.loads(line))
                code = 0
            except BaseException:  # noqa: BLE001 -- it ends here, whatever it was
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(process, 0)
        killed = os.WIFSIGNALED(status)
        print(json.dumps({"killed": killed, "code": None if killed else status}), flush=True)  # noqa: T201


@dataclass
class Mortals:
    """Processes that are killed, and the program that makes them."""

    connection_id: int
    program: subprocess.Popen[str]

    def carry_on(self, **order: Any) -> bool:
        """Let a process carry an order out; return whether it was killed on the way."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps({"connection": self.connection_id, **order}) + "\n")
        self.program.stdin.flush()
        answer = json.loads(self.program.stdout.readline())
        assert answer["killed"] or answer["code"] == 0, answer
        return bool(answer["killed"])


@contextmanager
def mortals(firm: Firm, key: str, module: ModuleType) -> Iterator[Mortals]:
    """Start a program beside a firm's bridge."""
    settings = firm.bridge.installation.settings
    program = subprocess.Popen(  # noqa: S603 -- our own module
        [sys.executable, "-m", module.__name__],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": settings.database_url or "",
            "BRIDGE_KEYS": key,
            "BRIDGE_CLOCK": settings.clock,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Mortals(firm.bridge.connection_id, program)
    finally:
        program.kill()
        program.communicate()
