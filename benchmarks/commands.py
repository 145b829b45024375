"""`make bench-commands`: how long a person waits for the commands that look at a running bridge.

Each is run in a process of its own, as a shell does, beside `bridge up` that has a connection.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

from benchmarks.firm import LIST, running_firm
from benchmarks.sandbox import BRIDGE

MOST_S = {
    ("--help",): 0.2,
    ("status",): 0.4,
    ("explain", "ada@example.org"): 0.4,
    ("budget",): 0.4,
}


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.commands", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="of each command")
    given = parser.parse_args()
    with running_firm("empty") as firm:
        firm.save(LIST, Name="Letter")
        firm.save("Contact", LastName="Lovelace", Email="ada@example.org")
        firm.come_to_rest()
        held = [_measured(command, most_s, given.runs) for command, most_s in MOST_S.items()]
    return 0 if all(held) else 1


def _measured(command: tuple[str, ...], most_s: float, runs: int) -> bool:
    took_s = sorted(_run(command) for _ in range(runs))
    is_held = median(took_s) < most_s
    print(
        f"bridge {' '.join(command):24} median {median(took_s):.3f} s, worst {took_s[-1]:.3f} s, "
        f"median under {most_s:g} s: {'held' if is_held else 'MISSED'}",
        flush=True,
    )
    return is_held


def _run(command: tuple[str, ...]) -> float:
    started = time.perf_counter()
    done = subprocess.run([BRIDGE, *command], capture_output=True, check=False)
    took_s = time.perf_counter() - started
    if done.returncode == 2 or not done.stdout:  # noqa: PLR2004 -- usage or configuration
        raise SystemExit(f"bridge {' '.join(command)}: {done.stderr.decode()}")
    return took_s


if __name__ == "__main__":
    sys.exit(main())
