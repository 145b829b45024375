"""A program that carries out the run of its arguments and prints the most memory it has had, in kB.

What `getrusage` tells of a process includes what its parent had when it was started.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bridge.bootstrap import open_installation
from bridge.settings import read_settings
from reconciler.runs.execute import execute
from reconciler.runs.store import claim

LEASE_S = 60.0


def main(connection_id: int, run_id: int) -> None:
    installation = open_installation(read_settings())
    with installation.database.transaction() as tx:
        lease = claim(tx, connection_id, run_id, LEASE_S)
    assert lease is not None
    execute(installation, lease)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (most,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    print(most)  # noqa: T201 -- whoever started it reads that


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
