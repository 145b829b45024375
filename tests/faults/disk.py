"""A disk that becomes full: a small one where this user may mount one, else errors that say so."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.installation import Installation

_SIZE = "700m"
_CHUNK = bytes(1_000_000)
_TABLES = ("message", "notification", "work", "step")
# What PostgreSQL answers where a table cannot grow, without a disk that is full.
_REFUSE = """
CREATE FUNCTION refuse_for_want_of_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$
"""
_REFUSE_ON = """
CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH STATEMENT
EXECUTE FUNCTION refuse_for_want_of_room()
"""


@dataclass(frozen=True)
class Disk:
    """Where an installation lives.

    Attributes:
        is_own: It is a disk of its own, which can really be full.
    """

    folder: Path
    is_own: bool

    @contextmanager
    def full(self, installation: Installation) -> Iterator[None]:
        """Leave no room until the end of the block."""
        with self._filled() if self.is_own else _refusing(installation):
            yield

    @contextmanager
    def _filled(self) -> Iterator[None]:
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                for size in (len(_CHUNK), 1):
                    _write_all(file.fileno(), size)
            yield
        finally:
            ballast.unlink()


def _write_all(descriptor: int, size: int) -> None:
    try:
        while os.write(descriptor, _CHUNK[:size]):
            pass
    except OSError:
        return


@contextmanager
def _refusing(installation: Installation) -> Iterator[None]:
    installation.rows(_REFUSE)
    for table in _TABLES:
        installation.rows(_REFUSE_ON.format(table=table))
    try:
        yield
    finally:
        installation.rows("DROP FUNCTION refuse_for_want_of_room() CASCADE")


@contextmanager
def a_disk() -> Iterator[Disk]:
    """Give a small disk of its own, or a folder where this user may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-disk-"))
    mount = shutil.which("mount")
    is_own = mount is not None and _runs(
        mount, "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", folder
    )
    try:
        yield Disk(folder, is_own)
    finally:
        if is_own:
            _runs(shutil.which("umount") or "umount", "--lazy", folder)
        shutil.rmtree(folder, ignore_errors=True)


def _runs(*command: str | Path) -> bool:
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our words
    return done.returncode == 0
