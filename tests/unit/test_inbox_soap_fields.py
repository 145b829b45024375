"""What is read of a notification: the fields as sent, the ids trimmed, whatever the layout."""

from __future__ import annotations

import pytest

from bridge.inbox.soap import read_fields, read_message
from tests.outbound import (
    ACTION_ID,
    DECLARATION,
    NOTIFICATION_ID,
    ORGANIZATION_ID,
    RECORD_ID,
    message,
    notification,
    with_data,
)


def fields_of(text: str) -> dict[str, str | None]:
    """Return the fields of the one notification of a message, less its record id."""
    (parsed,) = read_fields(text.encode(), "utf-8")
    return {name: value for name, value in parsed.fields.items() if name != "Id"}


def a_record(content: str) -> str:
    """Return a message about one contact with fields written by hand."""
    return message(
        with_data(
            NOTIFICATION_ID,
            '<sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
            f"<sf:Id>{RECORD_ID}</sf:Id>{content}</sObject>",
        )
    )


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        pytest.param("<sf:A>x</sf:A>", {"A": "x"}, id="text"),
        pytest.param("<sf:A/>", {"A": ""}, id="empty element"),
        pytest.param("<sf:A></sf:A>", {"A": ""}, id="empty text"),
        pytest.param("", {}, id="absent"),
        pytest.param('<sf:A xsi:nil="true"/>', {"A": None}, id="nil"),
        pytest.param('<sf:A xsi:nil = "1" />', {"A": None}, id="nil with 1 and blanks"),
        pytest.param("<sf:A xsi:nil='true'></sf:A>", {"A": None}, id="nil with an end tag"),
        pytest.param('<sf:A xsi:nil="false">x</sf:A>', {"A": "x"}, id="not nil"),
        pytest.param('<sf:A z:nil="true" xmlns:z="urn:z"/>', {"A": None}, id="nil, other prefix"),
        pytest.param("<sf:A>  x \t</sf:A>", {"A": "  x \t"}, id="blanks inside a value"),
        pytest.param("<sf:A>one\ntwo</sf:A>", {"A": "one\ntwo"}, id="line break"),
        pytest.param("<sf:A>one\r\ntwo</sf:A>", {"A": "one\ntwo"}, id="XML's own line ends"),
        pytest.param("<sf:A>a&#13;&#10;b</sf:A>", {"A": "a\r\nb"}, id="line end by reference"),
        pytest.param("<sf:A>O'Hara &amp; &lt;Sons&gt;</sf:A>", {"A": "O'Hara & <Sons>"}, id="&"),
        pytest.param("<sf:A>&quot;&apos;&#x41;&#66;</sf:A>", {"A": "\"'AB"}, id="references"),
        pytest.param("<sf:A>&amp;amp;</sf:A>", {"A": "&amp;"}, id="escaped once"),
        pytest.param("<sf:A>&lt;br&gt;</sf:A>", {"A": "<br>"}, id="HTML of a formula"),
        pytest.param("<sf:A><![CDATA[a & <b>]]></sf:A>", {"A": "a & <b>"}, id="CDATA"),
        pytest.param("<sf:A>a<![CDATA[b]]>c</sf:A>", {"A": "abc"}, id="CDATA within text"),
        pytest.param("<sf:A>a<!-- no -->b</sf:A>", {"A": "ab"}, id="comment within text"),
        pytest.param("<sf:A>a<?no no?>b</sf:A>", {"A": "ab"}, id="instruction within text"),
        pytest.param("<sf:A>\U0001f600 é 日本</sf:A>", {"A": "\U0001f600 é 日本"}, id="beyond BMP"),
        pytest.param("<sf:A>&#x1F600;</sf:A>", {"A": "\U0001f600"}, id="beyond BMP by reference"),
        pytest.param("<sf:A>A;B</sf:A>", {"A": "A;B"}, id="multi-select"),
        pytest.param("<sf:A>1.2E7</sf:A>", {"A": "1.2E7"}, id="number as sent"),
        pytest.param(
            "<sf:p__Segment__c>x</sf:p__Segment__c>", {"p__Segment__c": "x"}, id="namespaced"
        ),
        pytest.param("<A>x</A>", {"A": "x"}, id="without a prefix"),
        pytest.param('<q:A xmlns:q="urn:q">x</q:A>', {"A": "x"}, id="another prefix"),
        pytest.param("<sf:a>1</sf:a><sf:A>2</sf:A>", {"a": "1", "A": "2"}, id="case matters"),
        pytest.param("stray<sf:A>x</sf:A>text", {"A": "x"}, id="stray text between fields"),
        pytest.param("<sf:A\n>x</sf:A\n>", {"A": "x"}, id="line breaks in tags"),
        pytest.param("<sf:A>" + "x" * 200_000 + "</sf:A>", {"A": "x" * 200_000}, id="long text"),
    ],
)
def test_field_is_read_exactly_as_sent(content: str, fields: dict[str, str | None]) -> None:
    assert fields_of(a_record(content)) == fields


