"""What both systems hold, read through their APIs with the observer's keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tests.faults.demand import (
    CONTACT_ID_THERE,
    DO_NOT_EMAIL,
    LIST,
    LIST_ID_THERE,
    MEMBERSHIP,
    OF_CONTACT,
    OF_LIST,
    STATUS,
    Practifi,
    There,
)

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

_QUERY = "/services/data/v66.0/query"
_INCLUDED = "custom_fields,list_memberships,phone_numbers,street_addresses"
_CONTACT = (
    "Id, Email, FirstName, LastName, Title, MobilePhone, MailingCity, Account.Name, "
    f"{DO_NOT_EMAIL}, {CONTACT_ID_THERE}, {STATUS}"
)


def read_practifi(sandbox: RunningSandbox) -> Practifi:
    return Practifi(
        contacts=_query(sandbox, f"SELECT {_CONTACT} FROM Contact"),  # noqa: S608
        lists=_query(sandbox, f"SELECT Id, Name, {LIST_ID_THERE} FROM {LIST}"),  # noqa: S608
        memberships=_query(
            sandbox,
            f"SELECT Id, {OF_CONTACT}, {OF_LIST}, {STATUS} FROM {MEMBERSHIP}",  # noqa: S608
        ),
    )


def read_there(sandbox: RunningSandbox) -> There:
    fields = _pages(sandbox, "/contact_custom_fields", "custom_fields")
    return There(
        contacts=_pages(sandbox, f"/contacts?status=all&include={_INCLUDED}", "contacts"),
        lists=_pages(sandbox, "/contact_lists", "lists"),
        custom_fields={row["label"]: row["custom_field_id"] for row in fields},
    )


def _query(sandbox: RunningSandbox, soql: str) -> list[dict[str, Any]]:
    answer = sandbox.salesforce("GET", _QUERY, q=soql)
    rows: list[dict[str, Any]] = []
    while True:
        assert answer.ok, answer.text
        page = answer.json()
        rows += page["records"]
        if page["done"]:
            return rows
        answer = sandbox.salesforce("GET", page["nextRecordsUrl"])


def _pages(
    sandbox: RunningSandbox, path: str, name: Literal["contacts", "lists", "custom_fields"]
) -> list[dict[str, Any]]:
    answer = sandbox.constant_contact("GET", path, limit=50)
    rows: list[dict[str, Any]] = []
    while True:
        assert answer.ok, answer.text
        page = answer.json()
        rows += page[name]
        following = page.get("_links", {}).get("next")
        if following is None:
            return rows
        answer = sandbox.constant_contact("GET", following["href"])
