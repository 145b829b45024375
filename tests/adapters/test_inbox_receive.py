"""Receiving over HTTP: what is stored, and what is answered."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from bridge.inbox.soap import read_fields
from tests.fix_inbox import eventually
from tests.outbound import ACTION_ID, ORGANIZATION_ID, RECORD_ID, message, notification, with_data

if TYPE_CHECKING:
    from tests.fix_inbox import RunningReceiver

ACK = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
NO_DATA = [
    pytest.param("", id="no sObject"),
    pytest.param('<sObject xsi:nil="true"/>', id="nil sObject"),
    pytest.param('<sObject xsi:type="sf:Contact"/>', id="empty sObject"),
    pytest.param('<sObject xsi:type="sf:Contact"><LastName>x</LastName></sObject>', id="no id"),
]


@pytest.fixture(params=["asgi", "direct"])
def road(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def assert_acknowledged(answer: requests.Response) -> None:
    """Check that an answer is the Ack, byte for byte."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.text == ACK


def test_message_is_stored_before_it_is_acknowledged(receiver: RunningReceiver) -> None:
    body = message(notification("04lA", {"LastName": "Hale"}), notification("04lB"))
    assert_acknowledged(receiver.post(body))
    (stored,) = receiver.messages()
    assert bytes(stored["body"]) == body.encode()
    assert (stored["encoding"], str(stored["from_address"])) == ("utf-8", "127.0.0.1")
    assert [
        (row["notification_id"], row["object"], row["record_id"], row["ordinal"], row["state"])
        for row in receiver.notifications()
    ] == [
        ("04lA", "Contact", RECORD_ID, 0, "received"),
        ("04lB", "Contact", RECORD_ID, 1, "received"),
    ]
    assert {row["message_id"] for row in receiver.notifications()} == {stored["id"]}
    assert {row["action_id"] for row in receiver.notifications()} == {ACTION_ID}


def test_sender_behind_a_trusted_proxy_is_noted(receiver: RunningReceiver) -> None:
    passed_on = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    assert_acknowledged(receiver.post(message(notification()), headers=passed_on))
    (stored,) = receiver.messages()
    assert str(stored["from_address"]) == "203.0.113.7"


def test_workers_are_woken_after_the_commit(receiver: RunningReceiver) -> None:
    receiver.post(message(notification()))
    eventually(lambda: "triage" in receiver.woken, "triage is not woken")
    assert "triage-consent" not in receiver.woken


def test_consent_definition_flags_its_notifications(receiver: RunningReceiver) -> None:
    receiver.rows(
        """
        INSERT INTO outbound_definition (connection_id, action_id, version, object, fields, lane,
                                         in_force_from)
        SELECT id, %(action_id)s, 1, 'Contact', '{HasOptedOutOfEmail}', 0, app_now()
        FROM connection
        RETURNING version
        """,
        action_id=ACTION_ID,
    )

    def is_flagged() -> bool:
        receiver.post(message(notification()))
        receiver.post(message(notification(fields={"Phone": str(time.monotonic())})))
        return bool(receiver.notifications()[0]["consent"])

    eventually(is_flagged, "the definition is not noticed")
    eventually(lambda: "triage-consent" in receiver.woken, "consent triage is not woken")


def test_repeat_is_acknowledged_and_counted(receiver: RunningReceiver) -> None:
    for _ in range(3):
        assert_acknowledged(receiver.post(message(notification())))
    (row,) = receiver.notifications()
    assert row["times_received"] == 3
    assert row["message_id"] == receiver.messages()[0]["id"]


def test_repeat_keeps_what_became_of_the_first(receiver: RunningReceiver) -> None:
    receiver.post(message(notification()))
    receiver.rows(
        "UPDATE notification SET state = 'done', reason = 'x', finished_at = app_now() RETURNING 1"
    )
    receiver.post(message(notification()))
    (row,) = receiver.notifications()
    assert (row["state"], row["reason"], row["times_received"]) == ("done", "x", 2)


def test_repeat_with_other_content_takes_its_place(receiver: RunningReceiver) -> None:
    receiver.post(message(notification(fields={"LastName": "Hale"})))
    receiver.rows(
        """
        UPDATE notification
        SET state = 'dead', reason = 'x', finished_at = app_now(), attempts = 3, kept_xml = 'x'
        RETURNING 1
        """
    )
    receiver.post(message(notification("04lOther"), notification(fields={"LastName": "Hall"})))
    (row,) = receiver.rows("SELECT * FROM notification WHERE times_received = 2")
    assert (row["state"], row["reason"], row["attempts"]) == ("received", None, 0)
    assert (row["finished_at"], row["kept_xml"], row["ordinal"]) == (None, None, 1)
    assert row["first_received_at"] < row["received_at"]
    (body,) = receiver.rows("SELECT body FROM message WHERE id = %(id)s", id=row["message_id"])
    assert read_fields(body["body"], "utf-8")[1].fields["LastName"] == "Hall"


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        pytest.param(("Hale", "Hale"), ("Hale", 2), id="the same"),
        pytest.param(("Hale", "Hall"), ("Hall", 2), id="the later counts"),
    ],
)
def test_notification_that_stands_twice_in_a_message_is_stored_once(
    receiver: RunningReceiver, names: tuple[str, ...], kept: tuple[str, int]
) -> None:
    body = message(*(notification(fields={"LastName": name}) for name in names))
    assert_acknowledged(receiver.post(body))
    (row,) = receiver.notifications()
    fields = read_fields(receiver.messages()[0]["body"], "utf-8")[row["ordinal"]].fields
    assert (fields["LastName"], row["times_received"]) == kept


