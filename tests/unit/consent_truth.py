"""What becomes of one person on one list, by what is known about consent: written from the rules.

`python -m tests.unit.consent_truth` prints the table of docs/consent.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY = ""
"""A cell of a row that may hold anything."""

VALUES: dict[str, tuple[str, ...]] = {
    "box": ("clear", "ticked", "not known"),
    "untick": ("none", "counts", "before the opt-out"),
    "there": (
        "nobody",
        "subscribed",
        "out, by the firm",
        "out, by the person",
        "pending confirmation",
        "on hold",
        "deleted",
        "deleted, out by the person",
    ),
    "ledger": ("nothing", "firm", "person", "complaint"),
    "sharer": ("none", "clear", "ticked", "not known"),
}
"""What each part of the question may be."""

UNSUBSCRIBED = "is unsubscribed there"
NOTHING = "nothing is added"
JOINS = "is put on the list; the permission is not touched"
BACK_BY_FIRM = "is subscribed again, by the firm's word"
BACK_BY_PERSON = "is subscribed again, by the person's word"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One question.

    Attributes:
        box: *Do Not Email* of the person.
        untick: A recorded tick, then an untick by a person.
        there: The contact in Constant Contact.
        ledger: Whose opt-out stands on record.
        sharer: The box of another person at the address.
    """

    box: str = ANY
    untick: str = ANY
    there: str = ANY
    ledger: str = ANY
    sharer: str = ANY


@dataclass(frozen=True, kw_only=True)
class Row(Cell):
    """An answer to every question that it matches and that no row above it does."""

    outcome: str
    rules: str

    def matches(self, cell: Cell) -> bool:
        """Tell whether each part is the same, or may be anything; `a | b` is either."""
        return all(
            getattr(self, part.name) == ANY
            or getattr(cell, part.name) in getattr(self, part.name).split(" | ")
            for part in fields(Cell)
        )


_REACHABLE = "subscribed | pending confirmation | on hold"
_MAILABLE = "subscribed | on hold"
_OUT = "out, by the firm | out, by the person | deleted, out by the person"

TABLE = (
    Row(box="ticked", there=_REACHABLE, outcome=UNSUBSCRIBED, rules="1, 2"),
    Row(sharer="ticked", there=_REACHABLE, outcome=UNSUBSCRIBED, rules="15"),
    Row(box="ticked", outcome=NOTHING, rules="2, 4"),
    Row(sharer="ticked", outcome=NOTHING, rules="15"),
    Row(box="not known", outcome=NOTHING, rules="6"),
    Row(sharer="not known", outcome=NOTHING, rules="6, 15"),
    Row(ledger="complaint", there=_MAILABLE, outcome=UNSUBSCRIBED, rules="4, 5"),
    Row(ledger="complaint", outcome=NOTHING, rules="4"),
    Row(
        untick="counts",
        there="out, by the firm",
        ledger="nothing | firm",
        outcome=BACK_BY_FIRM,
        rules="9, 10",
    ),
    Row(untick="counts", there=_OUT, outcome=BACK_BY_PERSON, rules="9, 10"),
    Row(there=_OUT, outcome=NOTHING, rules="3, 9"),
    Row(ledger="nothing", outcome=JOINS, rules="7, 8"),
    Row(untick="counts", outcome=JOINS, rules="9, 10"),
    Row(there=_MAILABLE, outcome=UNSUBSCRIBED, rules="5"),
    Row(outcome=NOTHING, rules="5, 7"),
)
"""First match counts. Under the policy `practifi`, with nobody held."""


def cells() -> Iterator[Cell]:
    """Yield every question."""
    for parts in product(*VALUES.values()):
        yield Cell(**dict(zip(VALUES, parts, strict=True)))


def answer(cell: Cell) -> Row:
    """Return the row that answers a question."""
    return next(row for row in TABLE if row.matches(cell))


def as_markdown() -> str:
    """Return the table as people read it."""
    heads = (*VALUES, "what happens", "rules")
    rows = [
        (*(_shown(getattr(row, name)) for name in VALUES), row.outcome, row.rules) for row in TABLE
    ]
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _shown(part: str) -> str:
    return part.replace(" | ", "<br>") or "-"


if __name__ == "__main__":
    print(as_markdown())  # noqa: T201 -- what it is for
