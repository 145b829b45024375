"""The mirror ends the same in whatever order, and however often, states of a record are told."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bridge.mirror.belief import is_older, join
from bridge.mirror.model import PractifiRow

if TYPE_CHECKING:
    from collections.abc import Sequence

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATHS = ("FirstName", "Email", "Phone")


@st.composite
def told(draw: st.DrawFn, seconds: st.SearchStrategy[int]) -> PractifiRow:
    """A state of one record as a message tells it; what it leaves out is not known."""
    fields = draw(st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["a", "b", None])))
    return PractifiRow(
        connection_id=1,
        kind="contact",
        sf_id="0035g00000QrStUAAV",
        source="message",
        modstamp=NOON + timedelta(seconds=draw(seconds)),
        modified_by=None,
        created_at=None,
        deleted_at=None,
        name=None,
        fields=fields,
        unknown_fields=tuple(path for path in PATHS if path not in fields),
    )


def mirrored(rows: Sequence[PractifiRow]) -> PractifiRow | None:
    """Return what the mirror holds after these states were told one after the other."""
    known: PractifiRow | None = None
    for row in rows:
        if known is None or not is_older(row, known):
            _, known = join(row, known, [row], is_overtaken=False)
    return known


def trusted(row: PractifiRow | None) -> dict[str, str | None]:
    """Return what is decided on; all else is read back first."""
    assert row is not None
    return {path: text for path, text in row.fields.items() if path not in row.unknown_fields}


def shuffled(rows: Sequence[PractifiRow], seed: int) -> list[PractifiRow]:
    """Return each state one to five times, in any order."""
    chance = random.Random(seed)  # noqa: S311 -- repeatable
    sent = [row for row in rows for _ in range(chance.randint(1, 5))]
    chance.shuffle(sent)
    return sent


@given(
    st.lists(told(st.integers(0, 50)), min_size=1, max_size=6, unique_by=lambda row: row.modstamp),
    st.integers(),
)
def test_saves_of_different_seconds_end_the_same_in_any_order(
    rows: list[PractifiRow], seed: int
) -> None:
    in_order = sorted(rows, key=lambda row: row.modstamp or NOON)
    assert trusted(mirrored(shuffled(rows, seed))) == trusted(mirrored(in_order))


@given(st.lists(told(st.integers(0, 2)), min_size=1, max_size=6), st.integers())
def test_nothing_is_trusted_that_the_newest_second_contradicts(
    rows: list[PractifiRow], seed: int
) -> None:
    newest_at = max(row.modstamp or NOON for row in rows)
    newest = [row for row in rows if row.modstamp == newest_at]
    for path, text in trusted(mirrored(shuffled(rows, seed))).items():
        assert {row.fields[path] for row in newest if path in row.fields} <= {text}
