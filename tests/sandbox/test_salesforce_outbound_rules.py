"""Outbound messages in detail: every type of field, answers, waits, the page and the WSDL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
from lxml import etree

from sandbox.salesforce.values import to_soap
from tests.fix_endpoint import ACK, ANSWER, DATA, LIST, OUT, XSI, change, queue, save, until

if TYPE_CHECKING:
    from tests.fix_endpoint import Endpoint
    from tests.fix_sandbox import RunningSandbox

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
SENT_AS = "CC_Bridge_Practifi_List"


def waiting(sandbox: RunningSandbox) -> list[int]:
    return [each["attempts"] for each in queue(sandbox)]


@pytest.mark.rule(
    "sf-om-organization-id", "sf-om-action-id", "sf-om-urls", "sf-om-sobject-type", "sf-om-layout"
)
def test_ids_addresses_and_names_have_their_documented_forms(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    save(sandbox, LIST, Name="First")
    until(lambda: len(endpoint.got) == 1)
    save(sandbox, LIST, Name="Second")
    until(lambda: len(endpoint.got) == 2)
    root = etree.fromstring(endpoint.got[0].body)
    organization = root.findtext(f".//{OUT}OrganizationId") or ""
    assert (len(organization), organization[:3]) == (18, "00D")
    assert endpoint.got[0].action == endpoint.got[1].action
    assert str(endpoint.got[0].action).startswith("04k")
    for name, letter in (("EnterpriseUrl", "c"), ("PartnerUrl", "u")):
        address = root.findtext(f".//{OUT}{name}") or ""
        assert address.endswith(f"/services/Soap/{letter}/66.0/{organization[:15]}")
    assert f'<sObject xsi:type="sf:{LIST}" '.encode() in endpoint.got[0].body
    assert b'xmlns:sf="urn:sobject.enterprise.soap.sforce.com"' in endpoint.got[0].body
    lines = endpoint.got[0].body.decode().split("\n")
    assert lines[0] == '<?xml version="1.0" encoding="UTF-8"?>'
    assert [len(line) - len(line.lstrip()) for line in lines[2:5]] == [1, 2, 3]
    assert lines[-1] == "</soapenv:Envelope>"
    ids = [each for got in endpoint.got for each in got.ids()]
    assert len({str(each)[:3] for each in ids}) == 1
    assert str(ids[0]).startswith("04l")


@pytest.mark.rule("sf-om-number")
@pytest.mark.parametrize(
    ("value", "text"),
    [(120_000.0, "120000.0"), (24.0, "24.0"), (1e16, "1.0E16"), (1.5e-7, "1.5E-7"), (3, "3")],
)
def test_numbers_are_decimals_and_large_ones_have_an_exponent(value: float, text: str) -> None:
    assert to_soap(value) == text


@pytest.mark.rule(
    "sf-om-boolean",
    "sf-om-date",
    "sf-om-datetime",
    "sf-om-multipicklist",
    "sf-om-escaped",
    "sf-om-reference",
    "sf-om-compound-not-offered",
)
def test_every_type_has_its_text(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    account = save(sandbox, "Account", Name="Quist Household")
    contact = save(
        sandbox,
        "Contact",
        LastName='<b>O\'Hara</b> & "Sons"',
        AccountId=account[:15],
        Birthdate="1990-05-01",
        practifi__Segment__c="A;B",
        MailingCity="Bath",
    )
    until(lambda: len(endpoint.of("Contact")) == 1)
    (message,) = endpoint.of("Contact")
    assert b"&lt;b&gt;" in message.body
    fields = message.fields()
    assert fields["LastName"] == '<b>O\'Hara</b> & "Sons"'
    assert (fields["Id"], fields["AccountId"]) == (contact, account)
    assert fields["Birthdate"] == "1990-05-01"
    assert fields["practifi__Segment__c"] == "A;B"
    assert fields["IsDeleted"] == "false"
    assert len(str(fields["CreatedDate"])) == len("2026-11-02T09:15:00.000Z")
    assert str(fields["CreatedDate"]).endswith(".000Z")
    assert fields["MailingCity"] == "Bath"
    assert "MailingAddress" not in fields


@pytest.mark.parametrize("title", ["a\u0000b", "a\u000bb", "a\ud800b", "a\uffffb"])
def test_a_text_that_xml_cannot_hold_is_sent_without_the_character(
    sandbox: RunningSandbox, endpoint: Endpoint, title: str
) -> None:
    save(sandbox, "Contact", LastName="Quist", Title=title)
    until(lambda: len(endpoint.of("Contact")) == 1)
    assert endpoint.of("Contact")[0].fields()["Title"] == "ab"


@pytest.mark.rule("sf-om-ack-settles-all", "sf-om-ack-in-any-prefix")
@pytest.mark.parametrize(
    "answer",
    [
        ACK,
        (202, ACK[1]),
        (200, ANSWER.format("1")),
        (
            200,
            (
                '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
                'xmlns:out="http://soap.sforce.com/2005/09/outbound"><s:Body>'
                "<out:notificationsResponse><out:Ack> true </out:Ack></out:notificationsResponse>"
                "</s:Body></s:Envelope>"
            ),
        ),
    ],
    ids=["default prefix", "accepted", "one", "other prefix"],
)
def test_one_acknowledgement_settles_the_whole_message(
    sandbox: RunningSandbox, endpoint: Endpoint, answer: tuple[int, str]
) -> None:
    endpoint.answer = answer
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    for name in ("One", "Two", "Three"):
        save(sandbox, LIST, Name=name)
    sandbox.control("PUT", "/salesforce/endpoint", {"url": endpoint.url})
    until(lambda: queue(sandbox) == [])
    assert [len(each.notifications) for each in endpoint.got] == [3]
    ended = sandbox.control("GET", "/salesforce/deliveries/ended")
    assert {each["state"] for each in ended} == {"delivered"}


@pytest.mark.rule("sf-om-nack")
def test_one_nack_brings_the_whole_message_again(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.answer = (200, ANSWER.format("false"))
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    for name in ("One", "Two"):
        save(sandbox, LIST, Name=name)
    sandbox.control("PUT", "/salesforce/endpoint", {"url": endpoint.url})
    until(lambda: waiting(sandbox) == [1, 1])
    assert {each["reason"] for each in queue(sandbox)} == {"SOAP response was a nack"}


@pytest.mark.rule("sf-om-other-answers-fail")
@pytest.mark.parametrize(
    "answer",
    [
        (500, "<soapenv:Fault/>"),
        (301, ACK[1]),
        (404, ACK[1]),
        (200, "<html><body>signed in?</body></html>"),
        (200, "\ufeff" + ACK[1][:40]),
        (200, ACK[1].replace("http://soap.sforce.com/2005/09/outbound", "urn:other")),
    ],
    ids=["fault", "redirect", "not found", "page", "cut", "other namespace"],
)
def test_answers_that_are_no_acknowledgement_fail(
    sandbox: RunningSandbox, endpoint: Endpoint, answer: tuple[int, str]
) -> None:
    endpoint.answer = answer
    save(sandbox, LIST, Name="Letters")
    until(lambda: waiting(sandbox) == [1])
    assert len(endpoint.got) == 1


@pytest.mark.rule("sf-om-batches-may-differ")
def test_what_was_sent_apart_is_tried_again_together(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.answer = (500, "")
    for count, name in enumerate(("One", "Two"), start=1):
        save(sandbox, LIST, Name=name)
        until(lambda n=count: waiting(sandbox) == [1] * n)  # type: ignore[misc]
    assert [len(each.notifications) for each in endpoint.got] == [1, 1]
    endpoint.answer = ACK
    sandbox.advance(35)
    until(lambda: queue(sandbox) == [])
    assert [len(each.notifications) for each in endpoint.got] == [1, 1, 2]


@pytest.mark.rule("sf-om-each-save-its-notification", "sf-om-values-at-sending")
def test_two_quick_saves_give_two_notifications_with_the_latest_values(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    record = save(sandbox, LIST, Name="First")
    change(sandbox, LIST, record, Name="Second")
    sandbox.control("PUT", "/salesforce/endpoint", {"url": endpoint.url})
    until(lambda: queue(sandbox) == [])
    (message,) = endpoint.got
    assert [message.fields(place)["Name"] for place in (0, 1)] == ["Second", "Second"]
    assert len(set(message.ids())) == 2


@pytest.mark.rule("sf-om-picklist", "sf-om-empty-text-is-null")
def test_a_picklist_is_its_value_and_an_empty_text_is_absent(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    save(sandbox, "Account", Name="Quist Household", practifi__Client_Segment__c="Gold", Website="")
    until(lambda: len(endpoint.of("Account")) == 1)
    fields = endpoint.of("Account")[0].fields()
    assert fields["practifi__Client_Segment__c"] == "Gold"
    assert "Website" not in fields


@pytest.mark.rule("sf-om-reason-of-a-bad-body")
def test_a_body_that_is_no_xml_shows_as_a_parse_error(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.answer = (200, '{"ok": true}')
    save(sandbox, LIST, Name="Letters")
    until(lambda: waiting(sandbox) == [1])
    expected = "org.xml.sax.SAXParseException: Content is not allowed in prolog."
    assert queue(sandbox)[0]["reason"] == expected


@pytest.mark.rule("sf-om-waits-a-minute")
def test_an_answer_that_comes_too_late_fails(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    assert sandbox.control("GET", "/salesforce/policy")["outbound_timeout_s"] == 60
    sandbox.control("PUT", "/salesforce/policy", {"outbound_timeout_s": 0.1})
    endpoint.hold.clear()
    save(sandbox, LIST, Name="Letters")
    until(lambda: waiting(sandbox) == [1])
    assert "Read timed out" in queue(sandbox)[0]["reason"]
    endpoint.hold.set()


@pytest.mark.rule("sf-om-waits-at-most-two-hours")
def test_the_longest_wait_is_two_hours(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    endpoint.answer = (500, "")
    sandbox.control("PUT", "/salesforce/policy", {"outbound_kept_h": 168})
    save(sandbox, LIST, Name="Letters")
    for attempts in range(1, 10):
        until(lambda n=attempts: waiting(sandbox) == [n])  # type: ignore[misc]
        sandbox.advance(min(30 * 2 ** (attempts - 1), 7_200) + 1)
    until(lambda: waiting(sandbox) == [10])
    sandbox.advance(7_190)
    assert waiting(sandbox) == [10]
    sandbox.advance(20)
    until(lambda: waiting(sandbox) == [11])


@pytest.mark.rule("sf-om-kept-longer-by-support")
def test_support_lets_messages_be_kept_longer(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    endpoint.answer = (500, "")
    sandbox.control("PUT", "/salesforce/policy", {"outbound_kept_h": 72})
    save(sandbox, LIST, Name="Letters")
    until(lambda: waiting(sandbox) == [1])
    sandbox.advance(48 * 3600)
    until(lambda: waiting(sandbox) == [2])
    sandbox.advance(25 * 3600)
    until(lambda: queue(sandbox) == [])
    assert sandbox.control("GET", "/salesforce/deliveries/ended")[-1]["state"] == "dropped"


@pytest.mark.rule("sf-om-waits-double")
def test_waits_are_compressed_by_a_factor(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    sandbox.control("PUT", "/salesforce/queue", {"retry_factor": 0.001})
    endpoint.answer = (500, "")
    save(sandbox, LIST, Name="Letters")
    until(lambda: len(endpoint.got) >= 4)


@pytest.mark.rule("sf-om-deleted-record-is-empty")
@pytest.mark.parametrize(
    ("form", "attribute"), [("nil", (f"{XSI}nil", "true")), ("empty", (f"{XSI}type", f"sf:{LIST}"))]
)
def test_either_form_of_a_deleted_record_can_be_had_alone(
    sandbox: RunningSandbox, endpoint: Endpoint, form: str, attribute: tuple[str, str]
) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"outbound_deleted": form})
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    for name in ("One", "Two"):
        record = save(sandbox, LIST, Name=name)
        sandbox.salesforce("DELETE", f"{DATA}/sobjects/{LIST}/{record}")
    sandbox.control("PUT", "/salesforce/endpoint", {"url": endpoint.url})
    until(lambda: queue(sandbox) == [])
    objects = [each.find(f"{OUT}sObject") for each in endpoint.got[0].notifications]
    assert [each.items() for each in objects if each is not None] == [[attribute], [attribute]]


@pytest.mark.rule("sf-om-deletes-fire-nothing")
def test_a_delete_fires_nothing(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    record = save(sandbox, LIST, Name="Gone")
    until(lambda: len(endpoint.got) == 1)
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/{LIST}/{record}")
    assert queue(sandbox) == []


@pytest.mark.rule("sf-om-own-fields-only")
def test_a_change_of_a_parent_fires_nothing_for_its_children(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    account = save(sandbox, "Account", Name="Quist Household")
    save(sandbox, "Contact", LastName="Quist", AccountId=account)
    until(lambda: len(endpoint.got) == 2)
    change(sandbox, "Account", account, Name="Quist-Rye Household")
    until(lambda: len(endpoint.of("Account")) == 2)
    assert len(endpoint.of("Contact")) == 1


@pytest.mark.rule("sf-om-hidden-fields-are-absent")
def test_a_field_that_the_sending_user_cannot_read_is_absent(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"outbound_hidden_fields": ["Contact.Email"]})
    save(sandbox, "Contact", LastName="Quist", Email="quist@example.org")
    until(lambda: len(endpoint.of("Contact")) == 1)
    fields = endpoint.of("Contact")[0].fields()
    assert "Email" not in fields
    assert fields["LastName"] == "Quist"


@pytest.mark.rule("sf-om-delivery-status", "sf-om-retry-by-hand", "sf-om-delete-by-hand")
def test_the_page_of_deliveries_has_buttons_to_retry_and_to_delete(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    endpoint.answer = (500, "")
    save(sandbox, LIST, Name="Letters")
    until(lambda: waiting(sandbox) == [1])
    address = f"{sandbox.line['control_url']}/salesforce/delivery-status"
    page = etree.HTML(sandbox.session.get(address, timeout=5).text)
    heads = [each.text for each in page.iterfind(".//th")]
    for column in ("Type", "Object", "Attempts", "Next attempt", "Reason"):
        assert column in heads
    cells = [each.text for each in page.iterfind(".//td")]
    assert SENT_AS in cells
    (form,) = page.iterfind(".//form")
    fields = {each.get("name"): each.get("value") for each in form.iterfind("input")}
    retry, remove = form.iterfind("button")
    target = urljoin(address, form.get("action"))

    def press(button: Any) -> None:
        body = fields | {button.get("name"): button.get("value")}
        answer = sandbox.session.post(target, data=body, timeout=5)
        assert answer.url == address
        assert answer.status_code == 200

    press(retry)
    until(lambda: waiting(sandbox) == [2])
    press(remove)
    until(lambda: queue(sandbox) == [])
    assert sandbox.control("GET", "/salesforce/deliveries/ended")[-1]["state"] == "dropped"


def test_the_page_of_deliveries_refuses_what_is_no_button(sandbox: RunningSandbox) -> None:
    address = f"{sandbox.line['control_url']}/salesforce/delivery-status"
    assert sandbox.session.post(address, data={"action": "stop"}, timeout=5).status_code == 400
    assert sandbox.session.post(address, data=b"\xff=%", timeout=5).status_code == 400


@pytest.mark.rule("sf-om-wsdl-types", "sf-om-wsdl-address", "sf-om-wsdl-binding")
def test_each_definition_has_a_wsdl(sandbox: RunningSandbox, endpoint: Endpoint) -> None:
    address = f"{sandbox.line['control_url']}/salesforce/definitions/Contact.CC_Bridge_Contact/wsdl"
    root = etree.fromstring(sandbox.session.get(address, timeout=5).content)
    assert root.tag == f"{WSDL}definitions"
    assert root.get("targetNamespace") == "http://soap.sforce.com/2005/09/outbound"
    (contact,) = root.iterfind(f".//{XSD}complexType[@name='Contact']//{XSD}sequence")
    types = {each.get("name"): each.get("type") for each in contact}
    assert types["AccountId"] == "ent:ID"
    assert types["Birthdate"] == "xsd:date"
    assert types["HasOptedOutOfEmail"] == "xsd:boolean"
    assert types["SystemModstamp"] == "xsd:dateTime"
    assert "Id" not in types
    assert {each.get("nillable") for each in contact} == {"true"}
    (notification,) = root.iterfind(f".//{XSD}element[@name='Notification']")
    assert notification.get("maxOccurs") == "100"
    binding = root.find(f"{WSDL}binding")
    assert binding is not None
    assert binding[0].get("style") == "document"
    assert binding[1][0].get("soapAction") == ""
    service = root.find(f"{WSDL}service")
    assert service is not None
    assert service[-1][0].get("location") == endpoint.url


def test_an_unknown_definition_has_no_wsdl(sandbox: RunningSandbox) -> None:
    address = f"{sandbox.line['control_url']}/salesforce/definitions/Contact.Nope/wsdl"
    assert sandbox.session.get(address, timeout=5).status_code == 404


@pytest.mark.rule("sf-om-wsdl-types")
def test_zeep_reads_the_wsdl_and_a_message_fits_it(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    zeep = pytest.importorskip("zeep")
    line = sandbox.line["control_url"]
    client = zeep.Client(f"{line}/salesforce/definitions/{LIST}.{SENT_AS}/wsdl")
    save(sandbox, LIST, Name="Letters")
    until(lambda: len(endpoint.got) == 1)
    body = etree.fromstring(endpoint.got[0].body)[0][0]
    read = client.get_element(f"{OUT}notifications").parse(body, client.wsdl.types)
    assert read.Notification[0].sObject.Name == "Letters"
    assert read.OrganizationId == sandbox.line["organization_id"]
