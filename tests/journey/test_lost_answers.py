"""Whatever a call ends in, its effect is there once: found again where its answer was lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

from tests.journey.firm import LIST, Firm

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fix_faults import Tally

TIMEOUT_S = 0.3

Side: TypeAlias = Literal["constant_contact", "salesforce"]

FAULTS: dict[str, dict[str, object]] = {
    "drop_before": {"kind": "drop_before"},
    "drop_after": {"kind": "drop_after"},
    "half_body": {"kind": "half_body"},
    "time-out": {"kind": "latency", "latency_s": 2 * TIMEOUT_S},
    "HTML page": {"kind": "html"},
    "wrong content type": {"kind": "wrong_type"},
    "error 500": {"kind": "error_500"},
    "unavailable": {"kind": "unavailable"},
    "throttled": {"kind": "throttled"},
    "expired session": {"kind": "expired_session"},
    "quota": {"kind": "quota"},
}

CALLS: dict[str, tuple[Side, str, str]] = {
    "find a contact": ("constant_contact", "GET", "/contacts$"),
    "get a contact": ("constant_contact", "GET", "/contacts/"),
    "create a contact": ("constant_contact", "POST", "/contacts$"),
    "put a contact": ("constant_contact", "PUT", "/contacts/"),
    "get a list": ("constant_contact", "GET", "/contact_lists/"),
    "create a list": ("constant_contact", "POST", "/contact_lists$"),
    "put a list": ("constant_contact", "PUT", "/contact_lists/"),
    "find a list": ("constant_contact", "GET", "/contact_lists$"),
    "read custom fields": ("constant_contact", "GET", "/contact_custom_fields$"),
    "create a custom field": ("constant_contact", "POST", "/contact_custom_fields$"),
    "query records": ("salesforce", "GET", "/query"),
    "write ids and statuses": ("salesforce", "PATCH", "/composite"),
}


@pytest.fixture
def hasty(firm: Firm) -> Firm:
    """A firm whose bridge waits for an answer no longer than tests can."""
    settings = firm.bridge.installation.settings.model_copy(update={"http_timeout_s": TIMEOUT_S})
    installation = replace(firm.bridge.installation, settings=settings)
    return Firm(replace(firm.bridge, installation=installation), firm.sandbox)


def named(firm: Firm, name: str) -> list[dict[str, Any]]:
    found = firm.sandbox.constant_contact("GET", "/contact_lists", limit=500).json()["lists"]
    return [each for each in found if each["name"] == name]


def live_through(firm: Firm, number: int, faulty: Callable[[], None]) -> None:
    """A list is made and renamed, a person joins and changes; the fault strikes in each act."""
    address, name = f"person{number}@example.org", f"Letter {number}"
    faulty()
    letter = firm.new_list(f"Draft {number}")
    firm.settle()
    faulty()
    person = firm.member(address, letter, FirstName="Ada")
    firm.settle()
    faulty()
    firm.change(person, FirstName="Augusta")
    firm.save(LIST, letter, Name=name)
    firm.settle()
    assert [each["list_id"] for each in named(firm, name)] == [firm.cc_list_id(letter)]
    assert named(firm, f"Draft {number}") == []
    there = firm.there(address)
    assert (there["first_name"], there["list_memberships"]) == (
        "Augusta",
        [firm.cc_list_id(letter)],
    )
    assert firm.cc_contact_id(person) == there["contact_id"]
    assert firm.status(person) == ("Subscribed", None)


@pytest.mark.parametrize("call", CALLS)
def test_every_effect_is_there_once_whatever_a_call_ends_in(
    hasty: Firm, scaled: Callable[[int], int], tally: Tally, call: str
) -> None:
    side, method, path = CALLS[call]
    first = list(CALLS).index(call)
    struck = ([*FAULTS.values()] * 3)[first : first + min(scaled(2), len(FAULTS))]
    survived = 0
    try:
        for number, fault in enumerate(struck):
            armed: dict[str, object] = {
                "side": side,
                "method": method,
                "path": path,
                "times": 1,
                **fault,
            }
            live_through(hasty, number, lambda armed=armed: hasty.sandbox.faults(armed))  # type: ignore[misc]
            survived += 1
    finally:
        tally("each fault of a service, at each call", tried=len(struck), survived=survived)
    fields = hasty.sandbox.constant_contact("GET", "/contact_custom_fields").json()
    labels = [each["label"] for each in fields["custom_fields"]]
    assert len(labels) == len(set(labels))
