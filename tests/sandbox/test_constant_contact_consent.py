"""Who may lift an opt-out, by which call: the rules of the vendor's re-subscribe guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

ADDRESS = "ada@example.org"


def a_contact(sandbox: RunningSandbox, **parts: Any) -> dict[str, Any]:
    body = {
        "first_name": "Ada",
        "email_address": {"address": ADDRESS},
        "create_source": "Account",
        **parts,
    }
    contact: dict[str, Any] = sandbox.constant_contact("POST", "/contacts", body).json()
    return contact


def a_list(sandbox: RunningSandbox, name: str = "Clients") -> str:
    answer = sandbox.constant_contact("POST", "/contact_lists", {"name": name})
    list_id: str = answer.json()["list_id"]
    return list_id


def put_permission(
    sandbox: RunningSandbox, contact: dict[str, Any], permission: str, source: str
) -> requests.Response:
    return sandbox.constant_contact(
        "PUT",
        f"/contacts/{contact['contact_id']}",
        {
            "update_source": source,
            "email_address": {"address": ADDRESS, "permission_to_send": permission},
        },
    )


def read(sandbox: RunningSandbox, contact: dict[str, Any]) -> dict[str, Any]:
    path = f"/contacts/{contact['contact_id']}"
    shown: dict[str, Any] = sandbox.constant_contact("GET", path, include="list_memberships").json()
    return shown


def test_an_address_without_a_word_about_permission_is_implicit(sandbox: RunningSandbox) -> None:
    assert a_contact(sandbox)["email_address"]["permission_to_send"] == "implicit"


@pytest.mark.rule("cc-optout-put-source")
@pytest.mark.parametrize("source", ["Account", "Contact"])
def test_an_opt_out_by_put_belongs_to_its_update_source(
    sandbox: RunningSandbox, source: str
) -> None:
    email = put_permission(sandbox, a_contact(sandbox), "unsubscribed", source).json()[
        "email_address"
    ]
    assert email["permission_to_send"] == "unsubscribed"
    assert email["opt_out_source"] == source
    assert "opt_out_date" in email


@pytest.mark.rule("cc-optout-account-may-lift", "cc-contact-opt-out-parts")
def test_the_account_lifts_its_own_opt_out(sandbox: RunningSandbox) -> None:
    contact = a_contact(sandbox)
    put_permission(sandbox, contact, "unsubscribed", "Account")
    email = put_permission(sandbox, contact, "implicit", "Account").json()["email_address"]
    assert email["permission_to_send"] == "implicit"
    assert not {name for name in email if name.startswith("opt_out")}


@pytest.mark.rule("cc-optout-contact-binds", "cc-optout-account-put-400")
def test_the_account_cannot_lift_what_the_person_opted_out_of(sandbox: RunningSandbox) -> None:
    contact = a_contact(sandbox)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    for permission in ("explicit", "implicit"):
        answer = put_permission(sandbox, contact, permission, "Account")
        assert answer.status_code == 400
        assert answer.json()[0]["error_key"] == "contacts.api.validation.error"
    assert read(sandbox, contact)["email_address"]["permission_to_send"] == "unsubscribed"


@pytest.mark.rule("cc-optout-account-put-400")
def test_a_switch_lets_the_account_lift_it(sandbox: RunningSandbox) -> None:
    contact = a_contact(sandbox)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    sandbox.control("PUT", "/constant-contact/policy", {"account_lifts_own_opt_out": True})
    assert put_permission(sandbox, contact, "explicit", "Account").status_code == 200


@pytest.mark.rule("cc-optout-own-word-lifts", "cc-contact-opt-out-parts")
def test_the_persons_own_word_lifts_it(sandbox: RunningSandbox) -> None:
    contact = a_contact(sandbox)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    email = put_permission(sandbox, contact, "explicit", "Contact").json()["email_address"]
    assert email["permission_to_send"] == "explicit"
    assert email["opt_in_source"] == "Contact"
    assert "opt_out_source" not in email


def test_a_put_without_permission_keeps_the_opt_out(sandbox: RunningSandbox) -> None:
    contact = a_contact(sandbox)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    answer = sandbox.constant_contact(
        "PUT",
        f"/contacts/{contact['contact_id']}",
        {"update_source": "Account", "email_address": {"address": "other@example.org"}},
    )
    assert answer.json()["email_address"]["permission_to_send"] == "unsubscribed"


@pytest.mark.rule("cc-optout-not-in-updated-at", "cc-optout-by-person")
def test_an_unsubscribe_moves_only_the_address_and_not_the_contact(
    sandbox: RunningSandbox,
) -> None:
    contact = a_contact(sandbox)
    sandbox.advance(3600)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    after = read(sandbox, contact)
    assert after["updated_at"] == contact["updated_at"]
    assert after["email_address"]["updated_at"] > contact["email_address"]["updated_at"]
    assert after["update_source"] == "Contact"
    assert after["email_address"]["opt_out_source"] == "Contact"


@pytest.mark.rule("cc-optout-feed")
def test_the_opt_out_feed_finds_what_the_update_feed_misses(sandbox: RunningSandbox) -> None:
    a_contact(sandbox)
    since = sandbox.advance(3600)["now"]
    sandbox.advance(5)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    missed = sandbox.constant_contact("GET", "/contacts", status="all", updated_after=since)
    found = sandbox.constant_contact("GET", "/contacts", status="all", optout_after=since)
    assert missed.json()["contacts"] == []
    assert [one["email_address"]["address"] for one in found.json()["contacts"]] == [ADDRESS]


def test_memberships_survive_an_opt_out(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    contact = a_contact(sandbox, list_memberships=[list_id])
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    assert read(sandbox, contact)["list_memberships"] == [list_id]


def test_a_switch_strips_the_lists_of_an_unsubscribed_contact(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    contact = a_contact(sandbox, list_memberships=[list_id])
    sandbox.control("PUT", "/constant-contact/policy", {"opt_out_strips_lists": True})
    put_permission(sandbox, contact, "unsubscribed", "Account")
    assert read(sandbox, contact)["list_memberships"] == []
    sandbox.constant_contact(
        "PUT",
        f"/contacts/{contact['contact_id']}",
        {"update_source": "Account", "list_memberships": [list_id]},
    )
    assert read(sandbox, contact)["list_memberships"] == []


@pytest.mark.rule("cc-optout-survives-deletion")
def test_an_opt_out_survives_deletion_and_revival(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    contact = a_contact(sandbox)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    path = f"/contacts/{contact['contact_id']}"
    sandbox.constant_contact("DELETE", path)
    back = sandbox.constant_contact(
        "PUT", path, {"update_source": "Account", "list_memberships": [list_id]}
    ).json()
    assert "deleted_at" not in back
    assert back["email_address"]["permission_to_send"] == "unsubscribed"


def test_leaving_a_list_is_the_persons_own_update(sandbox: RunningSandbox) -> None:
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    contact = a_contact(sandbox, list_memberships=[first, second])
    sandbox.advance(60)
    sandbox.control("POST", "/constant-contact/leave-list", {"email": ADDRESS, "list_id": first})
    after = read(sandbox, contact)
    assert after["list_memberships"] == [second]
    assert after["update_source"] == "Contact"
    assert after["updated_at"] > contact["updated_at"]


@pytest.mark.rule("cc-resubscribe-once", "cc-contact-confirm-status")
def test_a_confirmation_is_mailed_once_and_changes_nothing_until_confirmed(
    sandbox: RunningSandbox,
) -> None:
    list_id = a_list(sandbox)
    contact = a_contact(sandbox)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    path = f"/contacts/resubscribe/{contact['contact_id']}"
    first = sandbox.constant_contact("PUT", path, {"list_ids": [list_id]})
    assert (first.status_code, first.content) == (200, b"")
    email = read(sandbox, contact)["email_address"]
    assert contact["email_address"]["confirm_status"] == "off"
    assert (email["permission_to_send"], email["confirm_status"]) == ("unsubscribed", "pending")
    assert sandbox.constant_contact("PUT", path, {"list_ids": [list_id]}).status_code == 409
    sandbox.control("POST", "/constant-contact/confirm", {"email": ADDRESS})
    after = read(sandbox, contact)
    assert after["email_address"]["permission_to_send"] == "explicit"
    assert after["email_address"]["confirm_status"] == "confirmed"
    assert after["list_memberships"] == [list_id]


@pytest.mark.rule("cc-signup-lifts-optout", "cc-signup-answer")
def test_the_sign_up_form_makes_an_unsubscribed_person_explicit(sandbox: RunningSandbox) -> None:
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    contact = a_contact(sandbox, list_memberships=[first])
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": ADDRESS})
    answer = sandbox.constant_contact(
        "POST",
        "/contacts/sign_up_form",
        {"email_address": ADDRESS, "last_name": "Byron", "list_memberships": [second]},
    )
    assert answer.status_code == 200
    assert answer.json() == {"contact_id": contact["contact_id"], "action": "updated"}
    after = read(sandbox, contact)
    assert after["email_address"]["permission_to_send"] == "explicit"
    assert after["list_memberships"] == [first, second]
    assert (after["first_name"], after["last_name"]) == ("Ada", "Byron")


@pytest.mark.rule("cc-signup-answer")
def test_the_sign_up_form_creates_whom_it_does_not_know(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    answer = sandbox.constant_contact(
        "POST",
        "/contacts/sign_up_form",
        {"email_address": ADDRESS, "list_memberships": [list_id]},
    )
    assert answer.status_code == 201
    assert answer.json()["action"] == "created"


def test_a_campaign_reaches_mailable_members_and_its_opt_outs_count(
    sandbox: RunningSandbox,
) -> None:
    list_id = a_list(sandbox)
    contact = a_contact(sandbox, list_memberships=[list_id])
    sandbox.constant_contact(
        "POST",
        "/contacts",
        {
            "email_address": {
                "address": "out@example.org",
                "permission_to_send": "unsubscribed",
            },
            "create_source": "Account",
            "list_memberships": [list_id],
        },
    )
    sent = sandbox.control(
        "POST",
        "/constant-contact/campaigns",
        {
            "name": "Autumn letter",
            "subject": "What the autumn brings",
            "list_ids": [list_id],
            "activities": [
                {"email": ADDRESS, "kind": "open", "after_s": 60},
                {"email": ADDRESS, "kind": "optout", "after_s": 120},
            ],
        },
    )
    assert sent["sent"] == 1
    assert sent["campaign_id"] != sent["campaign_activity_id"]
    assert read(sandbox, contact)["email_address"]["permission_to_send"] == "implicit"
    sandbox.advance(121)
    email = read(sandbox, contact)["email_address"]
    assert (email["permission_to_send"], email["opt_out_source"]) == ("unsubscribed", "Contact")
