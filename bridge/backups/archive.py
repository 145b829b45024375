"""The file of a backup: one zip with the manifest, the dump and, where asked for, the key ring.

The dump is compressed by whoever makes it and goes through here as it comes, in pieces: a backup
never needs more memory than one of them.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from bridge.backups.manifest import read_manifest
from bridge.errors import BridgeError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bridge.backups.manifest import Manifest

PIECE_BYTES = 1 << 20
ENDING = ".zip"

_MANIFEST, _DUMP, _KEYS = "manifest.json", "database.dump", "keys"


class BackupFailed(BridgeError):
    """A backup could not be written, read or put back; nothing was changed."""


@dataclass(frozen=True)
class Content:
    """What a dump came to."""

    digest: str
    byte_count: int


class Draft:
    """A backup that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def put_dump(self, pieces: Iterable[bytes]) -> Content:
        """Write the dump as it comes."""
        seen = hashlib.sha256()
        byte_count = 0
        with self._archive.open(_DUMP, "w", force_zip64=True) as entry:
            for piece in pieces:
                entry.write(piece)
                seen.update(piece)
                byte_count += len(piece)
        return Content(seen.hexdigest(), byte_count)

    def put_keys(self, ring: str) -> None:
        """Write the key ring."""
        self._archive.writestr(_KEYS, ring)

    def put_manifest(self, manifest: Manifest) -> None:
        """Write what the backup says of itself."""
        self._archive.writestr(_MANIFEST, manifest.as_text())


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """Give the path of a file that only its owner reads, and remove it at the end.

    Raises:
        BackupFailed: If the folder cannot be written to, or is full.
    """
    path = folder / f".bridge-{secrets.token_hex(8)}.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        where = f"no backup can be written to {folder}"
        raise BackupFailed(f"{where}: {error.strerror or type(error).__name__}") from None


@contextmanager
def drafting(path: Path) -> Iterator[Draft]:
    """Give a backup to write into a file that is there; it is on the disk when this ends."""
    with path.open("r+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            yield Draft(archive)
        file.flush()
        os.fsync(file.fileno())


def publish(path: Path, name: str) -> Path:
    """Give a finished file its name in its folder, or that with a number; return where it is."""
    folder = path.parent
    targets = (folder / f"{name}{ending}{ENDING}" for ending in _numbers())
    target = next(target for target in targets if _has_linked(path, target))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return target


def _numbers() -> Iterator[str]:
    yield ""
    yield from (f"_{number}" for number in count(2))  # sorts behind the name without one


def _has_linked(path: Path, target: Path) -> bool:
    with suppress(FileExistsError):
        os.link(path, target)
        return True
    return False


class Archive:
    """A backup that is there, open for reading."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive = archive
        self.manifest = manifest

    def dump(self) -> Iterator[bytes]:
        """Yield the dump in pieces.

        Raises:
            BackupFailed: If it is not what its manifest says.
        """
        seen = hashlib.sha256()
        try:
            with self._archive.open(_DUMP) as entry:
                while piece := entry.read(PIECE_BYTES):
                    seen.update(piece)
                    yield piece
        except (OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
            raise BackupFailed(f"the dump in it cannot be read: {error}") from None
        if seen.hexdigest() != self.manifest.digest:
            raise BackupFailed("the dump in it is not the one that was written: it is damaged")

    def keys(self) -> str | None:
        """Return the key ring, where it is in it."""
        if not self.manifest.with_keys:
            return None
        return self._archive.read(_KEYS).decode("ascii")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Give a backup to read.

    Raises:
        ConfigurationError: If there is no backup at this path, or it is not whole.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = read_manifest(archive.read(_MANIFEST).decode())
            yield Archive(archive, manifest)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError):
        raise ConfigurationError(f"{path} is no backup, or not a whole one") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
