"""Contacts of the stand-in behave as the V3 reference and guides describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox


def a_contact(address: str = "ada@example.org", **parts: Any) -> dict[str, Any]:
    return {
        "first_name": "Ada",
        "last_name": "Byron",
        "email_address": {"address": address, "permission_to_send": "implicit"},
        "create_source": "Account",
        **parts,
    }


def created(sandbox: RunningSandbox, **parts: Any) -> dict[str, Any]:
    answer = sandbox.constant_contact("POST", "/contacts", a_contact(**parts))
    assert answer.status_code == 201, answer.text
    contact: dict[str, Any] = answer.json()
    return contact


def a_list(sandbox: RunningSandbox, name: str = "Clients") -> str:
    answer = sandbox.constant_contact("POST", "/contact_lists", {"name": name})
    list_id: str = answer.json()["list_id"]
    return list_id


@pytest.mark.rule("cc-create-answer", "cc-contact-update-source-absent", "cc-dates-without-ms")
def test_a_created_contact_is_answered_whole(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    contact = created(
        sandbox,
        list_memberships=[list_id],
        phone_numbers=[{"phone_number": "555-0101", "kind": "mobile"}],
        street_addresses=[{"kind": "home", "street": "1 Quay", "city": "Salem"}],
    )
    assert contact["email_address"]["permission_to_send"] == "implicit"
    assert contact["email_address"]["opt_in_source"] == "Account"
    assert contact["list_memberships"] == [list_id]
    assert contact["phone_numbers"][0]["phone_number"] == "555-0101"
    assert contact["street_addresses"][0]["city"] == "Salem"
    assert contact["custom_fields"] == contact["taggings"] == contact["notes"] == []
    assert contact["created_at"].endswith("Z")
    assert "." not in contact["created_at"]
    assert "update_source" not in contact


@pytest.mark.rule("cc-include-subresources")
def test_subresources_are_shown_only_where_included(sandbox: RunningSandbox) -> None:
    contact_id = created(sandbox)["contact_id"]
    bare = sandbox.constant_contact("GET", f"/contacts/{contact_id}").json()
    assert "list_memberships" not in bare
    shown = sandbox.constant_contact(
        "GET", f"/contacts/{contact_id}", include="list_memberships,notes"
    ).json()
    assert shown["list_memberships"] == []
    assert "phone_numbers" not in shown


@pytest.mark.rule("cc-address-case", "cc-error-conflict")
@pytest.mark.parametrize("spelling", ["ada@example.org", "ADA@Example.org"])
def test_an_address_is_taken_in_any_case(sandbox: RunningSandbox, spelling: str) -> None:
    created(sandbox)
    answer = sandbox.constant_contact("POST", "/contacts", a_contact(spelling))
    assert answer.status_code == 409
    assert answer.json()[0]["error_key"] == "contacts.api.conflict"
    assert "EmailAddress is not unique" in answer.json()[0]["error_message"]


@pytest.mark.rule(
    "cc-delete-hides", "cc-delete-answer", "cc-dates-deleted-at", "cc-create-conflict-any-state"
)
def test_a_deleted_contact_is_hidden_and_still_holds_its_address(sandbox: RunningSandbox) -> None:
    contact = created(sandbox)
    path = f"/contacts/{contact['contact_id']}"
    assert sandbox.constant_contact("DELETE", path).status_code == 204
    found = sandbox.constant_contact("GET", "/contacts", email="ada@example.org").json()
    assert found["contacts"] == []
    found = sandbox.constant_contact(
        "GET", "/contacts", email="ada@example.org", status="all"
    ).json()
    assert len(found["contacts"][0]["deleted_at"]) == len("2026-01-01")
    again = sandbox.constant_contact("POST", "/contacts", a_contact())
    assert again.status_code == 409


@pytest.mark.rule("cc-put-clears-omitted-core", "cc-put-keeps-omitted-subresources")
def test_put_clears_core_properties_left_out_and_keeps_subresources(
    sandbox: RunningSandbox,
) -> None:
    list_id = a_list(sandbox)
    contact = created(
        sandbox,
        job_title="Analyst",
        list_memberships=[list_id],
        phone_numbers=[{"phone_number": "555-0101", "kind": "home"}],
    )
    answer = sandbox.constant_contact(
        "PUT",
        f"/contacts/{contact['contact_id']}",
        {"last_name": "Lovelace", "update_source": "Account"},
    )
    assert answer.status_code == 200
    replaced = answer.json()
    assert replaced["last_name"] == "Lovelace"
    assert "first_name" not in replaced
    assert "job_title" not in replaced
    assert replaced["email_address"]["address"] == "ada@example.org"
    assert replaced["list_memberships"] == [list_id]
    assert replaced["phone_numbers"] == contact["phone_numbers"]
    assert replaced["update_source"] == "Account"


@pytest.mark.rule("cc-put-replaces-subresource")
def test_a_subresource_that_is_sent_replaces_the_whole_former_one(
    sandbox: RunningSandbox,
) -> None:
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    contact = created(sandbox, list_memberships=[first, second])
    replaced = sandbox.constant_contact(
        "PUT",
        f"/contacts/{contact['contact_id']}",
        {"update_source": "Account", "list_memberships": [second]},
    ).json()
    assert replaced["list_memberships"] == [second]


@pytest.mark.rule("cc-put-what-was-read", "cc-contact-anniversary")
def test_what_was_read_may_be_sent_back(sandbox: RunningSandbox) -> None:
    field = sandbox.constant_contact(
        "POST", "/contact_custom_fields", {"label": "Adviser", "type": "string"}
    ).json()
    contact = created(
        sandbox,
        birthday_month=2,
        birthday_day=29,
        anniversary="11/15/2006",
        custom_fields=[{"custom_field_id": field["custom_field_id"], "value": "Quist"}],
        phone_numbers=[{"phone_number": "555-0101", "kind": "home"}],
        street_addresses=[{"kind": "work", "country": "United States"}],
        notes=[{"content": "met at the seminar"}],
    )
    assert contact["anniversary"] == "2006-11-15"
    answer = sandbox.constant_contact(
        "PUT", f"/contacts/{contact['contact_id']}", {**contact, "update_source": "Account"}
    )
    assert answer.status_code == 200, answer.text
    for part in ("birthday_day", "anniversary", "custom_fields", "last_name"):
        assert answer.json()[part] == contact[part]


@pytest.mark.rule("cc-put-conflict")
def test_an_address_moves_and_the_old_one_becomes_free(sandbox: RunningSandbox) -> None:
    contact = created(sandbox)
    moved = sandbox.constant_contact(
        "PUT",
        f"/contacts/{contact['contact_id']}",
        {"update_source": "Account", "email_address": {"address": "new@example.org"}},
    )
    assert moved.json()["email_address"]["permission_to_send"] == "implicit"
    created(sandbox, address="ada@example.org")
    clash = sandbox.constant_contact(
        "PUT",
        f"/contacts/{contact['contact_id']}",
        {"update_source": "Account", "email_address": {"address": "ADA@example.org"}},
    )
    assert clash.status_code == 409


@pytest.mark.rule("cc-revive-by-put")
def test_a_deleted_contact_comes_back_with_lists(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    path = f"/contacts/{created(sandbox)['contact_id']}"
    sandbox.constant_contact("DELETE", path)
    kept = sandbox.constant_contact("PUT", path, {"update_source": "Account"}).json()
    assert "deleted_at" in kept
    back = sandbox.constant_contact(
        "PUT", path, {"update_source": "Account", "list_memberships": [list_id]}
    ).json()
    assert "deleted_at" not in back
    assert back["list_memberships"] == [list_id]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no source": ({"create_source": None}, "create_source is missing"),
    "unknown source": ({"create_source": "Bridge"}, "create_source"),
    "long first name": ({"first_name": "x" * 51}, "first_name"),
    "number as name": ({"last_name": 7}, "last_name"),
    "address without host": ({"email_address": {"address": "ada@local"}}, "email_address"),
    "long address": ({"email_address": {"address": "a" * 70 + "@example.org"}}, "email_address"),
    "unknown permission": (
        {"email_address": {"address": "b@example.org", "permission_to_send": "yes"}},
        "permission_to_send",
    ),
    "half a birthday": ({"birthday_month": 4}, "birthday_day"),
    "no such day": ({"birthday_month": 4, "birthday_day": 31}, "birthday_day"),
    "anniversary with dots": ({"anniversary": "15.11.2006"}, "anniversary"),
    "four phones": (
        {"phone_numbers": [{"phone_number": str(n), "kind": "home"} for n in range(4)]},
        "phone_numbers",
    ),
    "long phone": ({"phone_numbers": [{"phone_number": "5" * 26, "kind": "home"}]}, "phone"),
    "unknown kind of phone": (
        {"phone_numbers": [{"phone_number": "5", "kind": "cell"}]},
        "phone_numbers.kind",
    ),
    "street without kind": ({"street_addresses": [{"city": "Salem"}]}, "street_addresses.kind"),
    "long city": ({"street_addresses": [{"kind": "home", "city": "x" * 51}]}, "city"),
    "unknown list": (
        {"list_memberships": ["00000000-0000-4000-8000-000000000000"]},
        "list_memberships",
    ),
    "unknown custom field": (
        {"custom_fields": [{"custom_field_id": "nobody", "value": "x"}]},
        "custom_field_id",
    ),
    "lists as a text": ({"list_memberships": "all"}, "list_memberships"),
}


@pytest.mark.rule(
    "cc-error-list",
    "cc-error-validation-key",
    "cc-error-create-source",
    "cc-contact-street-kind",
    "cc-contact-phone-kind",
    "cc-contact-permissions",
    "cc-contact-birthday",
)
@pytest.mark.parametrize(("parts", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_faulty_contact_is_refused_and_the_fault_is_named(
    sandbox: RunningSandbox, parts: dict[str, Any], named: str
) -> None:
    answer = sandbox.constant_contact("POST", "/contacts", a_contact() | parts)
    assert answer.status_code == 400
    assert [sorted(error) for error in answer.json()] == [["error_key", "error_message"]]
    assert answer.json()[0]["error_key"] == "contacts.api.validation.error"
    assert named in answer.json()[0]["error_message"]


@pytest.mark.rule("cc-body-400-415")
@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b'{"first_name": "Ada",}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 415),
    ],
    ids=["trailing comma", "a list", "plain text"],
)
def test_a_body_that_is_no_json_object_is_refused(
    sandbox: RunningSandbox, body: bytes, media_type: str, status: int
) -> None:
    token = sandbox.line["observer"]["constant_contact_access_token"]
    answer = sandbox.session.post(
        f"{sandbox.line['constant_contact_url']}/contacts",
        data=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": media_type},
        timeout=10,
    )
    assert answer.status_code == status
    assert isinstance(answer.json(), list)


@pytest.mark.rule("cc-error-not-found")
@pytest.mark.parametrize("contact_id", ["00000000-0000-4000-8000-000000000000", "nonsense"])
def test_an_unknown_contact_is_not_found(sandbox: RunningSandbox, contact_id: str) -> None:
    answer = sandbox.constant_contact("GET", f"/contacts/{contact_id}")
    assert answer.status_code == 404
    assert answer.json()[0]["error_key"] == "contacts.api.not_found"


@pytest.mark.rule("cc-contact-counts")
def test_counts_leave_deleted_contacts_out(sandbox: RunningSandbox) -> None:
    before = sandbox.constant_contact("GET", "/contacts/counts").json()
    contact = created(sandbox)
    counts = sandbox.constant_contact("GET", "/contacts/counts").json()
    assert counts["implicit"] == before["implicit"] + 1
    sandbox.constant_contact("DELETE", f"/contacts/{contact['contact_id']}")
    assert sandbox.constant_contact("GET", "/contacts/counts").json() == before
