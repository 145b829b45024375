"""Counters of a run: whatever happens to subjects, nothing is left unexplained."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.runs.model import Counters

reasons = st.sampled_from(["no address", "no membership", "too long", "box not known"])
outcomes = st.lists(
    st.tuples(st.sampled_from(["unchanged", "planned"]), st.none())
    | st.tuples(st.sampled_from(["skipped", "rejected"]), reasons)
)


def counted(subjects: list[tuple[str, str | None]]) -> Counters:
    counters = Counters()
    for outcome, reason in subjects:
        counters.read += 1
        match outcome, reason:
            case "skipped", str():
                counters.skip(reason)
            case "rejected", str():
                counters.reject(reason)
            case "planned", _:
                counters.planned += 1
            case _:
                counters.unchanged += 1
    return counters


@given(subjects=outcomes)
def test_any_sequence_of_outcomes_adds_up(subjects: list[tuple[str, str | None]]) -> None:
    counters = counted(subjects)
    assert counters.adds_up()
    stored = counters.as_json()
    explained = sum(stored["skipped"].values()) + sum(stored["rejected"].values())
    assert stored["read"] == len(subjects) == stored["unchanged"] + stored["planned"] + explained


@given(subjects=outcomes, error=st.integers(-5, 5).filter(bool))
def test_a_subject_that_is_lost_or_counted_twice_is_noticed(
    subjects: list[tuple[str, str | None]], error: int
) -> None:
    counters = counted(subjects)
    counters.read += error
    assert not counters.adds_up()
