"""Messages in the layouts that others captured are accepted, acknowledged and listed by field.

Each file keeps the structure, the oddity and the ids of a sample in a public project; organization
ids are completed where a project shortened them, and what personal data a sample held is replaced.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests
from cryptography.fernet import Fernet

from bridge.app import create_app
from bridge.connections.keyring import KeyRing
from bridge.connections.store import add_connection, read_endpoints
from bridge.inbox.answers import ACK
from bridge.inbox.listing import newest
from tests.fix_bridge import serving

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.salesforce.values import Record
    from bridge.settings import Settings

FOLDER = Path(__file__).parents[1] / "outbound_messages"


class Sample(NamedTuple):
    """A file, where its structure was seen, and what it says: notification, object, fields."""

    file: str
    seen_in: str
    organization_id: str
    notifications: list[tuple[str, str | None, Record]]


SAMPLES = [
    Sample(
        "batch.xml",
        "amp-labs/connectors",
        "00Dxx0000001gPFEAY",
        [
            (
                "04lxx000000CaSeAAK",
                "Contact",
                {
                    "Id": "003xx000004TmiQAAS",
                    "CreatedDate": "2026-08-26T23:25:15.000Z",
                    "LastModifiedDate": "2026-09-09T00:41:57.000Z",
                },
            ),
            (
                "04lxx000000CaSfAAK",
                "Contact",
                {
                    "Id": "003xx000004TmiRAAS",
                    "CreatedDate": "2026-08-26T23:28:35.000Z",
                    "LastModifiedDate": "2026-09-09T00:41:57.000Z",
                },
            ),
        ],
    ),
    Sample(
        "null_left_out.xml",
        "amp-labs/connectors",
        "00Dxx0000001gPFEAY",
        [
            (
                "04lxx000000CaShAAK",
                "Account",
                {"Id": "001xx000003DGb4AAG", "CreatedDate": "2026-09-09T19:01:52.000Z"},
            )
        ],
    ),
    Sample(
        "session.xml",
        "redhotpenguin/perl-WebService-Salesforce-Message",
        "00De0000000pmu1EAA",
        [
            (
                "04le0000004lnFFAAY",
                "State_Province__c",
                {"Id": "a29e0000000K4P0AAK", "Abbrev__c": "AR", "Name": "Arkansas"},
            )
        ],
    ),
    Sample(
        "standalone.xml",
        "abrarsheikhsony/SFDC-outbound-message",
        "00D90000000gNcmEAE",
        [
            (
                "04l9000001olR84AAE",
                "Account",
                {
                    "Id": "0019000001KwyWtAAJ",
                    "BillingCity": "Example City",
                    "BillingStreet": "The Landmark @ One Example Street, Suite 300",
                    "Name": "Example Inc.",
                },
            )
        ],
    ),
    Sample(
        "no_declaration.xml",
        "guardian/members-data-api",
        "00Dg00000001mAb",
        [
            (
                "notification_id",
                "Contact",
                {
                    "Id": "exampleid",
                    "Membership_Number__c": "1234",
                    "Membership_Tier__c": "Supporter",
                },
            )
        ],
    ),
    Sample(
        "line_break_first.xml",
        "freedom_nozzle, a relay from outbound messages to RabbitMQ",
        "00Do00000000AbC",
        [
            ("04lo00000x", "Contact", {"Id": "003o0000x"}),
            ("04lo00000y", "Contact", {"Id": "003o0000y"}),
        ],
    ),
    Sample(
        "stray_quote.xml",
        "troyconquer/sfdc-messaging",
        "00Dd0000000gzcrEAA",
        [("04ld000000E885fAAB", "IO__Order__c", {"Id": "a01d0000006qftoAAA"})],
    ),
    Sample(
        "one_line_with_blanks.xml",
        "mulesoft-assets/template-sfdc2db-account-broadcast",
        "00Dd0000000dtDqEAI",
        [
            (
                "04ld000000TzMKpAAN",
                "Account",
                {
                    "Id": "001d000001XD5XKAA1",
                    "AnnualRevenue": "10000.0",
                    "BillingPostalCode": "04001",
                    "NumberOfEmployees": "5000",
                    "Type": "Prospect",
                },
            )
        ],
    ),
    Sample(
        "one_line.xml",
        "ejangi/salesforce-outbound-msg-to-hangouts-chat",
        "00D7F00000107XsUAI",
        [
            (
                "04l7F000008aeAyQAI",
                "Opportunity",
                {
                    "Id": "0067F000003pmdWQAQ",
                    "Amount": "120000.0",
                    "CloseDate": "2017-04-03",
                    "Name": "Example Logistics SLA",
                },
            )
        ],
    ),
    Sample(
        "blank_lines.xml",
        "the getSample of a PHP replication to MySQL",
        "00D5Y000001MPM7UAO",
        [
            (
                "04l5Y00002lRDRNQA4",
                "Opportunity",
                {
                    "Id": "0065Y00001Suvw6QAB",
                    "UNIT__C": "101",
                    "STATUS": "No disponible",
                    "VALOR_DE_COMPRA_VENTA__c": "142000.0",
                },
            )
        ],
    ),
    Sample(
        "session_header.xml",
        "the parser tests of a FastAPI listener",
        "00D5g00000AbCdE",
        [
            ("04t5g00000NOTIF1", "Lead", {"Id": "00Q5g00000LEADID", "LastName": "Lovelace"}),
            (
                "04t5g00000NOTIF2",
                "Contact",
                {"Id": "0035g00000CONTACT", "Email": "ada@example.org"},
            ),
        ],
    ),
    Sample("no_notification.xml", "aspnet/WebHooks", "00D000000000001", []),
    Sample(
        "custom_object.xml",
        "a Mule flow for integration messages",
        "00DV0000008s2SrMAI",
        [
            (
                "04lV000000nKC8cIAG",
                "IntegrationMessage__c",
                {
                    "Id": "a4xV0000002ykKIIAY",
                    "ObjectName__c": "LLC_BI__Loan__c",
                    "Record_Name__c": "USD202.0K CS R/E Balloon Term",
                    "boaUserId__c": "yyyyyyyyy",
                },
            )
        ],
    ),
    Sample(
        "nil_field.xml",
        "amp-labs/connectors",
        "00Dxx0000001gPFEAY",
        [
            (
                "04lxx000000CaSeAAK",
                "Account",
                {
                    "Id": "001xx000003DGb3AAG",
                    "LastModifiedDate": "2026-09-01T11:15:00.000Z",
                    "Name": None,
                },
            )
        ],
    ),
    Sample(
        "three_types.xml",
        "aspnet/AspNetWebHooks",
        "00D456789ABCDEN",
        [
            (
                "04l37000000L0E5AAK",
                "Lead1",
                {"Id": "0123456789ABCDEEAE", "Company": "Example 1 Ltd"},
            ),
            (
                "14l37000123L0E5AAK",
                "Lead2",
                {"Id": "1123456789ABCDEEAE", "Company": "Example 2 Ltd"},
            ),
            (
                "24l37123450L0E5AAK",
                "Lead3",
                {"Id": "2123456789ABCDEEAE", "Company": "Example 3 Ltd"},
            ),
        ],
    ),
    Sample(
        "short_ids.xml",
        "mulesoft-labs/sfdc-outbound-message-demo",
        "00DQ0000000EB93",
        [
            (
                "04lV0000001ALshIAG",
                "Opportunity",
                {
                    "Id": "006Q0000009N3gf",
                    "AccountId": "001Q000000SvOoG",
                    "Billing_Contact_Email__c": "billing@example.org",
                },
            )
        ],
    ),
    Sample(
        "default_namespace.xml",
        "umbraco/Umbraco.Automate",
        "00Dxx0000000001",
        [
            (
                "04lxx0000000001",
                "Lead",
                {"Id": "00Qxx0000000001", "LastName": "Example", "Company": "Example Ltd"},
            )
        ],
    ),
    Sample(
        "deep_indentation.xml",
        "comsave/salesforce-outbound-message-bundle",
        "00DD0000000muCUMAY",
        [
            (
                "04l570000176YSnAAM",
                "DiscountRule__c",
                {
                    "Id": "a025700000OPgOjAAL",
                    "ContractTerm__c": "24",
                    "Discount__c": "0.0",
                    "IsDeleted": "false",
                    "Product__c": "01t57000006qVLRAA2",
                },
            )
        ],
    ),
    Sample(
        "fields_without_record.xml",
        "comsave/salesforce-outbound-message-bundle, its example of a wrong message",
        "00DD0000000muCUMAY",
        [("04l570000176YSmAAM", None, {})],
    ),
    Sample(
        "id_only.xml",
        "guardian/salesforce-message-handler",
        "00Dg0000000AbCd",
        [("notificationID", "Contact", {"Id": "aContactId"})],
    ),
    Sample(
        "mark_and_blanks.xml",
        "several: a byte-order mark, blanks in values and round equals signs, 15-character ids",
        "00D24000000AbCd",
        [
            (
                "04l0800002nrC5BAAU",
                "Contact",
                {"Id": " 0030800000Qr5tU ", "LastName": " O'Hara & Sons "},
            ),
            ("04l0800002nrC5CAAU", "Account", {"Id": "0010800000Qr5tV"}),
        ],
    ),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_captured_message_is_acknowledged_and_listed_by_field(
    sample: Sample, settings: Settings, database: Database
) -> None:
    keyring = KeyRing([Fernet.generate_key().decode()])
    with database.transaction() as tx:
        add_connection(tx, keyring, "captured", sample.organization_id)
        (endpoint,) = read_endpoints(tx, keyring)
    with serving(create_app(settings, database, keyring, lambda _: None)) as url:
        answer = requests.post(
            url + endpoint.path,
            data=(FOLDER / sample.file).read_bytes(),
            headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
            timeout=10,
        )
    assert (answer.status_code, answer.content) == (200, ACK)
    with database.transaction() as tx:
        listed = newest(tx, count=10, state=None, connection="captured")
        bodies = [bytes(body) for (body,) in tx.execute("SELECT body FROM message")]
    said = [(one.notification_id, one.object, one.fields) for one in listed]
    assert sorted(said, key=str) == sorted(sample.notifications, key=str)
    for one in listed:
        sent = (one.fields or {}).get("Id")
        assert one.record_id == (sent and sent.strip())
        assert one.state == ("received" if sent else "ignored")
    assert all(b"invented.session" not in body for body in bodies)


def test_every_captured_message_is_used() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {sample.file for sample in SAMPLES}