@pytest.mark.parametrize(
    ("data", "object_name", "record_id"),
    [
        pytest.param("", None, None, id="no sObject"),
        pytest.param('<sObject xsi:nil="true"/>', None, None, id="nil"),
        pytest.param('<sObject xsi:type="sf:Contact"/>', "Contact", None, id="empty"),
        pytest.param(
            '<sObject xsi:nil="true" xsi:type="sf:List__c"/>', "List__c", None, id="typed"
        ),
        pytest.param(
            '<sObject xsi:type="sf:Contact"><Email>a</Email></sObject>', "Contact", None, id="no id"
        ),
        pytest.param(
            '<sObject xsi:type="sf:Contact"><Id xsi:nil="true"/></sObject>',
            "Contact",
            None,
            id="nil id",
        ),
        pytest.param(
            '<sObject xsi:type="sf:Contact"><Id> \n</Id></sObject>', "Contact", None, id="blank id"
        ),
        pytest.param(
            '<sObject xsi:type="sf:Contact"><Id>\n 0035g00000QrStU </Id></sObject>',
            "Contact",
            "0035g00000QrStU",
            id="15 characters between blanks",
        ),
        pytest.param(
            "<sObject xsi:type='sf:ns__Thing__c'><Id>x</Id></sObject>", "ns__Thing__c", "x", id="'"
        ),
        pytest.param('<sObject xsi:type="Lead"><Id>x</Id></sObject>', "Lead", "x", id="no prefix"),
        pytest.param(
            '<sObject xmlns:sf="urn:x" xsi:type = "sf:Lead" ><Id>x</Id></sObject>',
            "Lead",
            "x",
            id="blanks and another order of attributes",
        ),
        pytest.param(
            '<sObject xsi:type="sf:sObject"><sf:type xmlns:sf="urn:p">Account</sf:type>'
            '<sf:Id xmlns:sf="urn:p">x</sf:Id></sObject>',
            "Account",
            "x",
            id="partner namespace: the type is a field",
        ),
        pytest.param("<sObject><Id>x</Id></sObject>", None, "x", id="no type"),
    ],
)
def test_both_readings_agree_about_object_and_record(
    data: str, object_name: str | None, record_id: str | None
) -> None:
    body = message(with_data(NOTIFICATION_ID, data)).encode()
    (head,) = read_message(body).notifications
    (parsed,) = read_fields(body, "utf-8")
    assert (head.notification_id, head.object, head.record_id) == parsed[:3]
    assert parsed[:3] == (NOTIFICATION_ID, object_name, record_id)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text, id="as Salesforce writes it"),
        pytest.param(lambda text: "\ufeff" + text, id="byte-order mark"),
        pytest.param(lambda text: text.removeprefix(DECLARATION), id="no declaration"),
        pytest.param(lambda text: "\n \n" + text.removeprefix(DECLARATION), id="blanks before it"),
        pytest.param(lambda text: text.replace("\n", ""), id="one line"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="line ends of Windows"),
        pytest.param(lambda text: text + "\n\n", id="blanks after it"),
        pytest.param(lambda text: text.replace('"?>', '" standalone="no"?>'), id="standalone"),
        pytest.param(lambda text: text.replace("soapenv:", "S:"), id="another prefix"),
        pytest.param(lambda text: text.replace("soapenv:", ""), id="no prefix"),
        pytest.param(lambda text: text.replace("sf:", "ns1:"), id="another prefix of fields"),
        pytest.param(lambda text: text.replace("enterprise", "partner"), id="partner namespace"),
        pytest.param(lambda text: text.replace(">\n  ", ">\n stray "), id="stray text"),
        pytest.param(lambda text: text.replace('="', ' = "'), id="blanks round ="),
        pytest.param(lambda text: text.replace("</Id>", "</Id><!-- a comment -->"), id="comments"),
        pytest.param(lambda text: text.replace('"', "'"), id="single quotes"),
        pytest.param(
            lambda text: text.replace("<soapenv:Body>", "<soapenv:Header/><soapenv:Body>"),
            id="a header",
        ),
    ],
)
def test_layout_changes_nothing(change: object) -> None:
    assert callable(change)
    plain = message(notification("04lA", {"LastName": "Hale"}), notification("04lB"))
    body = change(plain).encode()
    read = read_message(body)
    assert (read.organization_id, read.action_id) == (ORGANIZATION_ID, ACTION_ID)
    assert [(head.notification_id, head.object) for head in read.notifications] == [
        ("04lA", "Contact"),
        ("04lB", "Contact"),
    ]
    assert [one.fields for one in read_fields(read.body, read.encoding)] == [
        {"Id": RECORD_ID, "LastName": "Hale"},
        {"Id": RECORD_ID},
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("<SessionId>00D!SECRET</SessionId>", "<SessionId></SessionId>", id="plain"),
        pytest.param(
            '<SessionId x="SECRET">S<b>ECRET</b></SessionId >', "<SessionId></SessionId >", id="odd"
        ),
        pytest.param(
            "<n:SessionId>SECRET</n:SessionId>", "<n:SessionId></n:SessionId>", id="prefix"
        ),
        pytest.param(
            "<SessionId><![CDATA[SECRET</SessionId>]]></SessionId>",
            "<SessionId></SessionId>",
            id="CDATA",
        ),
        pytest.param("<SessionId/>", "<SessionId/>", id="empty"),
        pytest.param('<SessionId xsi:nil="true"/>', '<SessionId xsi:nil="true"/>', id="nil"),
        pytest.param(
            "<SessionId>SECRET1</SessionId><SessionId>SECRET2</SessionId>",
            "<SessionId></SessionId><SessionId></SessionId>",
            id="twice",
        ),
    ],
)
def test_session_is_blanked_and_nothing_else(sent: str, kept: str) -> None:
    read = read_message(message(notification(), session=sent).encode())
    assert read.body == message(notification(), session=kept).encode()
    assert b"SECRET" not in read.body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("place", ["header", "field"])
