"""What the recorded calls say they wrote: each write once, refusals and lies never."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
CONTACTS = f"{DATA}/sobjects/Contact"
COLLECTION = f"{DATA}/composite/sobjects"


def last_effects(sandbox: RunningSandbox, side: Any) -> list[dict[str, str]]:
    effects: list[dict[str, str]] = sandbox.calls(side)[-1]["effects"]
    return effects


def wrote(kind: str, record_id: str, action: str) -> dict[str, str]:
    return {"object": kind, "id": record_id, "action": action}


def an_address(address: str = "ada@example.org") -> dict[str, Any]:
    return {"email_address": {"address": address}, "create_source": "Account"}


def test_writes_to_constant_contact_name_what_they_wrote(sandbox: RunningSandbox) -> None:
    contact = sandbox.constant_contact("POST", "/contacts", an_address()).json()["contact_id"]
    path = f"/contacts/{contact}"
    sandbox.constant_contact("PUT", path, {"first_name": "Ada", "update_source": "Account"})
    sandbox.constant_contact("GET", path)
    sandbox.constant_contact("DELETE", path)
    sandbox.constant_contact("DELETE", path)
    found = [call["effects"] for call in sandbox.calls("constant_contact")]
    assert found == [
        [wrote("contact", contact, "create")],
        [wrote("contact", contact, "update")],
        [],
        [wrote("contact", contact, "delete")],
        [],
    ]


def test_lists_sign_ups_and_custom_fields_are_told_apart(sandbox: RunningSandbox) -> None:
    list_id = sandbox.constant_contact("POST", "/contact_lists", {"name": "L"}).json()["list_id"]
    assert last_effects(sandbox, "constant_contact") == [wrote("contact_list", list_id, "create")]
    field = sandbox.constant_contact(
        "POST", "/contact_custom_fields", {"label": "Tier", "type": "string"}
    ).json()["custom_field_id"]
    assert last_effects(sandbox, "constant_contact") == [wrote("custom_field", field, "create")]
    form = {"email_address": "new@example.org", "list_memberships": [list_id]}
    for action in ("create", "update"):
        answer = sandbox.constant_contact("POST", "/contacts/sign_up_form", form).json()
        assert last_effects(sandbox, "constant_contact") == [
            wrote("contact", answer["contact_id"], action)
        ]


def test_writes_to_salesforce_name_what_they_wrote(sandbox: RunningSandbox) -> None:
    contact = sandbox.salesforce("POST", CONTACTS, {"LastName": "Quist"}).json()["id"]
    assert last_effects(sandbox, "salesforce") == [wrote("Contact", contact, "create")]
    sandbox.salesforce("PATCH", f"{CONTACTS}/{contact}", {"LastName": "Berg"})
    assert last_effects(sandbox, "salesforce") == [wrote("Contact", contact, "update")]
    sandbox.salesforce("GET", f"{CONTACTS}/{contact}")
    assert last_effects(sandbox, "salesforce") == []
    sandbox.salesforce("DELETE", f"{CONTACTS}/{contact}")
    assert last_effects(sandbox, "salesforce") == [wrote("Contact", contact, "delete")]


def test_a_collection_names_each_record_that_it_wrote(sandbox: RunningSandbox) -> None:
    attributes = {"type": "Contact"}
    records = [
        {"attributes": attributes, "LastName": "Quist"},
        {"attributes": attributes, "LastName": "x" * 81},
        {"attributes": attributes, "LastName": "Berg"},
    ]
    first, _, last = sandbox.salesforce("POST", COLLECTION, {"records": records}).json()
    assert last_effects(sandbox, "salesforce") == [
        wrote("Contact", first["id"], "create"),
        wrote("Contact", last["id"], "create"),
    ]
    sandbox.salesforce("POST", COLLECTION, {"records": records, "allOrNone": True})
    assert last_effects(sandbox, "salesforce") == []


def test_a_refused_write_has_no_effect(sandbox: RunningSandbox) -> None:
    sandbox.constant_contact("POST", "/contacts", {"create_source": "Account"})
    sandbox.salesforce("POST", CONTACTS, {"FirstName": "Ada"})
    assert last_effects(sandbox, "constant_contact") == []
    assert last_effects(sandbox, "salesforce") == []


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("lie", 0),
        ("error_500", 0),
        ("throttled", 0),
        ("wrong_type", 0),
        ("drop_before", 0),
        ("drop_after", 1),
        ("half_body", 1),
    ],
)
@pytest.mark.parametrize("side", ["salesforce", "constant_contact"])
def test_a_fault_leaves_the_effects_that_last(
    sandbox: RunningSandbox, side: str, kind: str, count: int
) -> None:
    sandbox.faults({"side": side, "kind": kind, "method": "POST", "observer": True})
    try:
        if side == "salesforce":
            sandbox.salesforce("POST", CONTACTS, {"LastName": "Quist"})
        else:
            sandbox.constant_contact("POST", "/contacts", an_address())
    except requests.RequestException:
        assert kind in {"drop_before", "drop_after", "half_body"}
    assert len(last_effects(sandbox, side)) == count
