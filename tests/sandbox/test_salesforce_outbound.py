"""Outbound messages: what fires them, what they say, how they are tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.fix_endpoint import (
    ACK,
    ANSWER,
    DATA,
    LIST,
    OUT,
    XSI,
    change,
    queue,
    save,
    until,
)

if TYPE_CHECKING:
    from tests.fix_endpoint import Endpoint
    from tests.fix_sandbox import RunningSandbox


@pytest.mark.rule(
    "sf-om-post",
    "sf-om-order-of-elements",
    "sf-om-no-session-id",
    "sf-om-order-of-fields",
    "sf-om-null-left-out",
)
def test_a_message_is_what_salesforce_sends(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    contact = save(
        sandbox,
        "Contact",
        LastName="O'Hara & Sons",
        Email="ada@example.org",
        Birthdate="1990-05-01",
        practifi__Segment__c="A;B",
    )
    until(lambda: len(endpoint.of("Contact")) == 1)
    (message,) = endpoint.of("Contact")
    assert message.headers["Content-Type"] == "text/xml; charset=UTF-8"
    assert message.headers["SOAPAction"] == '""'
    root = etree.fromstring(message.body)
    head = [str(each.tag).removeprefix(OUT) for each in root[0][0]]
    expected = "OrganizationId ActionId SessionId EnterpriseUrl PartnerUrl Notification"
    assert head == expected.split()
    assert root.findtext(f".//{OUT}OrganizationId") == sandbox.line["organization_id"]
    session = root.find(f".//{OUT}SessionId")
    assert session is not None
    assert session.get(f"{XSI}nil") == "true"
    fields = message.fields()
    assert list(fields) == ["Id", *sorted(fields.keys() - {"Id"})]
    assert fields["Id"] == contact
    assert fields["LastName"] == "O'Hara & Sons"
    assert fields["HasOptedOutOfEmail"] == "false"
    assert fields["Birthdate"] == "1990-05-01"
    assert fields["practifi__Segment__c"] == "A;B"
    assert str(fields["SystemModstamp"]).endswith(".000Z")
    # A null field is left out.
    assert "FirstName" not in fields
    until(lambda: queue(sandbox) == [])


def test_a_change_of_consent_fires_a_message_of_its_own(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    contact = save(sandbox, "Contact", LastName="Quist")
    until(lambda: len(endpoint.of("Contact")) == 1)
    change(sandbox, "Contact", contact, HasOptedOutOfEmail=True)
    until(lambda: len(endpoint.of("Contact")) == 3)
    change(sandbox, "Contact", contact, Phone="555-0100")
    until(lambda: len(endpoint.of("Contact")) == 4)
    by_action: dict[str | None, list[dict[str, str | None]]] = {}
    for each in endpoint.of("Contact"):
        by_action.setdefault(each.action, []).append(each.fields())
    all_changes, consent = sorted(by_action.values(), key=len, reverse=True)
    assert len(all_changes) == 3
    assert [fields["HasOptedOutOfEmail"] for fields in consent] == ["true"]
    assert "Phone" not in consent[0]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Account", {"Name": "Quist Household"}),
        (LIST, {"Name": "Letters"}),
        ("CC_Bridge_List__c", {"Name": "Letters"}),
        ("Campaign", {"Name": "Letters"}),
    ],
)
def test_other_objects_fire_messages_too(
    sandbox: RunningSandbox, endpoint: Endpoint, name: str, fields: dict[str, object]
) -> None:
    record = save(sandbox, name, **fields)
    until(lambda: len(endpoint.of(name)) == 1)
    assert endpoint.of(name)[0].fields()["Id"] == record


@pytest.mark.rule("sf-om-permission-to-send")
def test_a_save_of_the_bridge_fires_nothing(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    save(sandbox, LIST, by="bridge", Name="Silent")
    save(sandbox, LIST, Name="Heard")
    until(lambda: len(endpoint.of(LIST)) == 1)
    assert [each.fields()["Name"] for each in endpoint.of(LIST)] == ["Heard"]


def test_a_save_that_changes_no_watched_field_fires_nothing(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    record = save(sandbox, LIST, Name="First")
    until(lambda: queue(sandbox) == [])
    change(sandbox, LIST, record, Name="First")
    change(sandbox, LIST, record, CC_Bridge_Status__c="on")
    assert queue(sandbox) == []
    assert len(endpoint.got) == 1


@pytest.mark.rule("sf-om-batches-of-100")
def test_up_to_a_hundred_notifications_go_in_one_message(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    records = [{"attributes": {"type": LIST}, "Name": f"L{n}"} for n in range(150)]
    sandbox.salesforce("POST", f"{DATA}/composite/sobjects", {"records": records})
    assert len(queue(sandbox)) == 150
    sandbox.control("PUT", "/salesforce/endpoint", {"url": endpoint.url})
    until(lambda: queue(sandbox) == [])
    assert [len(each.notifications) for each in endpoint.got] == [100, 50]
    assert len({name for each in endpoint.got for name in each.ids()}) == 150


@pytest.mark.rule("sf-om-saved-with-the-transaction")
def test_a_transaction_that_is_rolled_back_fires_nothing(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    names = ["Kept back", "x" * 100]
    records = [{"attributes": {"type": LIST}, "Name": name} for name in names]
    body = {"allOrNone": True, "records": records}
    sandbox.salesforce("POST", f"{DATA}/composite/sobjects", body)
    assert queue(sandbox) == []
    assert endpoint.got == []


@pytest.mark.rule("sf-om-nack", "sf-om-other-answers-fail", "sf-om-notification-id")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, ANSWER.format("false")), "SOAP response was a nack"),
        ((200, "{}"), "Content is not allowed in prolog"),
        ((200, ""), "Content is not allowed in prolog"),
        ((200, ANSWER.format("true").replace("notificationsResponse", "notifications")), "no "),
        ((503, ANSWER.format("true")), "(503)"),
        ((302, ""), "(302)"),
    ],
    ids=["nack", "json", "empty", "wrong element", "server error", "redirect"],
)
def test_anything_but_an_acknowledgement_is_tried_again(
    sandbox: RunningSandbox, endpoint: Endpoint, answer: tuple[int, str], reason: str
) -> None:
    endpoint.answer = answer
    save(sandbox, LIST, Name="Letters")
    until(lambda: any(each["attempts"] == 1 for each in queue(sandbox)))
    (waiting,) = queue(sandbox)
    assert reason in waiting["reason"]
    endpoint.answer = ACK
    sandbox.advance(31)
    until(lambda: queue(sandbox) == [])
    first, second = endpoint.got
    assert first.ids() == second.ids() == [waiting["notification_id"]]


@pytest.mark.rule("sf-om-waits-double", "sf-om-given-up-after-a-day")
def test_waits_double_and_after_a_day_the_message_is_dropped(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.answer = (500, "")
    save(sandbox, LIST, Name="Letters")
    for attempts, wait_s in enumerate((30, 60, 120, 240), start=1):
        until(lambda n=attempts: [each["attempts"] for each in queue(sandbox)] == [n])  # type: ignore[misc]
        sandbox.advance(wait_s - 2)
        assert queue(sandbox)[0]["attempts"] == attempts
        sandbox.advance(3)
    until(lambda: [each["attempts"] for each in queue(sandbox)] == [5])
    sandbox.advance(86_400)
    until(lambda: queue(sandbox) == [])


@pytest.mark.rule("sf-om-other-answers-fail")
def test_an_answer_that_breaks_off_is_no_acknowledgement(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.cut_bytes = 10
    save(sandbox, LIST, Name="Letters")
    until(lambda: [each["attempts"] for each in queue(sandbox)] == [1])


def test_an_unreachable_endpoint_is_tried_again(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/endpoint", {"url": "http://127.0.0.1:9/nobody"})
    save(sandbox, LIST, Name="Letters")
    until(lambda: [each["attempts"] for each in queue(sandbox)] == [1])
    assert "ConnectException" in queue(sandbox)[0]["reason"]


@pytest.mark.rule("sf-om-values-at-sending")
def test_a_retry_carries_the_values_of_its_own_time(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.answer = (500, "")
    record = save(sandbox, LIST, Name="Before")
    until(lambda: [each["attempts"] for each in queue(sandbox)] == [1])
    endpoint.answer = ACK
    change(sandbox, LIST, record, by="bridge", Name="After")
    sandbox.advance(31)
    until(lambda: queue(sandbox) == [])
    assert [each.fields()["Name"] for each in endpoint.got] == ["Before", "After"]


@pytest.mark.rule("sf-om-deleted-record-is-empty")
def test_a_record_that_was_deleted_meanwhile_leaves_an_empty_object(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    for name in ("One", "Two"):
        record = save(sandbox, LIST, Name=name)
        sandbox.salesforce("DELETE", f"{DATA}/sobjects/{LIST}/{record}")
    sandbox.control("PUT", "/salesforce/endpoint", {"url": endpoint.url})
    until(lambda: queue(sandbox) == [])
    nil, empty = (each.find(f"{OUT}sObject") for each in endpoint.got[0].notifications)
    assert nil is not None
    assert empty is not None
    assert nil.items() == [(f"{XSI}nil", "true")]
    assert empty.items() == [(f"{XSI}type", f"sf:{LIST}")]
    assert len(empty) == 0


def test_a_slow_message_does_not_hold_up_other_objects_or_requests(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.hold.clear()
    save(sandbox, LIST, Name="Slow")
    until(lambda: len(endpoint.got) == 1)
    save(sandbox, "Account", Name="Quist Household")
    until(lambda: len(endpoint.got) == 2)
    assert {each["state"] for each in queue(sandbox)} == {"sending"}
    endpoint.hold.set()
    until(lambda: queue(sandbox) == [])


def test_a_reset_forgets_a_message_that_is_under_way(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.hold.clear()
    save(sandbox, LIST, Name="Slow")
    until(lambda: len(endpoint.got) == 1)
    sandbox.control("POST", "/reset")
    assert queue(sandbox) == []
    sandbox.control("PUT", "/salesforce/endpoint", {"url": endpoint.url})
    save(sandbox, LIST, Name="Next")
    until(lambda: len(endpoint.got) == 2)
    endpoint.hold.set()
    until(lambda: queue(sandbox) == [])


@pytest.mark.rule("sf-om-at-least-once")
def test_a_message_is_repeated_on_demand(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    sandbox.faults({"side": "outbound", "kind": "repeat", "times": 1})
    save(sandbox, LIST, Name="Twice")
    until(lambda: len(endpoint.got) == 2)
    assert endpoint.got[0].ids() == endpoint.got[1].ids()
    until(lambda: queue(sandbox) == [])


@pytest.mark.rule("sf-om-not-ordered")
@pytest.mark.parametrize("after", ["a reset", "another reset"])  # which brings the same ids again
def test_a_message_is_overtaken_on_demand(
    sandbox: RunningSandbox,
    endpoint: Endpoint,
    after: str,  # noqa: ARG001
) -> None:
    sandbox.faults({"side": "outbound", "kind": "reorder", "times": 1, "latency_s": 3600})
    save(sandbox, LIST, Name="First")
    until(lambda: sandbox.control("GET", "/faults")[0]["left"] == 0)
    save(sandbox, LIST, Name="Second")
    until(lambda: len(endpoint.got) == 1)
    sandbox.advance(3601)
    until(lambda: queue(sandbox) == [])
    assert [each.fields()["Name"] for each in endpoint.got] == ["Second", "First"]


def test_a_message_is_lost_on_demand(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    sandbox.faults({"side": "outbound", "kind": "drop", "path": "List__c", "times": 1})
    save(sandbox, LIST, Name="Lost")
    until(lambda: queue(sandbox) == [])
    save(sandbox, LIST, Name="Found")
    until(lambda: queue(sandbox) == [])
    assert [each.fields()["Name"] for each in endpoint.got] == ["Found"]


def test_a_lie_leaves_neither_record_nor_message(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    sandbox.faults({"side": "salesforce", "kind": "lie", "times": 1, "observer": True})
    record = save(sandbox, LIST, Name="Never")
    assert sandbox.salesforce("GET", f"{DATA}/sobjects/{LIST}/{record}").status_code == 404
    save(sandbox, LIST, Name="Real")
    until(lambda: queue(sandbox) == [])
    assert [each.fields()["Name"] for each in endpoint.got] == ["Real"]
