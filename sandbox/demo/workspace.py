"""The demo's own directory: made for one run, removed at its end, whatever ended it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.demo.errors import DemoError
from sandbox.demo.interrupts import ignore_interrupts

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLAIM = "demo.lock"
_DATA = "data"
_DATABASE_LOCK = Path(_DATA, "owner.lock")  # held while any part of the embedded server runs
_DATABASE_END_S = 15.0
_POLL_S = 0.05


@dataclass(frozen=True)
class Workspace:
    """Where one demo keeps what it needs.

    Attributes:
        folder: Its own directory, with the logs; also where its programs run, so that they read
            no `.env` of an installation.
    """

    folder: Path

    @property
    def data_dir(self) -> Path:
        """The data directory of the demo's bridge."""
        return self.folder / _DATA


def demo_root() -> Path:
    """Return where demos keep their data: `demo` in `BRIDGE_DATA_DIR` (default `.bridge`)."""
    return Path(os.environ.get("BRIDGE_DATA_DIR") or ".bridge").resolve() / "demo"


@contextmanager
def workspace(root: Path) -> Iterator[Workspace]:
    """Give an empty directory below `root`; remove it at the end, and those of killed demos now.

    A directory belongs to a running demo exactly while that holds the lock of its claim file: a
    process id that came back means nothing.

    Raises:
        DemoError: If the directory cannot be made.
    """
    folder = root / str(os.getpid())
    try:
        with _alone_in(root):
            _sweep(root)
            folder.mkdir()
            claim = os.open(folder / _CLAIM, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(claim, fcntl.LOCK_EX)
    except OSError as error:
        message = (
            f"cannot make {folder}: {error.strerror}; set BRIDGE_DATA_DIR to a folder of yours"
        )
        raise DemoError(message) from None
    try:
        yield Workspace(folder)
    finally:
        ignore_interrupts()
        _remove(folder)
        os.close(claim)
        with _alone_in(root), contextlib.suppress(OSError):
            root.rmdir()
            root.parent.rmdir()


@contextmanager
def _alone_in(root: Path) -> Iterator[None]:
    """Keep other demos from making or sweeping directories meanwhile."""
    while True:
        root.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another demo may remove it, being the last
            descriptor = os.open(root, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if root.exists() and os.path.samestat(os.fstat(descriptor), root.stat()):
                break
            os.close(descriptor)
    try:
        yield
    finally:
        os.close(descriptor)


def _sweep(root: Path) -> None:
    """Remove the directories of demos that were killed."""
    for folder in root.iterdir():
        with contextlib.suppress(OSError):  # one of another user stays
            if _is_unlocked(folder / _CLAIM):
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a directory once the database in it has stopped.

    The embedded server stops by itself some two seconds after its last client; one that is slower
    notices that its directory is gone.
    """
    deadline = time.monotonic() + _DATABASE_END_S
    while not _is_unlocked(folder / _DATABASE_LOCK) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    shutil.rmtree(folder, ignore_errors=True)


def _is_unlocked(path: Path) -> bool:
    """Tell whether no process holds a lock on the file; a file that is not there is unlocked."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
