"""`bridge doctor` names what is broken in a set-up, and how to mend it; one thing each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bridge.connections.secrets import write_secret
from bridge.doctor.causes import CAUSES
from bridge.mapping.versions import active
from sandbox.certificates import Certificates
from tests.doctoring import Ward, a_ward, answering
from tests.unit.test_check_live import CASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

ALL = "account_read contact_data campaign_data offline_access"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
LIST = "practifi__Constant_Contact_List__c"
INTERACTION = "practifi__Interaction__c"
MESSAGE = "CC_Bridge_Contact"


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """An authority, and a server's certificate of it."""
    made = Certificates.make()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def public_url(certificates: Certificates) -> Iterator[str]:
    """Where the bridge is reached."""
    with answering(certificates) as url:
        yield url


@pytest.fixture(autouse=True)
def trusting(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine trust that authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))


@pytest.fixture
def ward(sandbox: RunningSandbox, database: Database, settings: Settings, public_url: str) -> Ward:
    """A set-up in which all is well."""
    return a_ward(sandbox, database, settings, public_url)


def wrong(found: object) -> list[tuple[str, str]]:
    """Return cause and words of whatever is not well."""
    assert isinstance(found, list | tuple)
    return [(one.cause, one.says) for one in found if one.state != "ok"]


def test_nothing_is_wrong_with_a_set_up_that_is_well(ward: Ward) -> None:
    found = ward.examine()
    assert wrong(found) == []
    assert {one.check for one in found} >= {"database", "public address", "clock", "scopes"}


def server_of_old(ward: Ward) -> None:
    """Have the server say that it is an old one: what is found first on the path answers."""
    ward.do(
        "CREATE FUNCTION public.current_setting(name text) RETURNS text LANGUAGE sql AS "
        "$$ SELECT CASE name WHEN 'server_version_num' THEN '140012' "
        "ELSE pg_catalog.current_setting(name) END $$"
    )
    ward.do(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', "
        "current_database()); END $$"
    )


def other_keys(ward: Ward) -> None:
    ward.set(keys=SecretStr(Fernet.generate_key().decode()))


INSTALLATION: list[tuple[str, Callable[[Ward], None], str, str]] = [
    (
        "database_down",
        lambda w: w.set(database_url="postgresql://127.0.0.1:9/nothing"),
        "refused",
        "see that the server runs",
    ),
    (
        "database_unusable",
        lambda w: w.do(
            "DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)"
        ),
        "lacks migrations",
        "follow that sentence",
    ),
    ("database_old", server_of_old, "PostgreSQL", "use PostgreSQL 15 or later"),
    ("key_ring_missing", other_keys, "key", "bring back the ring"),
    (
        "broker_not_understood",
        lambda w: w.set(broker_url="mysql://x"),
        "not understood",
        "redis://",
    ),
    ("broker_down", lambda w: w.set(broker_url="redis://127.0.0.1:9"), "127.0.0.1:9", "start it"),
    (
        "alerts_unusable",
        lambda w: w.set(alert_webhook=SecretStr("chat.example.com")),
        "BRIDGE_ALERT_WEBHOOK",
        "correct it",
    ),
    ("alerts_nobody", lambda w: w.set(alert_webhook=None), "nobody", "BRIDGE_ALERT_WEBHOOK"),
    (
        "worker_silent",
        lambda w: w.do("DELETE FROM dramatiq.worker"),
        "no worker",
        "bridge worker",
    ),
    ("backup_none", lambda w: w.do("DELETE FROM backup"), "no backup", "back the database up"),
    ("backup_old", lambda w: w.back_up("50 hours"), "the last one is of", "nightly backup"),
    (
        "public_open",
        lambda w: w.set(client_certificate=True),
        "lets whoever shows no client certificate post",
        "let the proxy refuse",
    ),
    ("public_unset", lambda w: w.set(public_url=None), "nobody says", "BRIDGE_PUBLIC_URL"),
    (
        "public_unreachable",
        lambda w: w.set(public_url="https://127.0.0.1:9"),
        "127.0.0.1:9: Connection refused",
        "firewall",
    ),
    (
        "public_unreachable",
        lambda w: w.set(public_url="https://nowhere.invalid"),
        "the name has no address",
        "DNS",
    ),
    (
        "no_connection",
        lambda w: w.do(
            "DELETE FROM outbound_definition; DELETE FROM mapping_activation; "
            "DELETE FROM mapping_version; DELETE FROM credential; DELETE FROM connection"
        ),
        "there is none",
        "bridge connect salesforce",
    ),
]


