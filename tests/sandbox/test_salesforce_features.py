"""Features of the Salesforce stand-in's org that are off until somebody turns them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
FEATURES = "/salesforce/features"


def create(sandbox: RunningSandbox, name: str, **fields: object) -> str:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def record(sandbox: RunningSandbox, name: str, record_id: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.salesforce("GET", f"{DATA}/sobjects/{name}/{record_id}").json()
    return found


def test_contacts_are_related_to_other_accounts_where_the_org_has_it(
    sandbox: RunningSandbox,
) -> None:
    soql = "SELECT COUNT() FROM AccountContactRelation"
    refused = sandbox.salesforce("GET", f"{DATA}/query", q=soql)
    assert refused.json()[0]["errorCode"] == "INVALID_TYPE"
    told = sandbox.control("PUT", FEATURES, {"contacts_to_multiple_accounts": True})
    assert told == {"contacts_to_multiple_accounts": True, "person_accounts": False}
    account = create(sandbox, "Account", Name="Elsewhere")
    contact = create(sandbox, "Contact", LastName="Moran")
    create(sandbox, "AccountContactRelation", AccountId=account, ContactId=contact)
    assert sandbox.salesforce("GET", f"{DATA}/query", q=soql).json()["totalSize"] == 1
    twice = {"AccountId": account, "ContactId": contact}
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/AccountContactRelation", twice)
    assert answer.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_an_account_with_a_last_name_is_a_person_where_the_org_has_it(
    sandbox: RunningSandbox,
) -> None:
    firm = create(sandbox, "Account", Name="Before")
    assert "PersonContactId" not in record(sandbox, "Account", firm)
    sandbox.control("PUT", FEATURES, {"person_accounts": True})
    assert record(sandbox, "Account", firm)["IsPersonAccount"] is False
    person = create(sandbox, "Account", LastName="Lund", PersonEmail="pia@example.org")
    account = record(sandbox, "Account", person)
    assert (account["Name"], account["IsPersonAccount"]) == ("Lund", True)
    contact = record(sandbox, "Contact", account["PersonContactId"])
    assert (contact["Email"], contact["AccountId"]) == ("pia@example.org", person)


def test_features_are_off_after_a_reset(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", FEATURES, {"person_accounts": True})
    sandbox.control("PUT", FEATURES, {"contacts_to_multiple_accounts": True})
    assert set(sandbox.control("GET", FEATURES).values()) == {True}
    sandbox.control("POST", "/reset")
    assert set(sandbox.control("GET", FEATURES).values()) == {False}
    account = create(sandbox, "Account", Name="After")
    assert "PersonContactId" not in record(sandbox, "Account", account)
