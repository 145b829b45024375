"""What a backup says of itself: when it was taken, by which version, what must be in it. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from bridge.errors import ConfigurationError

FORMAT = 1

RESTORE = "bridge restore"
"""Who has paused the lanes of connections that were restored."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The first thing to read in a backup.

    Attributes:
        taken_at: The moment whose state it holds (UTC).
        version: The program that made it.
        schema_version: The newest migration of the database.
        digest: SHA-256 of the dump.
        dump_bytes: Its length.
        tables: How many rows each table has, by schema and name.
        key_ids: The keys that its stored secrets need; a name tells nothing of a key.
        with_keys: Whether the key ring is in it.
    """

    taken_at: datetime
    version: str
    schema_version: int
    server_version: int
    digest: str
    dump_bytes: int
    tables: dict[str, int]
    key_ids: list[str]
    with_keys: bool

    def as_text(self) -> str:
        """Return it as the text that a backup holds."""
        values = asdict(self) | {"format": FORMAT, "taken_at": self.taken_at.isoformat()}
        return json.dumps(values, indent=2)

    @property
    def name(self) -> str:
        """The name of a file that holds this backup, without its ending.

        Names sort by the time.
        """
        return f"bridge-{self.taken_at:%Y%m%dT%H%M%SZ}"


def read_manifest(text: str) -> Manifest:
    """Return what a backup says of itself.

    Raises:
        ConfigurationError: If it is the manifest of nothing that this program can read.
    """
    try:
        values = json.loads(text)
        form = values.pop("format")
        values["taken_at"] = datetime.fromisoformat(values["taken_at"])
        if form == FORMAT:
            return Manifest(**values)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ConfigurationError("its manifest cannot be read: it is no backup of this") from None
    raise ConfigurationError(f"its format is {form}, and this program reads {FORMAT}: use a newer")


def refuse_newer(manifest: Manifest, *, known: int, version: str) -> None:
    """Refuse a backup whose tables this program does not know.

    Args:
        manifest: Of the backup.
        known: The newest migration that this program has.
        version: This program's.

    Raises:
        ConfigurationError: If a newer program made it.
    """
    if manifest.schema_version > known:
        raise ConfigurationError(
            f"the backup was made by version {manifest.version} and has schema "
            f"{manifest.schema_version}; this is version {version}, which knows schema {known}: "
            "restore it with that version or a newer one"
        )
