"""What saving the Selected List would do: who is added, and who is passed over.

Each row is judged when it is chosen and kept with that; the whole again after a while, and when it
is saved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.bulk_create.drafts import SQL, place_of
from bridge.bulk_create.reasons import why_not
from bridge.bulk_create.search import read_facts
from bridge.delivery.bulk.choose import BEGIN_AT
from bridge.delivery.work import INTERACTIVE, WEBHOOK

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from bridge.bulk_create.model import Bulk, Facts
    from bridge.mapping.model import Mapping as FieldMapping

STALE_S = 600.0
"""Seconds after which the Selected List is judged anew when somebody looks at it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What saving would do.

    Attributes:
        added: How many people would be added.
        addresses: How many addresses they have.
        new_there: How many contacts would be created in Constant Contact.
        shared: How many of them have an address that others have as well.
        by_reason: Why others would be passed over -> how many, the most first.
    """

    added: int = 0
    addresses: int = 0
    new_there: int = 0
    shared: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def skipped(self) -> int:
        """How many would be passed over."""
        return sum(self.by_reason.values())


def judge(
    tx: psycopg.Connection[Any], bulk: Bulk, mapping: FieldMapping, *, anew: bool = False
) -> None:
    """Judge those on the Selected List who were not yet; all of them where that is wanted."""
    place = place_of(bulk)
    rows = tx.execute(SQL["unjudged"], place | {"anew": anew}).fetchall()
    facts = read_facts(tx, bulk.connection_id, rows, mapping)
    values = place | {
        "contact_ids": [one.contact_id for one in facts],
        "reasons": [why_not(one) for one in facts],
        "keys": [one.email_key for one in facts],
        "new": [one.cc_contact_id is None for one in facts],
        "shared": [bool(one.sharers) for one in facts],
    }
    tx.execute(SQL["keep_judgements"], values)
    if anew:
        tx.execute(SQL["note_judged"], place)


def preview(
    tx: psycopg.Connection[Any], bulk: Bulk, mapping: FieldMapping, *, anew: bool = False
) -> Preview:
    """Return what saving would do; what is known of it is some minutes old at most."""
    row = tx.execute(SQL["is_stale"], place_of(bulk) | {"after_s": STALE_S}).fetchone()
    judge(tx, bulk, mapping, anew=anew or bool(row and row[0]))
    reasons = dict(tx.execute(SQL["judged_reasons"], place_of(bulk)).fetchall())
    with tx.cursor(row_factory=dict_row) as cursor:
        counts = cursor.execute(SQL["judged"], place_of(bulk)).fetchone() or {}
    return Preview(by_reason=reasons, **counts)


def preview_page(
    tx: psycopg.Connection[Any],
    bulk: Bulk,
    mapping: FieldMapping,
    tab: str,
    *,
    skip: int = 0,
    count: int | None = None,
) -> list[tuple[Facts, str | None]]:
    """Return people on the Selected List with why they would be passed over; None: they would not.

    Args:
        tx: A transaction.
        bulk: The draft.
        mapping: The mapping in force.
        tab: `added`, `skipped` or `shared`.
        skip: How many before them.
        count: How many at most; None: all.
    """
    values = place_of(bulk) | {"tab": tab, "skip": skip, "count": count}
    rows = tx.execute(SQL["judged_page"], values).fetchall()
    whom = [(contact_id, list_id) for contact_id, list_id, _ in rows]
    facts = read_facts(tx, bulk.connection_id, whom, mapping)
    return list(zip(facts, (reason for *_, reason in rows), strict=True))


def lists_of(tx: psycopg.Connection[Any], bulk: Bulk) -> list[str]:
    """Return the lists that people would be added to."""
    return [list_id for (list_id,) in tx.execute(SQL["judged_lists"], place_of(bulk))]


def lane_of(addresses: int) -> int:
    """Return the lane of a save: a large one goes in bulk, where no person's save waits behind it.

    >>> lane_of(100), lane_of(101)
    (1, 2)
    """
    return INTERACTIVE if addresses <= BEGIN_AT else WEBHOOK
