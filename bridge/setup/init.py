"""`bridge init`: the settings and the mapping files of an installation, as far as they are missing.

What somebody has written or edited is never changed: a second run adds nothing, and says so.
"""

from __future__ import annotations

import difflib
import os
import secrets
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError
from bridge.setup.env_file import merged, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bridge.setup.env_file import Entry

_MODE = 0o600
_OTHERS = 0o077
_SECRETS = {"DATABASE_URL", "BRIDGE_KEYS"}


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of one file.

    Attributes:
        outcome: `written`, `added to`, `same`, or `kept` where it differs and is left alone.
        says: What was added, or differs; no value that is secret.
    """

    file: str
    outcome: str
    says: str = ""


def write_env(path: Path, wanted: Sequence[Entry]) -> Iterator[Written]:
    """Add the variables that are missing to `.env`, which its owner alone may read.

    Raises:
        ConfigurationError: If it cannot be read or written.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        is_new = not path.exists()
        known = values_of(text)
        after = merged(text, wanted)
        if after != text:
            _replace(path, after)
            names = ", ".join(entry.name for entry in wanted if entry.name not in known)
            yield Written(file=str(path), outcome="written" if is_new else "added to", says=names)
        elif stat.S_IMODE(path.stat().st_mode) & _OTHERS:
            path.chmod(_MODE)
            says = "others could read it: now its owner alone can"
            yield Written(file=str(path), outcome="added to", says=says)
        else:
            yield Written(file=str(path), outcome="same")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be written: {error}") from None
    for entry in wanted:
        if known.get(entry.name, entry.value) != entry.value:
            yield Written(file=str(path), outcome="kept", says=_difference(entry, known))


def write_mappings(folder: Path, files: Mapping[str, str]) -> Iterator[Written]:
    """Write the mapping files that are missing.

    Raises:
        ConfigurationError: If they cannot be read or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = folder / name
            if not path.exists():
                path.write_text(text, encoding="utf-8")
                yield Written(file=str(path), outcome="written")
                continue
            there = path.read_text(encoding="utf-8")
            if there == text:
                yield Written(file=str(path), outcome="same")
            else:
                yield Written(file=str(path), outcome="kept", says=_lines(text, there))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{folder} cannot be written: {error}") from None


def _difference(entry: Entry, known: Mapping[str, str]) -> str:
    if entry.name in _SECRETS:
        return f"{entry.name} is another one there"
    return f"{entry.name} is {known[entry.name]} there, not {entry.value}"


def _lines(text: str, there: str) -> str:
    """Tell by how many lines an edited file differs from the pack's."""
    changed = [
        line[0] for line in difflib.ndiff(text.splitlines(), there.splitlines()) if line[0] in "+-"
    ]
    return f"it differs from the pack's: {changed.count('+')} lines more, {changed.count('-')} less"


def _replace(path: Path, text: str) -> None:
    """Write a file whole, for its owner alone; who reads it meanwhile finds the one before.

    As root it goes to the owner of the folder, who may run the bridge the next time.
    """
    path = path.resolve()
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
