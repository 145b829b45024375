"""What each class of error means for the subject that met it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import errors
from bridge.delivery.cause import cause_of
from bridge.delivery.consequence import (
    PATIENCE_S,
    Consequence,
    Probe,
    consequence_of,
    next_probe_s,
    next_wait_s,
)
from bridge.delivery.slots import LeaseWanted
from bridge.errors import BridgeError, RecordError, RemoteError

CC, SF = "constant_contact", "salesforce"
AT = datetime(2026, 3, 2, tzinfo=UTC)


def spent(until: datetime | None) -> errors.QuotaSpent:
    error = errors.QuotaSpent("w", system=CC)
    error.until = until
    return error


def asked_to_wait(after_s: float) -> errors.Throttled:
    error = errors.Throttled("w", system=CC)
    error.after_s = after_s
    return error


AGAIN = Consequence(after_s=1.0, reason="w", is_attempt=True)
DEAD = Consequence(reason="w", is_dead=True)
PAUSED = Consequence(after_s=30.0, reason="w", stops_connection=True, pauses_connection=True)

TABLE = {
    "network, 5xx, no answer of theirs": (errors.Unavailable("w", system=CC), AGAIN),
    "known to be down": (
        errors.OutOfService("w", system=SF),
        Consequence(reason="w", waits_for="salesforce"),
    ),
    "throttled": (errors.Throttled("w", system=CC), AGAIN),
    "throttled for a while": (
        asked_to_wait(60.0),
        Consequence(after_s=60.0, reason="w", is_attempt=True),
    ),
    "two writers": (errors.Conflict("w", system=CC), AGAIN),
    "retryable": (errors.Retryable("w", system=CC), AGAIN),
    "gone there": (errors.NotFoundRemotely("w", system=CC), AGAIN),
    "remote": (RemoteError("w", system=CC), AGAIN),
    "refused login": (errors.Unauthorized("w", system=CC), PAUSED),
    "missing scope": (errors.Forbidden("w", system=SF), PAUSED),
    "terminal": (errors.Terminal("w", system=CC), PAUSED),
    "day spent until": (
        spent(AT),
        Consequence(after_s=60.0, until=AT, reason="w", stops_connection=True),
    ),
    "day spent": (spent(None), Consequence(after_s=60.0, reason="w", stops_connection=True)),
    "Salesforce's allowance spent": (
        errors.QuotaSpent("w", system=SF),
        Consequence(after_s=60.0, reason="w"),
    ),
    "record": (RecordError("w"), DEAD),
    "conversion": (errors.ConversionError("w", field="birthday"), DEAD),
    "missing key": (errors.MissingKey("w"), DEAD),
    "refused content": (errors.RecordRefused("w", field="first_name", key="invalid"), DEAD),
    "no slot": (
        errors.NoSlotNow(AT),
        Consequence(until=AT, reason="waits for the API allowance"),
    ),
    "another first": (errors.NotSettled("w"), Consequence(after_s=0.5, reason="w")),
    "another first, which is due later": (
        errors.NotSettled("w", behind=("a", "b"), after_s=3600.0),
        Consequence(after_s=3600.0, reason="w", behind=("a", "b")),
    ),
    "the other side works at it": (
        errors.StillAtWork("w", after_s=1.0),
        Consequence(after_s=1.0, reason="w"),
    ),
    "consent wants it": (LeaseWanted(), Consequence()),
    "not so when it was read back": (errors.NotConfirmed("w"), AGAIN),
    "more than an answer holds": (errors.TooMuchAtOnce("w", system=CC), AGAIN),
    "a fault of ours": (BridgeError("w"), AGAIN),
    "configuration": (errors.ConfigurationError("w"), AGAIN),
    "limit of a run": (errors.RunRefused("w"), AGAIN),
}
NEVER_HERE = {
    errors.LeaseLost,  # the worker that lost a lease writes nothing
    errors.MappingError,  # met before a subject is claimed
    errors.RejectedMessage,  # at the door
    errors.NotAnOutboundMessage,
    errors.UnknownOrganization,
    errors.UnknownEndpoint,
    errors.TooLarge,
    errors.SetupRefused,  # of the commands that connect
    errors.SetupUnavailable,
}


@pytest.mark.parametrize(("error", "expected"), TABLE.values(), ids=TABLE)
def test_consequence_of_each_class_of_error(error: BridgeError, expected: Consequence) -> None:
    assert consequence_of(error, 0, 1.0) == expected


def test_every_class_of_error_stands_in_the_table() -> None:
    classes = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, BridgeError)
    }
    told = {type(error) for error, _ in TABLE.values()}
    assert told - {LeaseWanted} == classes - NEVER_HERE


@pytest.mark.parametrize(("error", "expected"), TABLE.values(), ids=TABLE)
def test_what_may_succeed_later_is_tried_for_seven_days_and_no_longer(
    error: BridgeError, expected: Consequence
) -> None:
    before = consequence_of(error, 200, 1.0, failing_s=PATIENCE_S - 1)
    after = consequence_of(error, 200, 1.0, failing_s=PATIENCE_S)
    assert (before.is_spent, after.is_spent) == (False, expected.is_attempt)


def test_whoever_asked_a_service_that_is_down_comes_back_behind_the_next_probe() -> None:
    told = consequence_of(errors.Unavailable("w", system=SF), 40, 1.0, probe=Probe(100.0, 9.0))
    assert (told.after_s > 100.0, told.waits_for, told.is_attempt) == (True, "salesforce", True)


def test_only_who_failed_before_a_service_was_down_is_given_up_while_it_is() -> None:
    error, down = errors.Unavailable("w", system=CC), Probe(after_s=100.0, down_s=PATIENCE_S)
    ends = {
        failing_s: consequence_of(error, 40, 1.0, failing_s=failing_s, probe=down).is_spent
        for failing_s in (PATIENCE_S - 1, PATIENCE_S, PATIENCE_S + 1)
    }
    assert ends == {PATIENCE_S - 1: False, PATIENCE_S: False, PATIENCE_S + 1: True}


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_waits_grow_from_a_second_to_an_hour_and_half_of_each_is_chance(
    attempts: int, jitter: float, other: float
) -> None:
    wait_s = next_wait_s(attempts, jitter)
    assert 0.5 <= wait_s <= 3600
    assert next_wait_s(attempts + 1, jitter) >= wait_s
    assert next_wait_s(attempts, other) <= 2 * wait_s
    assert next_probe_s(attempts, jitter) <= 120


CAUSES = {
    "refused-field": (
        errors.RecordRefused("x", field="first_name", key="contacts.api.validation.error"),
        "record-refused:contacts.api.validation.error:first_name",
    ),
    "several fields": (
        errors.RecordRefused("x", field="Email, Phone"),
        "record-refused:Email,Phone",
    ),
    "conversion": (errors.ConversionError("x", field="birthday"), "conversion-error:birthday"),
    "remote": (errors.Unavailable("x", system=CC), "unavailable:constant_contact"),
    "with a code": (
        errors.Forbidden("x", key="INVALID_FIELD", system=SF),
        "forbidden:salesforce:INVALID_FIELD",
    ),
    "ours": (BridgeError("x"), "bridge-error"),
}


@pytest.mark.parametrize(("error", "cause"), CAUSES.values(), ids=CAUSES)
def test_causes_are_words_that_do_not_change_with_the_record(
    error: BridgeError, cause: str
) -> None:
    assert cause_of(error) == cause
