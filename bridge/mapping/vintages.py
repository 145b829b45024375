"""A mapping by which only what was saved since goes, and the older ones for all else. Pure.

A version that was put to work for new changes only leaves alone whoever was not saved since: their
records, and their memberships, go by the version that was in force when they were saved last. So
deliveries and nights decide the same of them, and neither brings them up to the new one.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.model import Mapping, WriteRules

    Record = MappingOf[str, str | None]

_STAMP = "SystemModstamp"
_STRICTNESS = ("always", "never_clear", "if_empty_there", "create_only")
_Value = TypeVar("_Value")

Older = tuple[datetime, int, "Mapping"]
"""Until when a version was in force (UTC), its number, and the mapping."""


def in_vintages(version_id: int, newest: Mapping, older: Sequence[Older]) -> Mapping:
    """Return one mapping that goes by several versions, each record by its own.

    Args:
        version_id: The number of the version in force.
        newest: That version. Lists, clients, names and engagement go by it alone.
        older: Those by which records go that were saved before a moment, the oldest first.
    """
    if not older:
        return newest
    all_of = [*(one for *_, one in older), newest]
    numbers = [*(number for _, number, _ in older), version_id]
    untils = [until for until, *_ in older]
    contacts, memberships = ([one.contact for one in all_of], [one.membership for one in all_of])
    labels = {field.name: field for one in contacts for field in one.custom_fields}
    digest = hashlib.sha256(
        "".join([newest.digest, *(f"{until} {one.digest}" for until, _, one in older)]).encode()
    )
    return replace(
        newest,
        digest=digest.hexdigest(),
        meaning=digest.hexdigest(),
        version_of=lambda record: numbers[place_of(record, untils)],
        contact=replace(
            newest.contact,
            paths=_union(one.paths for one in contacts),
            leaves_out_by=_union(one.leaves_out_by for one in contacts),
            targets=_union(one.targets for one in contacts),
            write_rules=_strictest([one.write_rules for one in contacts]),
            custom_fields=tuple(labels.values()),
            project=_by_record([one.project for one in contacts], untils),
            leaves_out=_by_record([one.leaves_out for one in contacts], untils),
        ),
        membership=replace(
            newest.membership,
            paths=_union(one.paths for one in memberships),
            leaves_out_by=_union(one.leaves_out_by for one in memberships),
            leaves_out=_by_record([one.leaves_out for one in memberships], untils),
        ),
    )


def place_of(record: Record, untils: Sequence[datetime]) -> int:
    """Return which of several versions a record goes by: the last where its stamp is not known.

    >>> untils = [datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC)]
    >>> stamps = ("2026-11-01T09:00:00.000Z", "2026-11-02T00:00:00.000+0000", None)
    >>> [place_of({"SystemModstamp": stamp}, untils) for stamp in stamps]
    [0, 1, 2]
    """
    stamp = record.get(_STAMP)
    if not stamp:
        return len(untils)
    try:
        saved_at = datetime.fromisoformat(stamp)
    except ValueError:
        return len(untils)
    if saved_at.tzinfo is None:
        saved_at = saved_at.replace(tzinfo=UTC)
    return next((place for place, until in enumerate(untils) if saved_at < until), len(untils))


def _by_record(
    functions: Sequence[Callable[[Record], _Value]], untils: Sequence[datetime]
) -> Callable[[Record], _Value]:
    def chosen(record: Record) -> _Value:
        return functions[place_of(record, untils)](record)

    return chosen


def _strictest(rules: Sequence[WriteRules]) -> WriteRules:
    """Return for each part the rule that writes it least: nobody is written to more than before.

    >>> _strictest([{"job_title": "create_only"}, {"job_title": "never_clear"}, {}])
    {'job_title': 'create_only'}
    """
    parts = _union(tuple(one) for one in rules)
    return {
        part: max((one.get(part, "always") for one in rules), key=_STRICTNESS.index)
        for part in parts
    }


def _union(parts: Iterable[tuple[_Value, ...]]) -> tuple[_Value, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part))
