"""Environments of their own for what the tests use and the bridge does not: made when first wanted.

What each needs is locked by hash. Where no package registry can be reached an environment is
missing, and those who need it say so.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_INSTALL_S = 240
_SHOWN_CHARACTERS = 300


class NoEnvironment(Exception):
    """The environment cannot be made here; the message says why."""


@dataclass(frozen=True)
class Environment:
    """A folder with a Python and the packages of one lock file.

    Attributes:
        folder: Its name below the root of the project.
        lock: The requirements, with hashes.
    """

    folder: str
    lock: Path

    @property
    def venv(self) -> Path:
        """Where it is."""
        return ROOT / self.folder

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.venv / "bin" / "python"

    def made(self) -> Path:
        """Return its Python; the first call makes it, several at once wait.

        Raises:
            NoEnvironment: If its packages cannot be had, for example without a registry.
        """
        stamp = self.venv / "installed"
        with self.lock.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            parts = lock.read() + sys.version.encode() + str(ROOT).encode()
            wanted = hashlib.sha256(parts).hexdigest()
            if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
                try:
                    self._make()
                except (subprocess.SubprocessError, OSError) as error:
                    shutil.rmtree(self.venv, ignore_errors=True)
                    raise NoEnvironment(_cause(error)) from None
                stamp.write_text(wanted, encoding="utf-8")
        return self.python

    def _make(self) -> None:
        shutil.rmtree(self.venv, ignore_errors=True)
        venv.create(self.venv, with_pip=True)
        # The generated client is published as source alone; pip fetches what builds it.
        subprocess.run(  # noqa: S603 - our own environment
            [self.python, "-m", "pip", "install", "-q", "--require-hashes", "-r", self.lock],
            check=True,
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
        )


STRANGERS = Environment(".venv-strangers", ROOT / "tests" / "strangers" / "requirements.lock")
SITE = Environment(".venv-docs", ROOT / "docs" / "requirements.lock")


def _cause(error: Exception) -> str:
    output = getattr(error, "stderr", None) or str(error)
    last = [line for line in str(output).splitlines() if line.startswith("ERROR")] or [str(output)]
    return last[0][:_SHOWN_CHARACTERS]