def test_fifty_posts_of_one_notification_at_once_store_it_once(receiver: RunningReceiver) -> None:
    bodies = [message(notification(fields={"LastName": "AB"[n % 2]})) for n in range(50)]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(receiver.post, bodies))
    assert {answer.text for answer in answers} == {ACK}
    (row,) = receiver.notifications()
    assert row["times_received"] == 50


def test_parallel_messages_with_notifications_in_any_order_all_arrive(
    receiver: RunningReceiver,
) -> None:
    ids = [f"04l{n:02}" for n in range(20)]
    bodies = [
        message(*(notification(one, {"A": str(n)}) for one in ids[:: 1 if n % 2 else -1]))
        for n in range(40)
    ]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(receiver.post, bodies))
    assert {answer.text for answer in answers} == {ACK}
    assert [row["times_received"] for row in receiver.notifications()] == [40] * 20


def test_message_without_notification_is_only_counted(receiver: RunningReceiver) -> None:
    assert_acknowledged(receiver.post(message()))
    assert receiver.messages() == []
    figures = requests.get(receiver.url + "/metrics", timeout=5).text
    assert re.search(r'bridge_outbound_messages_total\{outcome="empty"\} [1-9]', figures)


@pytest.mark.parametrize("data", NO_DATA)
def test_notification_without_data_is_stored_and_ignored(
    receiver: RunningReceiver, data: str
) -> None:
    assert_acknowledged(receiver.post(message(with_data("04lA", data), notification("04lB"))))
    empty, full = receiver.notifications()
    assert (empty["state"], empty["reason"]) == ("ignored", "no data")
    assert empty["finished_at"] == empty["received_at"]
    assert full["state"] == "received"


def test_two_connections_may_receive_the_same_notification(receiver: RunningReceiver) -> None:
    other = receiver.add("other")
    receiver.post(message(notification()))
    eventually(lambda: receiver.post(message(notification()), path=other).ok, "not accepted")
    assert len({row["connection_id"] for row in receiver.notifications()}) == 2


def test_new_connection_is_accepted_within_a_second(receiver: RunningReceiver) -> None:
    began = time.monotonic()
    path = receiver.add("late")
    eventually(
        lambda: receiver.post(message(notification()), path=path).ok, "the path is not accepted"
    )
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "organization_id",
    [
        pytest.param(ORGANIZATION_ID, id="18 characters"),
        pytest.param(ORGANIZATION_ID[:15], id="15 characters"),
        pytest.param(f"\n  {ORGANIZATION_ID[:15]} ", id="between blanks"),
    ],
)
def test_organization_is_compared_by_fifteen_characters(
    receiver: RunningReceiver, organization_id: str
) -> None:
    body = message(notification(), organization_id=organization_id)
    assert_acknowledged(receiver.post(body))


@pytest.mark.parametrize(
    ("charset", "encoding", "mark"),
    [
        pytest.param("utf-8", "utf-8", b"", id="UTF-8"),
        pytest.param("utf-8", "utf-8-sig", b"", id="UTF-8 with a mark"),
        pytest.param("utf-8", "utf-16", b"", id="UTF-16: the mark beats the charset"),
        pytest.param('"windows-1252"', "cp1252", b"", id="charset in quotes"),
        pytest.param("ISO-8859-1; action=x", "latin-1", b"", id="charset before another"),
    ],
)
def test_message_is_stored_as_it_came_with_its_encoding(
    receiver: RunningReceiver, charset: str, encoding: str, mark: bytes
) -> None:
    text = message(notification(fields={"LastName": "Zoë"}), declaration="")
    body = mark + text.encode(encoding)
    assert_acknowledged(receiver.post(body, content_type=f"text/xml; charset={charset}"))
    (stored,) = receiver.messages()
    assert stored["body"] == body
    (parsed,) = read_fields(stored["body"], stored["encoding"])
    assert parsed.fields["LastName"] == "Zoë"


def test_session_is_blanked_before_anything_is_written(receiver: RunningReceiver) -> None:
    secret = "00D5g00000ABcdE!AQ8AQK_secret"
    body = message(notification(), session=f"<SessionId>{secret}</SessionId>")
    assert_acknowledged(receiver.post(body))
    (stored,) = receiver.messages()
    assert stored["body"] == body.replace(secret, "").encode()
    dump = receiver.rows("SELECT message::text AS whole FROM message")
    assert secret.encode().hex() not in dump[0]["whole"]


def test_large_message_of_many_notifications_arrives_whole(receiver: RunningReceiver) -> None:
    body = message(*(notification(f"04l{n:05}", {"Description": "x" * 20_000}) for n in range(300)))
    assert_acknowledged(receiver.post(body))
    assert len(receiver.notifications()) == 300
