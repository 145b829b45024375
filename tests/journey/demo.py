"""Runs `bridge demo` as a stranger would: the installed program, an almost empty environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BRIDGE = str(Path(sys.executable).with_name("bridge"))


def environment(data_dir: Path, port: int = 0) -> dict[str, str]:
    """Return what a stranger's shell has, and a data directory of this test's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"BRIDGE_DATA_DIR": str(data_dir), "BRIDGE_LISTEN": f"127.0.0.1:{port}"}


def run_demo(data_dir: Path, *options: str, port: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [BRIDGE, "demo", "--exit", "--json", *options],
        capture_output=True,
        text=True,
        env=environment(data_dir, port),
        check=False,
    )
