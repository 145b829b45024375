"""What changed from one nightly look to the next."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.doctor.changes import changes, changes_of_installation

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD: dict[str, Any] = {
    "type": "picklist",
    "length": 255,
    "createable": True,
    "updateable": True,
    "externalId": False,
    "unique": False,
    "referenceTo": [],
    "values": {"Client": "Client", "Prospect": "Prospect"},
}
RIGHTS = {"createable": True, "updateable": True, "deletable": True}
SHAPE: dict[str, Any] = {
    "objects": {
        "Contact": RIGHTS | {"required": ["LastName"]},
        "List__c": RIGHTS | {"required": []},
    },
    "fields": {
        "Contact.Type__c": FIELD,
        "List__c.Key__c": FIELD | {"externalId": True, "unique": True},
    },
    "people": {"Contact.Deceased__c": "Deceased__c: the person has died"},
    "custom_fields": {"Household": "string"},
    "scopes": ["account_read", "contact_data"],
    "privileges": ["contacts:read"],
    "messages": {
        "Contact.M": {"fields": ["Email", "Id"], "host": "a.example.org", "api_version": "66.0"}
    },
}


def after(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    shape = copy.deepcopy(SHAPE)
    edit(shape)
    return shape


def field(shape: dict[str, Any], **what: Any) -> None:
    shape["fields"]["Contact.Type__c"] |= what


CASES: list[tuple[str, Callable[[dict[str, Any]], object], str, bool]] = [
    ("object_gone", lambda s: s["objects"].pop("List__c"), "List__c is gone", True),
    (
        "object_came",
        lambda s: s["objects"].update(New__c=RIGHTS | {"required": []}),
        "New__c is there now",
        False,
    ),
    (
        "right_taken",
        lambda s: s["objects"]["List__c"].update(createable=False),
        "may not create records of List__c any more",
        True,
    ),
    (
        "field_required",
        lambda s: s["objects"]["Contact"]["required"].append("Code__c"),
        "Contact.Code__c is required now",
        True,
    ),
    (
        "field_gone",
        lambda s: s["fields"].pop("Contact.Type__c"),
        "Contact.Type__c is gone",
        True,
    ),
    ("type_changed", lambda s: field(s, type="string"), "was of the type picklist", True),
    ("right_taken", lambda s: field(s, updateable=False), "may not edit Contact.Type__c", True),
    ("length_changed", lambda s: field(s, length=10), "held 255 characters and holds 10", True),
    ("length_changed", lambda s: field(s, length=300), "holds 300", False),
    (
        "key_lost",
        lambda s: s["fields"]["List__c.Key__c"].update(externalId=False),
        "no external id any more",
        True,
    ),
    (
        "value_renamed",
        lambda s: field(s, values={"Client": "Client", "Lead": "Lead"}),
        "'Prospect' of Contact.Type__c was renamed to 'Lead'",
        True,
    ),
    (
        "key_lost",
        lambda s: s["fields"]["List__c.Key__c"].update(unique=False),
        "is not unique any more",
        True,
    ),
    (
        "lookup_changed",
        lambda s: field(s, referenceTo=["Lead"]),
        "led to nothing and leads to Lead",
        True,
    ),
    (
        "mark_came",
        lambda s: s["people"].update({"Contact.Inactive__c": "Inactive__c: marked as inactive"}),
        "Inactive__c: marked as inactive",
        True,
    ),
    ("mark_gone", lambda s: s["people"].clear(), "takes part again", True),
    (
        "mark_changed",
        lambda s: s["people"].update({"Contact.Deceased__c": "Deceased__c (Yes): died"}),
        "and are by Deceased__c (Yes)",
        True,
    ),
    (
        "custom_field_gone",
        lambda s: s["custom_fields"].clear(),
        "the custom field Household was deleted in Constant Contact",
        True,
    ),
    (
        "custom_field_type",
        lambda s: s["custom_fields"].update(Household="date"),
        "was of the type string and is date",
        True,
    ),
    ("value_gone", lambda s: field(s, values={"Client": "Client"}), "lost the value", True),
    (
        "value_came",
        lambda s: field(s, values=FIELD["values"] | {"Lead": "Lead"}),
        "the new value 'Lead'",
        False,
    ),
    (
        "scope_taken",
        lambda s: s["scopes"].remove("contact_data"),
        "the token has the scope contact_data no more",
        True,
    ),
    (
        "privilege_taken",
        lambda s: s["privileges"].clear(),
        "the privilege contacts:read no more",
        True,
    ),
    ("message_gone", lambda s: s["messages"].clear(), "Contact.M is gone", True),
    (
        "message_moved",
        lambda s: s["messages"]["Contact.M"].update(host="b.example.org"),
        "went to a.example.org and goes to b.example.org",
        True,
    ),
    (
        "message_lacks",
        lambda s: s["messages"]["Contact.M"].update(fields=["Id"]),
        "does not carry Email any more",
        True,
    ),
]


@pytest.mark.parametrize(
    ("kind", "edit", "says", "matters"), CASES, ids=[f"{row[0]} {row[3]}" for row in CASES]
)
def test_a_change_is_told_by_its_kind(
    kind: str, edit: Callable[[dict[str, Any]], object], says: str, *, matters: bool
) -> None:
    [change] = changes(SHAPE, after(edit))
    assert (change.kind, change.matters) == (kind, matters)
    assert says in change.says


def test_what_the_mapping_reads_anew_is_no_change() -> None:
    assert changes(SHAPE, after(lambda s: s["fields"].update({"Contact.New__c": FIELD}))) == []


def test_what_looks_of_an_earlier_version_did_not_keep_is_no_change() -> None:
    before = {key: SHAPE[key] for key in SHAPE if key not in {"people", "custom_fields"}}
    assert changes(before, SHAPE) == []


def test_what_was_not_told_before_is_no_change() -> None:
    assert changes(after(lambda s: s.update(scopes=None, messages=None)), SHAPE) == []


def test_what_matters_comes_first() -> None:
    both = after(lambda s: field(s, values={"A": "A"}, length=300))
    told = changes(SHAPE, both)
    assert [one.matters for one in told] == sorted((one.matters for one in told), reverse=True)


@given(st.lists(st.sampled_from([row[1] for row in CASES[:11]]), max_size=6))
def test_nothing_has_changed_between_two_looks_alike(
    edits: list[Callable[[dict[str, Any]], object]],
) -> None:
    shape = copy.deepcopy(SHAPE)
    for edit in edits:
        try:
            edit(shape)
        except KeyError:
            continue
    assert changes(shape, copy.deepcopy(shape)) == []


def check(cause: str | None, says: str) -> dict[str, str | None]:
    return {"cause": cause, "says": says}


WELL = {
    "database": check(None, "PostgreSQL 17.4"),
    "disk": check(None, "50 GiB of 100 are free"),
    "backup": check("backup_none", "no backup is known"),
}


@pytest.mark.parametrize(
    ("now", "kind", "says", "matters"),
    [
        (
            {"disk": check("disk_filling", "9 GiB of 100 are free")},
            "check_worse",
            "disk: 9 GiB of 100 are free",
            True,
        ),
        (
            {"backup": check(None, "the last one is of today")},
            "check_better",
            "backup: the last one is of today",
            False,
        ),
        (
            {"database": check(None, "PostgreSQL 18.6")},
            "database_changed",
            "the database was PostgreSQL 17.4 and is PostgreSQL 18.6",
            True,
        ),
    ],
)
def test_what_became_of_the_installation_is_told(
    now: dict[str, Any], kind: str, says: str, *, matters: bool
) -> None:
    [found] = changes_of_installation(WELL, WELL | now)
    assert (found.kind, found.says, found.matters) == (kind, says, matters)


def test_less_room_and_what_was_not_looked_at_are_no_changes_of_the_installation() -> None:
    less = {"disk": check(None, "40 GiB of 100 are free"), "worker": check("worker_silent", "none")}
    assert changes_of_installation(WELL, less) == []
    assert changes_of_installation({}, WELL) == []
