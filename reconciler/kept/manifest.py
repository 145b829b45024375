"""What a snapshot holds, of whom and of when: the one file of it that a person reads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from reconciler.kept.files import SnapshotDamaged, Written, what_is_in

Side: TypeAlias = Literal["constant_contact", "practifi"]

FORMAT = "practifi-constant-contact-bridge snapshot"
VERSION = 1
NAME = "manifest.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptFile:
    """One file: an object of one side.

    Attributes:
        name: Beside the manifest.
        object: `contacts`, `lists`, `custom_fields` there; a kind of record in Practifi.
    """

    name: str
    side: Side
    object: str
    written: Written


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a snapshot holds.

    Attributes:
        taken_at: When reading began (UTC).
        ended_at: When the last row was read (UTC).
        organization_id: The organization that Practifi's records are of.
        account_id: The account of Constant Contact, as the vendor encodes it.
        calls: Calls to Constant Contact that it cost.
    """

    taken_at: datetime
    ended_at: datetime
    connection: str
    organization_id: str | None
    account_id: str
    account_name: str | None
    calls: int
    files: tuple[KeptFile, ...]

    def rows(self, side: Side, name: str) -> int:
        """Return how many rows there are of an object."""
        return next(
            one.written.rows for one in self.files if (one.side, one.object) == (side, name)
        )

    def file_of(self, side: Side, name: str) -> str:
        """Return the name of the file of an object."""
        return next(one.name for one in self.files if (one.side, one.object) == (side, name))

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as it is stored and printed."""
        return {
            "format": FORMAT,
            "version": VERSION,
            **asdict(self),
            "taken_at": self.taken_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "files": [
                {"name": one.name, "side": one.side, "object": one.object, **asdict(one.written)}
                for one in self.files
            ],
        }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest; a folder without one is no snapshot, so it comes last."""
    text = f"{json.dumps(manifest.as_json(), indent=2, ensure_ascii=False)}\n"
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a snapshot; `verify` says whether the rest is as it says.

    Raises:
        SnapshotDamaged: If there is none, or it is of another kind or version.
    """
    try:
        found = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if (found["format"], found["version"]) != (FORMAT, VERSION):
            raise SnapshotDamaged(f"{folder / NAME} is of another kind or version")
        return Manifest(
            taken_at=datetime.fromisoformat(found["taken_at"]),
            ended_at=datetime.fromisoformat(found["ended_at"]),
            connection=str(found["connection"]),
            organization_id=found["organization_id"],
            account_id=str(found["account_id"]),
            account_name=found["account_name"],
            calls=int(found["calls"]),
            files=tuple(_file(one) for one in found["files"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{folder} holds no snapshot that can be read: {NAME} ({type(error).__name__})"
        raise SnapshotDamaged(message) from error


def verify(folder: Path) -> Manifest:
    """Return the manifest of a snapshot whose files are all as it says, read to their ends.

    Raises:
        SnapshotDamaged: If one is missing, was changed, or is not whole.
    """
    manifest = read_manifest(folder)
    for one in manifest.files:
        found = what_is_in(folder / one.name)
        if found != one.written:
            message = (
                f"{one.name} is not what was written: {found.rows:,} rows where the manifest has "
                f"{one.written.rows:,}, or other bytes"
            )
            raise SnapshotDamaged(message)
    return manifest


def _file(found: dict[str, Any]) -> KeptFile:
    name = str(found["name"])
    if Path(name).name != name:
        raise ValueError(name)  # a manifest leads out of its folder
    written = Written(rows=found["rows"], bytes=found["bytes"], sha256=found["sha256"])
    return KeptFile(name=name, side=found["side"], object=found["object"], written=written)
