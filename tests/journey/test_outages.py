"""A service that is down, refuses us or chokes on one record: nothing is lost or held up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.connections.credentials import read_credentials, set_credentials
from bridge.delivery import assemble
from bridge.delivery.write_back import write_back
from bridge.inbox import triage
from bridge.mirror.model import row_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

HOUR_S = 3600.0
ONE_PROBE_S = 130.0
DAY_S = 24 * HOUR_S


def down(side: str, path: str) -> dict[str, object]:
    return {"side": side, "kind": "unavailable", "path": path}


CONSTANT_CONTACT_DOWN = down("constant_contact", "/v3/|/token")
SALESFORCE_DOWN = down("salesforce", "/query")


def work_for(firm: Firm, seconds: float, *, step_s: float) -> None:
    """Let the bridge work through a time, with a look each `step_s` seconds."""
    for _ in range(round(seconds / step_s)):
        firm.bridge.triage()
        firm.bridge.deliver()
        firm.sandbox.advance(step_s)


def calls(firm: Firm) -> int:
    return sum(call["owner"] == "bridge" for call in firm.sandbox.calls("constant_contact"))


def outages(firm: Firm) -> list[dict[str, Any]]:
    return firm.bridge.rows("SELECT * FROM outage WHERE connection_id = %(connection_id)s")


def test_thirty_hours_without_constant_contact_lose_nothing(
    firm: Firm, scaled: Callable[[int], int], tally: Tally
) -> None:
    letter = firm.new_list()
    opted_out = firm.member("early@example.org", letter)
    firm.settle()
    firm.sandbox.faults(CONSTANT_CONTACT_DOWN)
    addresses = [f"person{number}@example.org" for number in range(scaled(10))]
    people = [firm.member(address, letter) for address in addresses]
    firm.tick(opted_out)
    firm.bridge.receive()
    work_for(firm, 600, step_s=5)
    before = calls(firm)
    work_for(firm, 30 * HOUR_S - 600, step_s=HOUR_S / 2)
    assert calls(firm) - before <= 2 * 2 * 30, "a probe asks once or twice a look"
    assert "does not answer since" in str(firm.bridge.waiting())
    firm.sandbox.faults()
    firm.sandbox.advance(ONE_PROBE_S)
    firm.bridge.deliver()
    assert firm.bridge.waiting() == outages(firm) == []
    assert firm.permission("early@example.org") == "unsubscribed"
    found = [len(firm.all_there(address)) for address in addresses]
    tally(
        "Constant Contact down for 30 hours",
        tried=1,
        survived=1,
        accepted=len(firm.notifications()),
        lost=found.count(0),
        doubled=sum(found) - len(found) + found.count(0),
    )
    assert set(found) == {1}
    firm.settle()
    assert {firm.status(person) for person in people} == {("Subscribed", None)}


def test_an_outage_longer_than_anybody_is_tried_for_gives_nobody_up(firm: Firm) -> None:
    letter = firm.new_list()
    firm.settle()
    firm.sandbox.faults(CONSTANT_CONTACT_DOWN)
    people = [firm.member(f"person{number}@example.org", letter) for number in range(4)]
    firm.bridge.receive()
    work_for(firm, 300, step_s=10)
    work_for(firm, 9 * DAY_S, step_s=DAY_S / 8)
    assert {one["state"] for one in firm.notifications()} == {"done", "waiting"}
    firm.sandbox.faults()
    firm.sandbox.advance(ONE_PROBE_S)
    firm.settle()
    assert {firm.status(person) for person in people} == {("Subscribed", None)}


def test_opt_outs_go_on_while_salesforce_answers_no_query(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member("ada@example.org", letter)
    firm.settle()
    firm.sandbox.faults(SALESFORCE_DOWN)
    others = [firm.member(f"other{number}@example.org", letter) for number in range(4)]
    firm.bridge.receive()
    work_for(firm, 60, step_s=2)
    [outage] = outages(firm)
    assert outage["system"] == "salesforce"
    firm.tick(person)
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    assert firm.permission("ada@example.org") == "unsubscribed"
    firm.sandbox.faults()
    firm.sandbox.advance(ONE_PROBE_S)
    firm.bridge.deliver()
    assert firm.bridge.waiting() == outages(firm) == []
    firm.settle()
    assert {firm.status(each) for each in others} == {("Subscribed", None)}


def test_statuses_go_back_within_one_probe_once_salesforce_answers_again(firm: Firm) -> None:
    letter = firm.new_list()
    firm.settle()
    firm.sandbox.faults(down("salesforce", "/composite"))
    people = [firm.member(f"person{number}@example.org", letter) for number in range(3)]
    firm.bridge.receive()
    for _ in range(20):
        work_for(firm, HOUR_S, step_s=HOUR_S)
        write_back(firm.bridge.installation)
    assert [outage["system"] for outage in outages(firm)] == ["salesforce"]
    firm.sandbox.faults()
    firm.sandbox.advance(ONE_PROBE_S)
    write_back(firm.bridge.installation)
    assert {firm.status(person) for person in people} == {("Subscribed", None)}


def test_one_record_that_always_fails_holds_nobody_up_and_is_given_up_after_seven_days(
    firm: Firm,
) -> None:
    letter = firm.new_list()
    firm.settle()
    firm.sandbox.faults(
        {"side": "constant_contact", "kind": "error_500", "method": "POST", "body": "poison@"}
    )
    firm.member("poison@example.org", letter)
    for number in range(3):
        firm.member(f"good{number}@example.org", letter)
    firm.bridge.receive()
    work_for(firm, 30, step_s=1)
    assert len([1 for n in range(3) if firm.all_there(f"good{n}@example.org")]) == 3
    work_for(firm, 7 * DAY_S - 60, step_s=DAY_S / 8)
    assert {one["state"] for one in firm.notifications()} == {"done", "waiting"}
    firm.sandbox.advance(HOUR_S)
    work_for(firm, 2 * HOUR_S, step_s=HOUR_S / 2)
    dead = firm.bridge.rows("SELECT reason, cause FROM notification WHERE state = 'dead'")
    assert {row["cause"] for row in dead} == {"unavailable:constant_contact"}
    assert all(row["reason"].endswith("(tried for 7 days)") for row in dead)
    assert firm.bridge.waiting() == []


WRONG = {
    "constant_contact": {"access_token": "wrong", "refresh_token": "wrong"},
    "salesforce": {"consumer_secret": "wrong", "access_token": "wrong"},
}


def give_credentials(firm: Firm, wrong: dict[str, dict[str, str]] | None = None) -> None:
    """Store credentials as `bridge connection add` does: those of the line, or wrong ones."""
    line = dict(firm.sandbox.line)
    for side, values in (wrong or {}).items():
        line[side] = line[side] | values
    keyring = firm.bridge.installation.keyring
    with firm.bridge.database.transaction() as tx:
        set_credentials(tx, keyring, firm.bridge.connection_id, read_credentials(json.dumps(line)))


def alarms(caplog: pytest.LogCaptureFixture) -> int:
    return [record.message for record in caplog.records].count("connection_paused")


@pytest.mark.parametrize("side", ["constant_contact", "salesforce"])
def test_a_refused_login_is_one_alarm_and_work_goes_on_after_new_credentials(
    firm: Firm, caplog: pytest.LogCaptureFixture, side: str
) -> None:
    letter = firm.new_list()
    firm.settle()
    give_credentials(firm, {side: WRONG[side]})
    addresses = [f"later{number}@example.org" for number in range(3)]
    for address in addresses:
        firm.member(address, letter)
        firm.bridge.receive()
        work_for(firm, 120, step_s=30)
    connection = firm.bridge.connection
    assert (connection.state, alarms(caplog)) == ("paused", 1)
    assert connection.state_reason
    assert {one["state"] for one in firm.notifications()} == {"done", "waiting"}
    give_credentials(firm)
    firm.settle()
    assert firm.bridge.connection.state == "active"
    assert [len(firm.all_there(address)) for address in addresses] == [1, 1, 1]


def test_a_missing_scope_pauses_until_somebody_gives_it(
    firm: Firm, caplog: pytest.LogCaptureFixture
) -> None:
    letter = firm.new_list()
    firm.settle()
    firm.sandbox.faults({"side": "salesforce", "kind": "disabled", "path": "/query"})
    firm.member("ada@example.org", letter)
    firm.bridge.receive()
    work_for(firm, 120, step_s=30)
    assert (firm.bridge.connection.state, alarms(caplog)) == ("paused", 1)
    firm.sandbox.faults()
    give_credentials(firm)
    firm.settle()
    assert len(firm.all_there("ada@example.org")) == 1


def test_opt_outs_go_on_while_salesforce_refuses_us(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member("ada@example.org", letter)
    firm.settle()
    give_credentials(firm, {"salesforce": WRONG["salesforce"]})
    firm.member("other@example.org", letter)
    firm.bridge.receive()
    work_for(firm, 60, step_s=30)
    assert firm.bridge.connection.state == "paused"
    firm.tick(person)
    firm.bridge.receive()
    work_for(firm, 60, step_s=30)
    assert firm.permission("ada@example.org") == "unsubscribed"
    assert firm.all_there("other@example.org") == []


def test_a_record_that_makes_our_own_code_fail_holds_nobody_up(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both where messages are triaged and where an address is decided on."""

    def failing(genuine: Callable[..., Any], name: str) -> Callable[..., Any]:
        def fails(*arguments: Any, **named: Any) -> Any:
            if name in str(arguments):
                message = "a fault of ours"
                raise ZeroDivisionError(message)
            return genuine(*arguments, **named)

        return fails

    letter = firm.new_list()
    firm.settle()
    monkeypatch.setattr(triage, "row_of", failing(row_of, "Untriable"))
    monkeypatch.setattr(assemble, "_person", failing(assemble._person, "Undecidable"))
    firm.member("one@example.org", letter, LastName="Untriable")
    firm.member("two@example.org", letter, LastName="Undecidable")
    firm.member("three@example.org", letter, LastName="Moran")
    firm.bridge.receive()
    work_for(firm, 10, step_s=1)
    assert len(firm.all_there("three@example.org")) == 1
    dead = firm.bridge.rows("SELECT reason, cause FROM notification WHERE state = 'dead'")
    assert dead == [
        {
            "reason": "a fault in the bridge (ZeroDivisionError): see its log",
            "cause": "fault:zero-division-error",
        }
    ]
    monkeypatch.undo()
    firm.settle()
    assert len(firm.all_there("two@example.org")) == 1
