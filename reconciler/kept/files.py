"""The files of a snapshot: a row a line, compressed, for their owner alone; never held whole."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_BLOCK_BYTES = 1 << 20
_LEVEL = 6


class SnapshotDamaged(BridgeError):
    """A snapshot is not what its manifest says; nothing is restored from it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a file holds.

    Attributes:
        rows: Lines.
        bytes: Its size on the disk.
        sha256: Of what stands on the disk, as `sha256sum` prints it.
    """

    rows: int
    bytes: int
    sha256: str


class _Counted:
    """Passes bytes on to a file, and knows their number and digest."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> int:
        """Write a block."""
        self.digest.update(block)
        self.size += len(block)
        return self._raw.write(block)

    def flush(self) -> None:
        """Write what is left, down to the disk."""
        self._raw.flush()
        os.fsync(self._raw.fileno())


class RowWriter:
    """Writes rows to one file.

    Attributes:
        rows: How many so far.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._counted = _Counted(raw)
        # No name and no time in the head: the same rows make the same bytes.
        self._packed = gzip.GzipFile(
            filename="",
            mode="wb",
            compresslevel=_LEVEL,
            fileobj=cast("BinaryIO", self._counted),
            mtime=0,
        )
        self.rows = 0

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        line = json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        self._packed.write(f"{line}\n".encode())
        self.rows += 1

    def end(self) -> Written:
        """Write what is left and return what the file holds, by what was given to it."""
        self._packed.close()
        self._counted.flush()
        counted = self._counted
        return Written(rows=self.rows, bytes=counted.size, sha256=counted.digest.hexdigest())


@contextmanager
def row_writer(path: Path) -> Iterator[RowWriter]:
    """Give a writer of a new file that nobody but its owner can read; `end` it in the block."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        yield RowWriter(raw)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file.

    Raises:
        SnapshotDamaged: If it is missing, cut off, or holds what is no row.
    """
    try:
        with gzip.open(path, "rb") as lines:
            for line in lines:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise SnapshotDamaged(f"{path.name}: a line is no row")
                yield cast("dict[str, Any]", row)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise SnapshotDamaged(f"{path.name} cannot be read ({type(error).__name__})") from error


def what_is_in(path: Path) -> Written:
    """Return what a file holds, read from its start to its end.

    Raises:
        SnapshotDamaged: As `read_rows`.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as raw:
            while block := raw.read(_BLOCK_BYTES):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise SnapshotDamaged(f"{path.name} cannot be read ({type(error).__name__})") from error
    rows = sum(1 for _ in read_rows(path))
    return Written(rows=rows, bytes=size, sha256=digest.hexdigest())
