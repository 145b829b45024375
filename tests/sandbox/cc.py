"""Short ways to the contacts of the Constant Contact stand-in, for the tests of its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

NOBODY = "00000000-0000-4000-8000-000000000000"
INCLUDES = "custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes"


def made(sandbox: RunningSandbox, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Create something and return it."""
    answer = sandbox.constant_contact("POST", path, body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def a_contact(sandbox: RunningSandbox, address: str = "ada@example.org", **parts: Any) -> str:
    """Create a contact and return its id."""
    body = {
        "first_name": "Ada",
        "email_address": {"address": address},
        "create_source": "Account",
        **parts,
    }
    contact_id: str = made(sandbox, "/contacts", body)["contact_id"]
    return contact_id


def a_list(sandbox: RunningSandbox, name: str = "Clients") -> str:
    """Create a list and return its id."""
    list_id: str = made(sandbox, "/contact_lists", {"name": name})["list_id"]
    return list_id


def a_tag(sandbox: RunningSandbox, name: str = "Retired") -> str:
    """Create a tag and return its id."""
    tag_id: str = made(sandbox, "/contact_tags", {"name": name})["tag_id"]
    return tag_id


def a_field(sandbox: RunningSandbox, label: str, kind: str = "string", **parts: Any) -> str:
    """Create a custom field and return its id."""
    body = {"label": label, "type": kind, **parts}
    field_id: str = made(sandbox, "/contact_custom_fields", body)["custom_field_id"]
    return field_id


def read(sandbox: RunningSandbox, contact_id: str) -> dict[str, Any]:
    """Return a contact with all its parts."""
    answer = sandbox.constant_contact("GET", f"/contacts/{contact_id}", include=INCLUDES)
    contact: dict[str, Any] = answer.json()
    return contact


def found(sandbox: RunningSandbox, address: str) -> dict[str, Any] | None:
    """Return the contact of an address with all its parts, deleted or not."""
    page = sandbox.constant_contact(
        "GET", "/contacts", email=address, status="all", include=INCLUDES
    ).json()
    return next(iter(page["contacts"]), None)


def unsubscribe(sandbox: RunningSandbox, address: str = "ada@example.org") -> None:
    """Let the person click *Unsubscribe*."""
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": address})


def switch(sandbox: RunningSandbox, **policy: Any) -> None:
    """Set switches; all others get their defaults."""
    sandbox.control("PUT", "/constant-contact/policy", policy)


def begun(sandbox: RunningSandbox, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Begin a bulk activity and return the answer."""
    return made(sandbox, f"/activities/{kind}", body)


def activity(sandbox: RunningSandbox, activity_id: str) -> dict[str, Any]:
    """Return an activity as it stands."""
    answer = sandbox.constant_contact("GET", f"/activities/{activity_id}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def ended(sandbox: RunningSandbox, begun: dict[str, Any]) -> dict[str, Any]:
    """Let the clock run until an activity has ended, and return it."""
    sandbox.advance(2)
    shown = activity(sandbox, begun["activity_id"])
    while shown["state"] == "processing":
        shown = activity(sandbox, begun["activity_id"])
    return shown


def done(sandbox: RunningSandbox, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Run a bulk activity to its end and return it."""
    return ended(sandbox, begun(sandbox, kind, body))
