"""Logging in to the Salesforce stand-in, and simple-salesforce, unmodified, working with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

from tests.salesforce_client import ToSandbox, observers_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fix_sandbox import RunningSandbox


@pytest.fixture
def session(sandbox: RunningSandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("https://", ToSandbox(sandbox.line["salesforce_url"]))
        yield session


@pytest.fixture
def client(sandbox: RunningSandbox, session: requests.Session) -> Any:
    """Return a client of the observer; untyped, for its objects are made up by `__getattr__`."""
    return observers_client(sandbox, session)


def token(sandbox: RunningSandbox, **form: str) -> requests.Response:
    return requests.post(
        f"{sandbox.line['salesforce_url']}/services/oauth2/token", data=form, timeout=5
    )


def granted(sandbox: RunningSandbox) -> dict[str, str]:
    given = sandbox.line["salesforce"]
    answer: dict[str, str] = token(
        sandbox,
        grant_type="client_credentials",
        client_id=given["consumer_key"],
        client_secret=given["consumer_secret"],
    ).json()
    return answer


@pytest.mark.rule("sf-login-client-credentials")
def test_client_credentials_open_a_session_of_the_bridge(sandbox: RunningSandbox) -> None:
    answer = granted(sandbox)
    assert answer["token_type"] == "Bearer"
    assert answer["instance_url"] == sandbox.line["salesforce_url"]
    userinfo = requests.get(
        f"{answer['instance_url']}/services/oauth2/userinfo",
        headers={"Authorization": f"Bearer {answer['access_token']}"},
        timeout=5,
    ).json()
    assert userinfo["organization_id"] == sandbox.line["organization_id"]
    assert answer["id"].endswith(f"/{userinfo['organization_id']}/{userinfo['user_id']}")
    assert userinfo["preferred_username"] == sandbox.line["salesforce"]["username"]


@pytest.mark.rule("sf-login-wrong-client")
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"client_id": "no"}, "invalid_client_id"),
        ({"client_secret": "no"}, "invalid_client"),
        ({"grant_type": "password", "username": "x", "password": "y"}, "invalid_grant"),
    ],
)
def test_wrong_credentials_are_refused(
    sandbox: RunningSandbox, change: dict[str, str], error: str
) -> None:
    given = sandbox.line["salesforce"]
    form = {
        "grant_type": "client_credentials",
        "client_id": given["consumer_key"],
        "client_secret": given["consumer_secret"],
    }
    answer = token(sandbox, **(form | change))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.rule("sf-login-expiry")
def test_a_session_ends_unless_it_is_used(sandbox: RunningSandbox) -> None:
    used, unused = granted(sandbox)["access_token"], granted(sandbox)["access_token"]
    url = f"{sandbox.line['salesforce_url']}/services/data/v66.0/limits"

    def status(access_token: str) -> int:
        headers = {"Authorization": f"Bearer {access_token}"}
        return requests.get(url, headers=headers, timeout=5).status_code

    for _ in range(3):
        sandbox.advance(3_000)
        assert status(used) == 200
    assert status(unused) == 401
    assert sandbox.salesforce("GET", "/services/data/v66.0/limits").status_code == 200


@pytest.mark.parametrize("version", ["59.0", "64.0"])
def test_simple_salesforce_logs_in_with_a_password(
    sandbox: RunningSandbox, session: requests.Session, version: str
) -> None:
    given = sandbox.line["salesforce"]
    client = Salesforce(
        username=given["username"],
        password=given["password"],
        security_token=given["security_token"],
        session=session,
        version=version,
    )
    assert client.query("SELECT COUNT() FROM Contact")["totalSize"] > 0


@pytest.mark.rule("sf-login-soap-versions")
@pytest.mark.parametrize(
    ("version", "password"), [("59.0", "wrong"), ("65.0", None)], ids=["password", "version"]
)
def test_simple_salesforce_sees_why_it_cannot_log_in(
    sandbox: RunningSandbox, session: requests.Session, version: str, password: str | None
) -> None:
    given = sandbox.line["salesforce"]
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(
            username=given["username"],
            password=password or given["password"],
            security_token=given["security_token"],
            session=session,
            version=version,
        )


def test_simple_salesforce_logs_in_with_client_credentials(
    sandbox: RunningSandbox, session: requests.Session
) -> None:
    given = sandbox.line["salesforce"]
    client = Salesforce(
        consumer_key=given["consumer_key"],
        consumer_secret=given["consumer_secret"],
        domain="harbourlane.my",
        session=session,
        version="66.0",
    )
    # It takes https for granted: the adapter leads it to the sandbox again.
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000


def test_simple_salesforce_works_with_records(client: Any) -> None:
    made = client.Contact.create({"LastName": "O'Hara", "Email": "o@example.org"})
    contact = made["id"]
    assert client.Contact.update(contact, {"FirstName": "Una"}) == 204
    assert client.Contact.get(contact)["Name"] == "Una O'Hara"
    found = client.query(
        format_soql(
            "SELECT Id FROM Contact WHERE LastName = {} AND CreatedDate > {} AND Email IN {}",
            "O'Hara",
            datetime(2001, 1, 1, tzinfo=UTC),
            ["o@example.org", "x@example.org"],
        )
    )
    assert contact in [row["Id"] for row in found["records"]]
    assert client.Contact.delete(contact) == 204
    with pytest.raises(SalesforceResourceNotFound):
        client.Contact.get(contact)
    now = datetime.now(UTC)  # noqa: TID251 - simple-salesforce takes real times
    gone = client.Contact.deleted(now - timedelta(minutes=5), now + timedelta(minutes=5))
    assert contact in [row["id"] for row in gone["deletedRecords"]]
    seen = client.Account.updated(now - timedelta(days=2), now + timedelta(minutes=5))
    assert seen["ids"] == []


def test_simple_salesforce_pages_describes_and_upserts(client: Any) -> None:
    assert len(list(client.query_all_iter("SELECT Id FROM Contact"))) >= 40
    assert len(client.query_all("SELECT Id FROM Contact", include_deleted=True)["records"]) >= 40
    assert {each["name"] for each in client.describe()["sobjects"]} >= {"Contact", "Campaign"}
    interactions = client.practifi__Interaction__c
    assert interactions.describe()["keyPrefix"] == "a03"
    assert interactions.upsert("CC_Bridge_Key__c/k1", {"practifi__Subject__c": "a"}) == 201
    assert interactions.upsert("CC_Bridge_Key__c/k1", {"practifi__Subject__c": "b"}) == 200
    assert interactions.get_by_custom_id("CC_Bridge_Key__c", "k1")["practifi__Subject__c"] == "b"


def test_simple_salesforce_raises_its_own_errors(client: Any, session: requests.Session) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        client.query("SELECT Nme FROM Contact")
    assert "INVALID_FIELD" in str(refused.value.content)
    for _ in range(2):
        client.practifi__Interaction__c.create({"practifi__External_Id__c": "same"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        client.practifi__Interaction__c.upsert("practifi__External_Id__c/same", {})
    stale = Salesforce(
        session_id="00D!no",
        instance_url="https://sandbox.example.com",
        session=session,
        version="66.0",
    )
    with pytest.raises(SalesforceExpiredSession):
        stale.query("SELECT Id FROM Contact")