def test_session_is_blanked_wherever_it_stands(place: str, encoding: str) -> None:
    text = message(notification("04lA", {"LastName": "Müller"}), declaration="")
    mark = "<soapenv:Body>" if place == "header" else "</sObject>"
    hidden = "<soapenv:Header><sessionId>SECRET</sessionId></soapenv:Header>"
    text = text.replace(
        mark, (hidden if place == "header" else "<sf:SessionId>SECRET</sf:SessionId>") + mark
    )
    read = read_message(text.encode(encoding), charset=encoding)
    assert "SECRET" not in read.body.decode(encoding)
    (parsed,) = read_fields(read.body, read.encoding)
    assert parsed.fields["LastName"] == "Müller"


def test_message_without_notification_is_read() -> None:
    assert read_message(message().encode()).notifications == ()


def test_notifications_of_different_objects_stand_in_one_message() -> None:
    body = message(
        notification("04lA"), notification("04lB", object_name="practifi__Household__c")
    ).encode()
    assert [head.object for head in read_message(body).notifications] == [
        "Contact",
        "practifi__Household__c",
    ]


def test_more_than_a_hundred_notifications_are_read() -> None:
    body = message(*(notification(f"04l{number:015}") for number in range(250))).encode()
    assert len(read_message(body).notifications) == 250


def test_digest_tells_a_repeat_with_other_values_and_only_that() -> None:
    def digest(text: str) -> bytes:
        return read_message(text.encode()).notifications[0].digest

    first = digest(message(notification("04lA", {"LastName": "Hale"})))
    beside = message(notification("04lA", {"LastName": "Hale"}), notification("04lB"))
    assert digest(beside) == first
    assert digest(message(notification("04lA", {"LastName": "Hall"}))) != first
