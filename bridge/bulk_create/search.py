"""Who is found: from a source, by filters, with what is known of each, as it was at that moment."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from bridge.bulk_create.drafts import SQL, place_of
from bridge.bulk_create.model import ROWS_AT_MOST, Chip, Facts
from bridge.bulk_create.reasons import MEMBER, why_not
from bridge.errors import RecordError
from bridge.mapping.reads import parents_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from bridge.bulk_create.model import Bulk, Source
    from bridge.mapping.model import Mapping as FieldMapping

PAGE = 50
FOUND_AT_MOST = 200_000
NAME = "name"
"""The filter that every mapping has: part of the name or of the address."""

EMPTY = "(empty)"
"""What a filter asks for where the field shall have no value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRow:
    """Somebody who matches, as a page shows them."""

    place: int
    contact_id: str
    reason: str | None
    name: str
    address: str | None
    client: str | None
    is_selected: bool

    @property
    def is_member(self) -> bool:
        """Tell whether they are on the list: they cannot be chosen."""
        return self.reason == MEMBER


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How many match, and how many of them can be added."""

    match: int
    free: int


def filters_of(mapping: FieldMapping) -> Sequence[Chip]:
    """Return the filters that there are, without what they ask for."""
    named = [(one.path, one.label) for one in mapping.contact.filters]
    return [
        Chip(path=path, label=label, text="") for path, label in [(NAME, "Name or e-mail"), *named]
    ]


def begin_at(
    tx: psycopg.Connection[Any],
    bulk: Bulk,
    source: Source,
    start_ids: Sequence[str] | None,
) -> None:
    """Look for people in a source from now on, without filters; None: among everybody."""
    values = place_of(bulk) | {
        "source": Jsonb(asdict(source)),
        "start_ids": None if start_ids is None else list(start_ids),
        "filters": Jsonb([]),
    }
    tx.execute(SQL["begin_at"], values)
    tx.execute(SQL["forget_found"], values)


def find(
    tx: psycopg.Connection[Any], bulk: Bulk, chips: Sequence[Chip], mapping: FieldMapping
) -> None:
    """Find those who match now, and keep them in order with why they cannot be added."""
    row = tx.execute(SQL["start_ids"], {"bulk_id": bulk.id}).fetchone()
    ids = _match(tx, bulk, row[0] if row else None, chips)
    facts = read_facts(tx, bulk.connection_id, [(one, bulk.list_id or "") for one in ids], mapping)
    values = place_of(bulk) | {
        "contact_ids": ids,
        "reasons": [why_not(one) for one in facts],
        "filters": Jsonb([asdict(chip) for chip in chips]),
    }
    tx.execute(SQL["forget_found"], values)
    tx.execute(SQL["keep_found"], values)


def without_each(
    tx: psycopg.Connection[Any], bulk: Bulk, chips: Sequence[Chip]
) -> tuple[Chip, int] | None:
    """Return the filter whose removal gives most, with how many; None where none gives any."""
    row = tx.execute(SQL["start_ids"], {"bulk_id": bulk.id}).fetchone()
    start_ids = row[0] if row else None
    best = None
    for chip in chips:
        gives = len(_match(tx, bulk, start_ids, [one for one in chips if one is not chip]))
        if gives and (best is None or gives > best[1]):
            best = (chip, gives)
    return best


def counts(tx: psycopg.Connection[Any], bulk: Bulk) -> Counts:
    """Return how many were found."""
    match, free = tx.execute(SQL["found_counts"], place_of(bulk)).fetchone() or (0, 0)
    return Counts(match=match, free=free)


def page_of(
    tx: psycopg.Connection[Any], bulk: Bulk, place: int, mapping: FieldMapping
) -> list[FoundRow]:
    """Return a page of those who were found, and the first of the next page."""
    values = place_of(bulk) | {
        "place": place,
        "count": PAGE + 1,
        "email": mapping.names.contact.email,
    }
    with tx.cursor(row_factory=class_row(FoundRow)) as cursor:
        return cursor.execute(SQL["found_page"], values).fetchall()


def select(tx: psycopg.Connection[Any], bulk: Bulk, contact_ids: Sequence[str] | None) -> None:
    """Put people who were found on the Selected List; None: all who can be added."""
    values = place_of(bulk) | {
        "contact_ids": None if contact_ids is None else list(contact_ids),
        "member": MEMBER,
        "most": ROWS_AT_MOST,
    }
    tx.execute(SQL["select_found"], values)
    tx.execute(SQL["touch"], place_of(bulk))


def selected_count(tx: psycopg.Connection[Any], bulk: Bulk) -> int:
    """Return how many are on the Selected List."""
    row = tx.execute(SQL["selected_count"], place_of(bulk)).fetchone()
    return 0 if row is None else int(row[0])


def read_facts(
    tx: psycopg.Connection[Any],
    connection_id: int,
    rows: Sequence[tuple[str, str]],
    mapping: FieldMapping,
) -> list[Facts]:
    """Return what is known of people (contact Id, list Id), in the given order."""
    values = {
        "connection_id": connection_id,
        "contact_ids": [contact_id for contact_id, _ in rows],
        "list_ids": [list_id for _, list_id in rows],
        "email": mapping.names.contact.email,
        "decides": _decides(mapping),
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        return [_facts(row, mapping) for row in cursor.execute(SQL["facts"], values)]


def _decides(mapping: FieldMapping) -> list[str]:
    """Return the fields that decide who takes part, and those that tell where one is null."""
    paths = mapping.contact.leaves_out_by
    return sorted({*paths, *(parent for path in paths for parent in parents_of(path))})


def _facts(row: dict[str, Any], mapping: FieldMapping) -> Facts:
    fields: Mapping[str, Any] | None = row.pop("fields")
    left_out = None if fields is None else _left_out(fields, mapping)
    return Facts(**row | {"left_out": left_out, "sharers": tuple(row["sharers"] or ())})


def _left_out(fields: Mapping[str, Any], mapping: FieldMapping) -> str | None:
    try:
        return mapping.contact.leaves_out(fields)
    except RecordError as error:
        return str(error)


def _match(
    tx: psycopg.Connection[Any],
    bulk: Bulk,
    start_ids: Sequence[str] | None,
    chips: Iterable[Chip],
) -> list[str]:
    chips = list(chips)
    values = {
        "connection_id": bulk.connection_id,
        "start_ids": start_ids,
        "paths": [chip.path for chip in chips],
        "patterns": [pattern_of(chip.text) for chip in chips],
        "count": FOUND_AT_MOST,
    }
    return [sf_id for (sf_id,) in tx.execute(SQL["match"], values)]


def pattern_of(text: str) -> str:
    r"""Return the pattern of what a filter asks for: any of some texts, anywhere in the value.

    >>> pattern_of("Leeds, St. Ives"), pattern_of("(empty)")
    ('(?:Leeds|St\\.\\ Ives)', '^$')
    """
    if text.strip().lower() == EMPTY:
        return "^$"
    parts = [re.escape(part.strip()) for part in text.split(",") if part.strip()]
    return f"(?:{'|'.join(parts)})"