@pytest.mark.parametrize(
    ("cause", "breaks", "says", "advice"), INSTALLATION, ids=[row[0] for row in INSTALLATION]
)
def test_an_installation_that_is_broken_is_told_where(
    cause: str, breaks: Callable[[Ward], None], says: str, advice: str, ward: Ward
) -> None:
    breaks(ward)
    found = [one for one in ward.examine() if one.state != "ok" and one.subject == "installation"]
    assert [one.cause for one in found] == [cause]
    assert says in found[0].says
    assert advice in (found[0].advice or "")


def test_a_broker_whose_package_is_not_installed_is_told(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pika", None)
    ward.set(broker_url="amqp://127.0.0.1:9")
    (found,) = [one for one in ward.examine() if one.state != "ok"]
    assert (found.cause, found.check) == ("broker_package", "broker")
    assert found.says == "the Python package pika is missing"
    assert found.advice == "install the package pika, or unset BROKER_URL"


def test_a_certificate_that_nobody_trusts_is_told(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    ((cause, says),) = wrong(ward.examine())
    assert cause == "public_untrusted"
    assert "unable to get local issuer certificate" in says


def test_somebody_else_at_the_public_address_is_told(
    ward: Ward, certificates: Certificates
) -> None:
    with answering(certificates, "Welcome to nginx!") as url:
        ward.set(public_url=url)
        assert "public_other" in {cause for cause, _ in wrong(ward.examine())}


def forget_mapping(ward: Ward) -> None:
    ward.do("UPDATE mapping_version SET is_active = false")


def spoil_mapping(ward: Ward) -> None:
    ward.do(
        "UPDATE mapping_version SET digest = 'other', "
        """files = files || '{"contact.yaml": "source: contact"}'"""
    )


def spoil_folder(ward: Ward) -> None:
    folder = ward.settings.data_dir.parent / "spoilt"
    folder.mkdir()
    (folder / "contact.yaml").write_text("source: nobody")
    ward.set(mappings=folder)


def change_folder(ward: Ward) -> None:
    folder = ward.settings.data_dir.parent / "changed"
    folder.mkdir()
    for name, text in ward.files.items():
        (folder / name).write_text(f"{text}\n# a remark\n")
    ward.set(mappings=folder)


def wrong_secret(ward: Ward) -> None:
    login = ward.sandbox.line["salesforce"] | {"consumer_secret": "wrong", "access_token": None}
    ward.do("DELETE FROM credential WHERE kind = 'sf_token'")
    ward.credentials(salesforce=login)


def short_certificate(ward: Ward) -> None:
    with ward.database.transaction() as tx:
        # In a slot of its own: the sandbox's login goes on by its consumer secret.
        connection_id, lives_s = ward.connection.id, 20 * 86_400
        write_secret(tx, ward.keyring, connection_id, "sf_key", "a key", slot=1, lives_s=lives_s)


def clock(ward: Ward) -> None:
    ward.do(
        "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
        "'SELECT clock_timestamp() + interval ''7 minutes'''"
    )


def on_live_account(ward: Ward) -> None:
    ward.setup(is_sandbox=True)
    # Another spelling of this machine's address: only well-known ones count as a stand-in's.
    ward.do("UPDATE connection SET cc_url = replace(cc_url, '127.0.0.1', '127.1')")


def with_old_ids(kind: str, name: str, number: str) -> Callable[[Ward], None]:
    def breaks(ward: Ward) -> None:
        ward.do(
            "INSERT INTO practifi_record (connection_id, kind, sf_id, fields, source, seen_at) "
            "VALUES (%(id)s, %(kind)s, '0035g00000QrStUAAV', "
            "jsonb_build_object(%(name)s::text, %(number)s::text), 'read', now())",
            id=ward.connection.id,
            kind=kind,
            name=name,
            number=number,
        )

    return breaks


LEAVE_OUT = "leave_out:\n  - when: {field: Account.Type, is: Clients}\n    reason: none of ours\n\n"

CONNECTION: list[tuple[str, Callable[[Ward], None], str, str]] = [
    (
        "connection_unconnected",
        lambda w: w.do("UPDATE connection SET state = 'unconnected'"),
        "no credentials",
        "`bridge connect salesforce firm`, then `bridge connect constant-contact firm`",
    ),
    (
        "connection_paused",
        lambda w: w.do("UPDATE connection SET state = 'paused', state_reason = 'authorise again'"),
        "authorise again",
        "bridge connect check firm",
    ),
    (
        "lane_paused",
        lambda w: w.do("INSERT INTO pause SELECT id, 2, now(), 'olga', 'moving' FROM connection"),
        "by olga: moving",
        "bridge resume --lane webhook --connection firm",
    ),
    (
        "outage",
        lambda w: w.do(
            "INSERT INTO outage SELECT id, 'salesforce', now(), 3, now(), now(), 'no answer' "
            "FROM connection"
        ),
        "what needs Salesforce waits",
        "every two minutes",
    ),
    (
        "run_missing",
        lambda w: w.do(
            "INSERT INTO schedule SELECT id, 'lists', '0 * * * *', 'UTC', true, "
            "now() - interval '3 days' FROM connection"
        ),
        "the run of lists due at",
        "bridge scheduler",
    ),
    (
        "schedule_unusable",
        lambda w: w.do(
            "INSERT INTO schedule SELECT id, 'lists', 'at one', 'UTC', true, now() FROM connection"
        ),
        "nobody can tell when lists is due",
        "table `schedule`",
    ),
    (
        "lists_many",
        lambda w: w.do(
            "INSERT INTO cc_list (connection_id, list_id, name, seen_at) SELECT c.id, "
            "gen_random_uuid(), n::text, now() FROM connection c, generate_series(1, 960) n"
        ),
        "960 of the 1,000",
        "delete lists",
    ),
    (
        "secret_old",
        lambda w: w.do("UPDATE credential SET stored_at = '2020-01-01' WHERE kind = 'cc_client'"),
        "the secret of the Constant Contact application is of 2020-01-01",
        "make a new one where it comes from, then `bridge connect constant-contact firm`",
    ),
    (
        "token_ends",
        lambda w: w.do(
            "UPDATE credential SET stored_at = now() - interval '170 days' WHERE kind = 'cc_token'"
        ),
        "refresh token",
        "bridge connect constant-contact firm",
    ),
    (
        "certificate_ends",
        short_certificate,
        "the certificate of the Salesforce login",
        "bridge connect salesforce firm --new-key",
    ),
    ("mapping_none", forget_mapping, "no mapping is active", "bridge mapping activate"),
    ("mapping_faulty", spoil_mapping, "contact.yaml", "correct the files in"),
    ("mapping_files_faulty", spoil_folder, "have faults", "correct them"),
    ("mapping_files_other", change_folder, "are others", "to work with them"),
    (
        "salesforce_unreachable",
        lambda w: w.sandbox.faults({"side": "salesforce", "kind": "drop_before"}),
        "Salesforce: no",
        "can be reached from here",
    ),
    ("salesforce_refuses", wrong_secret, "refuses the login", "bridge connect salesforce firm"),
    (
        "salesforce_forbids",
        lambda w: w.policy(api_enabled=False),
        "no API access",
        "OAuth scopes",
    ),
    (
        "organization_other",
        lambda w: w.do("UPDATE connection SET organization_id = '00D5g00000ABcdEEAT'"),
        "messages are accepted from 00D5g00000ABcdEEAT",
        "bridge connect salesforce firm",
    ),
    ("sandbox_live", on_live_account, "is a sandbox organization", "sandbox_organization=allow"),
    (
        "salesforce_calls",
        lambda w: w.setup(daily_requests=1_000, used_requests=901),
        "of 1,000 are left",
        "System Overview",
    ),
    ("clock_off", clock, "is 7 min behind ours", "NTP"),
    (
        "profile_other",
        lambda w: w.do("UPDATE connection SET profile = 'plain'"),
        "plain, but the organization's objects look like practifi",
        "--profile practifi",
    ),
    (
        "object_missing",
        lambda w: w.names(client__object="Client__c"),
        "no object Client__c",
        "choose another profile",
    ),
    (
        "object_rights",
        lambda w: w.setup(objects={MEMBERSHIP: {"createable": False}}),
        f"may not create records of {MEMBERSHIP}: pages and policies add",
        "permission set",
    ),
    (
        "object_rights",
        lambda w: w.setup(objects={"Contact": {"updateable": False}}),
        "may not edit records of Contact",
        "Edit on Contact",
    ),
    (
        "field_missing",
        lambda w: w.policy(hidden_fields=["Contact.CC_Bridge_Status__c"]),
        "Contact has no field CC_Bridge_Status__c",
        "give the bridge's user access",
    ),
    (
        "field_missing",
        lambda w: w.names(contact__status="CC_Bridge_Stauts__c"),
        "Contact has no field CC_Bridge_Stauts__c",
        "did you mean CC_Bridge_Status__c?",
    ),
    (
        "field_missing",
        lambda w: w.mapping(
            "contact.yaml",
            "company_name: {from: Account.Name",
            "company_name: {from: Account.Nmae__c",
        ),
        "Nmae__c is not there",
        "did you mean Account.Name?",
    ),
    (
        "field_read_only",
        lambda w: w.field("Contact.CC_Bridge_Status__c", updateable=False),
        "may not edit Contact.CC_Bridge_Status__c",
        "field-level security",
    ),
    (
        "field_read_only",
        lambda w: w.field(f"{MEMBERSHIP}.practifi__Contact__c", createable=False),
        "may not fill",
        "field-level security",
    ),
    (
        "field_no_key",
        lambda w: w.field(f"{INTERACTION}.CC_Bridge_Key__c", external_id=False, unique=False),
        "no external id",
        "tick External ID",
    ),
    (
        "field_type",
        lambda w: w.field("Contact.CC_Bridge_Status_Since__c", type="date"),
        "is of the type date; datetime is wanted",
        "change its type",
    ),
    (
        "field_type",
        lambda w: w.field(f"{MEMBERSHIP}.{LIST}", refers_to=["Campaign"]),
        f"leads to Campaign; {LIST} is wanted",
        "name another field",
    ),
    (
        "field_short",
        lambda w: w.field("Contact.practifi__Constant_Contact_ID__c", length=18),
        "holds 18 characters",
        "at least 36",
    ),
    (
        "field_required",
        lambda w: w.field(f"{MEMBERSHIP}.CC_Bridge_Status_Reason__c", nillable=False),
        "is required",
        "give it a default",
    ),
    (
        "value_missing",
        lambda w: w.mapping("contact.yaml", "filters:\n", f"{LEAVE_OUT}filters:\n"),
        "contact.yaml names the value 'Clients' of Contact.Account.Type",
        "did you mean 'Client'?",
    ),
    (
        "value_missing",
        lambda w: w.field(f"{INTERACTION}.practifi__Method_Picklist__c", picklist=["E-mail"]),
        "the bridge writes the value 'Email'",
        "did you mean 'E-mail'?",
    ),
    (
        "value_missing",
        lambda w: w.field(
            "Contact.CC_Bridge_Status__c",
            type="picklist",
            restricted=True,
            picklist=[
                "Subscribed",
                "Unsubscribe",
                "Not on a list",
                "Not sent",
                "Not mailable yet",
                "Waiting",
            ],
        ),
        "the value 'Unsubscribed'",
        "did you mean 'Unsubscribe'?",
    ),
    (
        "loop",
        lambda w: w.setup(sends_messages=True),
        "Send Outbound Messages",
        "take the permission",
    ),
    (
        "reports_closed",
        lambda w: w.setup(runs_reports=False),
        "lacks the permission Run Reports",
        "tick Run Reports",
    ),
    (
        "second_trigger",
        lambda w: w.setup(package_trigger=True),
        "practifi__Constant_Contact_Trigger__c",
        "untick practifi__Constant_Contact_Trigger__c",
    ),
    (
        "second_job",
        lambda w: w.setup(scheduled_jobs=["Practifi Constant Contact Sync"]),
        "'Practifi Constant Contact Sync'",
        "delete Practifi Constant Contact Sync",
    ),
    (
        "second_job",
        lambda w: w.setup(running_jobs=["ConstantContactActivityBatch"]),
        "'ConstantContactActivityBatch'",
        "Apex Jobs",
    ),
    (
        "setup_unseen",
        lambda w: w.policy(setup_visible=False),
        "may not see scheduled jobs",
        "View Setup and Configuration",
    ),
    (
        "consent_unflagged",
        lambda w: w.do("UPDATE outbound_definition SET lane = 2"),
        "about 13 s for each 100,000",
        "bridge salesforce deploy --connection firm",
    ),
    (
        "message_missing",
        lambda w: w.setup(removed_messages=[f"{LIST}.CC_Bridge_Practifi_List"]),
        f"no outbound message tells of {LIST}",
        f"deploys one for {LIST}",
    ),
    (
        "message_unrecorded",
        lambda w: w.do("DELETE FROM outbound_definition WHERE object = 'Account'"),
        "the field list of Account.CC_Bridge_Account is not recorded",
        "records it",
    ),
    (
        "message_unrecorded",
        lambda w: w.do(
            "UPDATE outbound_definition SET fields = fields || '{Fax}' WHERE object = 'Account'"
        ),
        "recorded with other fields",
        "records it",
    ),
    (
        "message_lacks",
        lambda w: w.deploy(MESSAGE, fields=["Id", "Email", "HasOptedOutOfEmail", "LastName"]),
        "Contact.CC_Bridge_Contact does not carry",
        "these fields are read back",
    ),
    (
        "message_elsewhere",
        lambda w: w.deploy(MESSAGE, endpoint="https://old.example.org/outbound-messages/firm/x"),
        "goes to https://old.example.org",
        "bridge connection show firm",
    ),
    (
        "message_elsewhere",
        lambda w: w.deploy(MESSAGE, endpoint=w.address + "-ended"),
        "whose secret has ended",
        "bridge connection show firm",
    ),
    (
        "message_session",
        lambda w: w.deploy(MESSAGE, session="true"),
        "asks for a session id",
        "untick Send Session ID",
    ),
    (
        "message_version",
        lambda w: w.deploy(MESSAGE, version="45.0"),
        "of the API version 45.0",
        "version 66.0",
    ),
    (
        "message_hidden",
        lambda w: w.policy(hidden_fields=["Contact.Department"]),
        "carries Department, which",
        "read the field",
    ),
    (
        "account_unreachable",
        lambda w: w.sandbox.faults({"side": "constant_contact", "kind": "drop_before"}),
        "no answer",
        "can be reached from here",
    ),
    (
        "account_busy",
        lambda w: w.sandbox.faults({"side": "constant_contact", "kind": "throttled"}),
        "",
        "deliveries go on by themselves",
    ),
    (
        "account_refuses",
        lambda w: w.sandbox.control("POST", "/constant-contact/disconnect"),
        "refresh token",
        "bridge connect constant-contact firm",
    ),
    (
        "account_forbids",
        lambda w: w.authorise(ALL.replace("account_read ", "")),
        "",
        "allow all that is asked for",
    ),
    (
        "account_other",
        lambda w: w.do("UPDATE connection SET cc_account_id = 'other', cc_account_name = 'Acme'"),
        "the connection serves Acme",
        "bridge connect constant-contact firm",
    ),
    (
        "scope_missing",
        lambda w: w.authorise(ALL.replace("campaign_data ", "")),
        "lacks the scope campaign_data",
        "allow campaign_data",
    ),
    (
        "privilege_missing",
        lambda w: w.account_policy(missing_privileges=["contacts:write"]),
        "lacks the privilege contacts:write",
        "the account's owner",
    ),
    (
        "account_calls",
        lambda w: w.do(
            "UPDATE api_application SET used = 9400, day = (app_now() AT TIME ZONE 'UTC')::date"
        ),
        "of 10,000 are left of the day",
        "bridge budget",
    ),
    (
        "old_ids",
        with_old_ids("contact", "practifi__Constant_Contact_ID__c", "4"),
        "1 contact holds a number as the id; of 1 looked up the account still has 1",
        "found by their address",
    ),
    (
        "old_ids",
        with_old_ids("list", "practifi__Constant_Contact_List_ID__c", "1"),
        "1 list holds",
        "--link-lists",
    ),
]
"""(cause, what breaks it, what is said, how it is mended)"""


@pytest.mark.parametrize(
    ("cause", "breaks", "says", "advice"), CONNECTION, ids=[row[0] for row in CONNECTION]
)
def test_a_connection_that_is_broken_is_told_where(
    cause: str, breaks: Callable[[Ward], None], says: str, advice: str, ward: Ward
) -> None:
    breaks(ward)
    found = [one for one in ward.look() if one.state != "ok"]
    assert {one.cause for one in found} == {cause}
    assert says in " ".join(one.says for one in found)
    assert advice in " ".join(one.advice or "" for one in found)


def test_whom_the_organization_marks_takes_no_part_from_the_next_look_on(ward: Ward) -> None:
    ward.field("Account.Type", picklist=["Client", "Prospect", "Provider", "Former Client"])
    said = [one.says for one in ward.look() if one.check == "take_part"]
    assert said == ["standard uses Account.Type (Former Client): a former client"]
    with ward.database.transaction() as tx:
        current = active(tx, ward.connection.id)
    assert current is not None
    assert current.mapping.contact.take_part == said[0]
    assert current.mapping.contact.leaves_out({"Account.Type": "Former Client"}) == (
        "a former client"
    )


def test_every_cause_is_seeded() -> None:
    seeded = {row[0] for row in (*INSTALLATION, *CONNECTION)} | {one.cause for one in CASES}
    elsewhere = {
        "broker_package",
        "disk_filling",
        "disk_full",
        "public_ends",
        "public_other",
        "public_untrusted",
    }
    assert set(CAUSES) == seeded | elsewhere
    assert not seeded & elsewhere
