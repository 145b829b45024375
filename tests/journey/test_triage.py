"""What becomes of a notification, in the words that people read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import outbound

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"


def states(firm: Firm, **where: str) -> set[tuple[str, str | None]]:
    return {
        (row["state"], row["reason"])
        for row in firm.notifications()
        if all(row[name] == value for name, value in where.items())
    }


def tell(firm: Firm, notification_id: str, record_id: str, object_name: str, **fields: str) -> None:
    one = outbound.notification(
        notification_id, dict(fields), object_name=object_name, record_id=record_id
    )
    body = outbound.message(one, organization_id=firm.sandbox.line["organization_id"])
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    answer = firm.sandbox.session.post(firm.bridge.url, data=body.encode(), headers=headers)
    assert answer.status_code == 200, answer.text


def test_an_object_without_a_mapping_is_ignored_and_named(firm: Firm) -> None:
    tell(firm, "04l5g00000aBcDEAA0", "0065g00000QrStUAAV", "Opportunity")
    firm.settle()
    assert states(firm) == {("ignored", "no mapping for object Opportunity")}


def test_an_older_state_is_superseded(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), FirstName="Ada")
    firm.settle()
    old = {"SystemModstamp": "2020-01-01T00:00:00.000Z", "FirstName": "Old"}
    tell(firm, "04l5g00000aBcDEAA0", person, "Contact", **old)
    firm.settle()
    assert states(firm, notification_id="04l5g00000aBcDEAA0") == {
        ("superseded", "a newer state is known already")
    }
    assert firm.there(ADA)["first_name"] == "Ada"


def test_a_repeat_that_says_something_else_is_read_again(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), FirstName="Ada")
    firm.settle()
    for name in ("Older", "Newer"):
        tell(firm, "04l5g00000aBcDEAA0", person, "Contact", FirstName=name)
        firm.settle()
    [row] = firm.bridge.rows(
        "SELECT state, times_received FROM notification WHERE notification_id = %(id)s",
        id="04l5g00000aBcDEAA0",
    )
    assert (row["state"], row["times_received"]) == ("done", 2)


def test_notifications_wait_for_credentials_and_go_on_when_they_come(firm: Firm) -> None:
    with firm.bridge.database.transaction() as tx:
        tx.execute("UPDATE connection SET state = 'unconnected'")
    person = firm.member(ADA, firm.new_list())
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    assert states(firm) == {("waiting", "no credentials")}
    assert firm.all_there(ADA) == []
    with firm.bridge.database.transaction() as tx:
        tx.execute("UPDATE connection SET state = 'active'")
    firm.settle()
    assert {state for state, _ in states(firm)} == {"done"}
    assert firm.status(person) == ("Subscribed", None)


def test_a_deletion_that_is_polled_twice_counts_once(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.delete("Contact", person)
    firm.settle(deletes=True)
    before = len(firm.notifications())
    firm.settle(deletes=True)
    assert len(firm.notifications()) == before


def test_a_message_that_says_the_box_was_ticked_and_unticked_is_not_believed(firm: Firm) -> None:
    """Whoever knows the endpoint could send it: only Salesforce itself can say that it is so."""
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.unsubscribes(ADA)
    firm.sandbox.advance(60)
    said = {"HasOptedOutOfEmail": "false", "CC_Bridge_Unticked_At__c": "2040-01-01T00:00:00Z"}
    tell(firm, "04l5g00000aBcDEAA0", person, "Contact", **said)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.bridge.rows("SELECT * FROM box_change") == []
