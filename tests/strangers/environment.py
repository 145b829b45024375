"""The environment that strangers' programs run in: none of our packages, made when first wanted.

What they need is locked in `requirements.lock`, by hash. Where no package registry can be reached
the environment is missing, and those who need it say so.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VENV = ROOT / ".venv-strangers"
PYTHON = VENV / "bin" / "python"
LOCK = HERE / "requirements.lock"
_STAMP = VENV / "installed"
_INSTALL_S = 240
_SHOWN_CHARACTERS = 300


class NoEnvironment(Exception):
    """The environment cannot be made here; the message says why."""


def made() -> Path:
    """Return the environment's Python; the first call makes it, several at once wait.

    Raises:
        NoEnvironment: If its packages cannot be had, for example without a registry.
    """
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read() + sys.version.encode() + str(ROOT).encode()).hexdigest()
        if not (_STAMP.exists() and _STAMP.read_text(encoding="utf-8") == wanted):
            try:
                _make()
            except (subprocess.SubprocessError, OSError) as error:
                shutil.rmtree(VENV, ignore_errors=True)
                raise NoEnvironment(_cause(error)) from None
            _STAMP.write_text(wanted, encoding="utf-8")
    return PYTHON


def _make() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True)
    # The generated client is published as source alone; pip fetches what builds it.
    subprocess.run(  # noqa: S603 - our own environment
        [PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", LOCK],
        check=True,
        capture_output=True,
        text=True,
        timeout=_INSTALL_S,
    )


def _cause(error: Exception) -> str:
    output = getattr(error, "stderr", None) or str(error)
    last = [line for line in str(output).splitlines() if line.startswith("ERROR")] or [str(output)]
    return last[0][:_SHOWN_CHARACTERS]
