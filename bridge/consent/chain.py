"""Check a ledger's chain: every entry sealed with the one before, none missing, none changed. Pure.

The chain alone shows any change but one: somebody who may write everything could seal it all anew.
So an export is an anchor that lies elsewhere: what it holds must still be there, with its digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.consent.ledger import Entry, entry_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_MOST_FAULTS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """An entry as it is stored.

    Attributes:
        values: The fields of `Entry`.
    """

    seq: int
    at: datetime
    values: Mapping[str, Any]
    previous: bytes
    digest: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that is not as it was written.

    Attributes:
        seq: Number of the entry.
        text: What is wrong with it.
    """

    seq: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a check has found.

    Attributes:
        entries: How many were read.
        anchored: How many of them an export holds as well.
        faults: The first of them, in the order of the chain; none: the chain holds.
    """

    entries: int
    anchored: int
    faults: tuple[Fault, ...]


def check_chain(
    connection_id: int,
    entries: Iterable[Sealed],
    *,
    head: tuple[int, bytes],
    anchors: Mapping[int, bytes],
) -> Verdict:
    """Check the entries of one connection.

    Args:
        connection_id: Whose chain it is; part of each digest.
        entries: All of them, in the order of their numbers.
        head: Number and digest of the last entry, as they are kept beside the chain; 0 and no
            bytes where there is none.
        anchors: Digests by number, out of an export.
    """
    faults: list[Fault] = []
    count = last = 0
    previous = b""
    missing = dict(anchors)
    for entry in entries:
        count += 1
        faults += _faults(connection_id, entry, last, previous)
        anchor = missing.pop(entry.seq, None)
        if anchor is not None and anchor != entry.digest:
            faults.append(Fault(seq=entry.seq, text="is not what the export holds"))
        last, previous = entry.seq, entry.digest
    faults += [Fault(seq=seq, text="is in the export, and missing here") for seq in sorted(missing)]
    if (last, previous) != head:
        text = f"is the last entry, though the chain's head names {head[0]}"
        faults.append(Fault(seq=last, text=text))
    return Verdict(
        entries=count, anchored=len(anchors) - len(missing), faults=tuple(faults[:_MOST_FAULTS])
    )


def _faults(connection_id: int, entry: Sealed, last: int, previous: bytes) -> list[Fault]:
    faults = []
    if entry.seq != last + 1:
        faults.append(Fault(seq=entry.seq, text=f"follows {last}: entries between are missing"))
    elif entry.previous != previous:
        faults.append(Fault(seq=entry.seq, text="is not sealed with the entry before it"))
    values = {name: entry.values[name] for name in Entry.__dataclass_fields__}
    if entry_digest(entry.previous, connection_id, entry.seq, entry.at, values) != entry.digest:
        faults.append(Fault(seq=entry.seq, text="was changed after it was written"))
    return faults
