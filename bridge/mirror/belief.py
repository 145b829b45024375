"""Which of several told and read states of a record is believed, and how far. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.consent.box import Box
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mirror.model import (
    PractifiRow,
    carry_over,
    parse_flag,
    without_box,
    without_knowledge,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bridge.consent.box import RecordedBox
    from bridge.mapping.names import ContactNames

_APART = timedelta(hours=1)
"""How far Salesforce's clock may be from the installation's."""


def as_plausible(row: PractifiRow, seen_at: datetime) -> PractifiRow:
    """Return a state, without knowledge where it claims to be of a time that has not come.

    It would outdo whatever Salesforce says until then.
    """
    if row.source == "message" and row.modstamp is not None and row.modstamp > seen_at + _APART:
        return replace(without_knowledge(row), modstamp=None)
    return row


def newest_of(rows: Iterable[PractifiRow]) -> dict[tuple[str, str], PractifiRow]:
    """Return the newest state of each record; of equally new ones the last."""
    newest: dict[tuple[str, str], PractifiRow] = {}
    for row in rows:
        key = (row.kind, row.sf_id)
        if key not in newest or not is_older(row, newest[key]):
            newest[key] = row
    return newest


def by_record(rows: Iterable[PractifiRow]) -> dict[tuple[str, str], list[PractifiRow]]:
    """Return all states of each record, in the given order."""
    found: dict[tuple[str, str], list[PractifiRow]] = {}
    for row in rows:
        found.setdefault((row.kind, row.sf_id), []).append(row)
    return found


def join(
    row: PractifiRow,
    older: PractifiRow | None,
    told: Sequence[PractifiRow],
    *,
    is_overtaken: bool,
) -> tuple[PractifiRow, PractifiRow]:
    """Return (what the state says of itself, the state with what was known before)."""
    if older is not None and is_overtaken and _may_be_stale(row, older):
        # More became known while the record was read, and both are of one second: read it again.
        whole = without_knowledge(older)
        return whole, whole
    is_repeat = older is not None and _says_nothing_new(row, older)
    whole = older if older is not None and is_repeat else carry_over(row, older)
    others = [other for other in (older, *told) if other is not None]
    if any(_contradicts(row, other) for other in others) or _stays_in_doubt(row, older):
        whole = without_knowledge(whole)
        return whole, whole
    return row, whole


def believe(
    row: PractifiRow,
    whole: PractifiRow,
    older: PractifiRow | None,
    before: Box | None,
    names: ContactNames,
) -> tuple[PractifiRow, PractifiRow]:
    """Return a contact's state and its whole without what a message cannot vouch for.

    A message is a hint that anybody may have sent: Salesforce itself has to say *unticked*. Where
    the box is in doubt, it and its stamp stay as last believed, so that no change is passed over.
    """
    if row.source == "message" and row.do_not_email is False and _asks(row, before):
        row = whole = without_box(whole, names.do_not_email)
    if row.do_not_email is None:
        path = names.do_not_email or ""
        kept = (
            {}
            if older is None
            else {key: older.fields[key] for key in {path} & older.fields.keys()}
        )
        fields = {key: text for key, text in whole.fields.items() if key != path}
        stamp = older.resubscribe_at if older is not None else None
        whole = replace(whole, resubscribe_at=stamp, fields=fields | kept)
    return row, whole


def _asks(row: PractifiRow, before: Box | None) -> bool:
    """Whether a clear box would be an untick: it was ticked, or has been, as a new stamp says."""
    if before is None:
        return False
    stamp = row.resubscribe_at
    return bool(before.ticked) or (
        stamp is not None and (before.stamp is None or stamp > before.stamp)
    )


def box_before(
    older: PractifiRow | None, recorded: RecordedBox | None, names: ContactNames
) -> Box | None:
    """Return the box as last known, whatever has come in doubt since; None: never known.

    Where no known state shows what was recorded, it is of the time of its record: a later save
    that left the box in doubt says nothing of when it was ticked.
    """
    if older is None:
        return None
    if recorded is not None:
        is_shown = older.do_not_email is recorded.ticked
        at = older.modstamp if is_shown else recorded.changed_at
        return Box(ticked=recorded.ticked, stamp=older.resubscribe_at, modstamp=at)
    ticked = older.do_not_email
    if ticked is None:
        ticked = parse_flag(older.fields.get(names.do_not_email or ""))
    if ticked is None:
        return None
    return Box(ticked=ticked, stamp=older.resubscribe_at, modstamp=older.modstamp)


def tick_between(
    newest: PractifiRow,
    older: PractifiRow | None,
    told: Iterable[PractifiRow],
    *,
    is_in_doubt: bool = False,
) -> PractifiRow | None:
    """Return the last of several states that tells a tick, where the newest tells a clear box.

    The box was ticked in between, though that state counts for nothing else: a merge that clears it
    is no untick. So it was where another state of that second leaves the newest in doubt.
    """
    if newest.do_not_email is None or (newest.do_not_email and not is_in_doubt):
        return None
    ticked = [
        row
        for row in told
        if row.do_not_email and not is_older(newest, row) and not (older and is_older(row, older))
    ]
    return newest_of(ticked).get((newest.kind, newest.sf_id))


def late_tick(
    older: PractifiRow, told: Iterable[PractifiRow], *, is_on_record: bool
) -> PractifiRow | None:
    """Return the last of several states that tells a tick from before what is known: a clear box.

    Who unticked it since has done so, and a tick on record had its consequences; only a merge may
    have cleared one that nobody knew of.
    """
    if older.do_not_email is not False or is_on_record:
        return None
    late = [row for row in told if row.do_not_email and is_older(row, older)]
    return newest_of(late).get((older.kind, older.sf_id))


def box_now(row: PractifiRow, names: ContactNames) -> Box:
    """Return the box as a state tells it."""
    stamped_by = row.fields.get(names.resubscribe_by or "") or ""
    return Box(
        ticked=row.do_not_email,
        stamp=row.resubscribe_at,
        stamped_by=salesforce_id(stamped_by) if is_salesforce_id(stamped_by) else None,
        modstamp=row.modstamp,
        user_id=row.modified_by,
    )


def is_older(row: PractifiRow, other: PractifiRow) -> bool:
    """Tell whether a state is surely older than another."""
    return row.modstamp is not None and other.modstamp is not None and row.modstamp < other.modstamp


def _may_be_stale(row: PractifiRow, older: PractifiRow) -> bool:
    """What was read is of the second of what became known meanwhile, and nobody vouches for it.

    Two reads at one time that say the same vouch for each other.
    """
    if row.modstamp != older.modstamp:
        return False
    return older.source == "message" or any(
        older.fields.get(path, text) != text for path, text in row.fields.items()
    )


def _contradicts(row: PractifiRow, other: PractifiRow) -> bool:
    """Two states of one moment that differ: nobody can tell which came first.

    Stamps are whole seconds and messages come in any order, so only Salesforce knows the end.
    """
    return (
        row.source == "message"
        and row.modstamp is not None
        and row.modstamp == other.modstamp
        and any(other.fields.get(path, text) != text for path, text in row.fields.items())
    )


def _stays_in_doubt(row: PractifiRow, older: PractifiRow | None) -> bool:
    """Messages of one moment have contradicted each other: one that comes again settles nothing."""
    return (
        older is not None
        and row.source == "message"
        and row.modstamp is not None
        and row.modstamp == older.modstamp
        and older == without_knowledge(older)
        and any(path in older.fields and path in older.unknown_fields for path in row.fields)
    )


def _says_nothing_new(row: PractifiRow, older: PractifiRow) -> bool:
    """A message repeats part of the state that was read: reading it again would cost a call.

    Null is left out of a message: a field of its own that it lacks and that has a value here may
    have been cleared within that second.
    """
    return (
        row.source == "message"
        and row.modstamp is not None
        and row.modstamp == older.modstamp
        and older.deleted_at == row.deleted_at
        and row.fields.items() <= older.fields.items()
        and not any(older.fields.get(path) for path in row.unknown_fields if "." not in path)
    )
