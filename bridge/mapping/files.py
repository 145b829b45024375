"""Read the mapping files of a folder, whatever editor has saved them; a fault says how to save."""

from __future__ import annotations

import codecs
import difflib
from typing import TYPE_CHECKING

from bridge.errors import MappingError
from bridge.mapping.told import FileFault
from bridge.mapping.yaml_tree import Place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_BYTES = 1_000_000
"""Of one file: five times the characters that are read, for a file may hold longer ones."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_SAVE = "save it as UTF-8 (in Notepad: Save As, Encoding: UTF-8)"


def read_files(directory: Path) -> dict[str, str]:
    """Return the text of the YAML files of a folder, by name.

    Raises:
        MappingError: If there is no such folder, or a file is too large or not UTF-8.
    """
    if not directory.is_dir():
        says = f"no such folder: write the right one, or set BRIDGE_MAPPINGS to {directory}'s place"
        raise MappingError([FileFault(str(directory), None, says)])
    files, faults = {}, []
    for path in sorted(directory.iterdir()):
        if path.suffix.lower() not in {".yaml", ".yml"} or path.is_dir():
            continue
        content = _read(path)
        if isinstance(content, FileFault):
            faults.append(content)
            continue
        try:
            files[path.name] = content.decode()  # a byte order mark stays: as typed
        except UnicodeDecodeError as error:
            faults.append(_undecoded(path.name, error))
    if faults:
        raise MappingError(faults)
    return files


def meant_file(name: str, known: Iterable[str]) -> str | None:
    """Return the mapping file that is meant by one of another name.

    >>> meant_file("contacts.yml", ["contact.yaml", "list.yaml"])
    'contact.yaml'
    """
    close = difflib.get_close_matches(name.lower(), list(known), n=1)
    return close[0] if close else None


def _read(path: Path) -> bytes | FileFault:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        says = f"cannot be read ({error.strerror}): let the bridge's user read it"
        return FileFault(path.name, None, says)
    if len(content) > MAX_BYTES:
        says = f"larger than {MAX_BYTES:,} bytes: keep other data elsewhere"
        return FileFault(path.name, Place(1, 1), says)
    return content


def _undecoded(name: str, error: UnicodeDecodeError) -> FileFault:
    """Return what is wrong with bytes that are not UTF-8."""
    for mark, encoding in _MARKS:
        if error.object.startswith(mark):
            return FileFault(name, Place(1, 1), f"the file is {encoding}: {_SAVE}")
    before = error.object[: error.start]
    line = before.rpartition(b"\n")[2]
    column = len(line.decode(errors="replace")) + 1
    place = Place(before.count(b"\n") + 1, column, column + 1)
    rest = error.object[error.start :].splitlines()[0]
    quoted = (line + rest).decode("cp1252", errors="replace")
    return FileFault(name, place, f"not UTF-8: {_SAVE}", quoted=quoted)
