"""The names of a connection: a profile with its overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.errors import MappingError
from bridge.mapping.compiled import load_mapping
from bridge.mapping.profiles import PROFILES
from tests.unit.mapping_builders import files_with

if TYPE_CHECKING:
    from bridge.mapping.names import Names


def names_of(profile: str, overrides: dict[str, object] | None = None) -> Names:
    return load_mapping(files_with(), profile=profile, overrides=overrides or {}).names


@pytest.mark.parametrize(
    ("profile", "list_object", "membership"),
    [
        (
            "practifi",
            "practifi__Constant_Contact_List__c",
            ("practifi__Constant_Contact_Membership__c", "practifi__Contact__c"),
        ),
        ("bridge", "CC_Bridge_List__c", ("CC_Bridge_Membership__c", "CC_Bridge_Contact__c")),
        ("plain", "Campaign", ("CampaignMember", "ContactId")),
    ],
)
def test_a_profile(profile: str, list_object: str, membership: tuple[str, str]) -> None:
    names = names_of(profile)
    assert names.profile == profile
    assert names.list.object == list_object
    assert (names.membership.object, names.membership.contact) == membership
    assert (names.contact.object, names.contact.email) == ("Contact", "Email")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_object_has_its_kind_whatever_its_case(profile: str) -> None:
    names = names_of(profile)
    for kind in ("client", "contact", "list", "membership"):
        name = getattr(names, kind).object
        expected = "account" if kind == "client" else kind
        assert names.kind_of(name) == names.kind_of(name.upper()) == expected
    assert names.kind_of("Opportunity") is None


@pytest.mark.parametrize(
    "overrides",
    [
        {"contact": {"cc_id": "CC__c", "status": None}},
        {"contact.cc_id": "CC__c", "contact.status": None},
    ],
    ids=["nested", "dotted"],
)
def test_an_override_replaces_one_name_and_null_takes_it_away(overrides: dict[str, object]) -> None:
    names = names_of("practifi", overrides)
    assert (names.contact.cc_id, names.contact.status) == ("CC__c", None)
    assert names.contact.email == "Email"


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [("cloupra__", "cloupra__Constant_Contact_List__c"), ("", "Constant_Contact_List__c")],
)
def test_another_namespace_is_put_into_all_names(namespace: str, expected: str) -> None:
    names = names_of("practifi", {"namespace": namespace})
    assert names.namespace == namespace
    assert names.list.object == names.membership.list == expected
    assert names.contact.do_not_email == "HasOptedOutOfEmail"


@pytest.mark.parametrize(
    ("profile", "overrides", "fault"),
    [
        ("practify", {}, "no profile practify (did you mean practifi?)"),
        (
            "practifi",
            {"contact": {"emial": "X"}},
            "unknown key `emial` (did you mean email?)",
        ),
        (
            "practifi",
            {"contact": {"email": "E mail"}},
            "contact.email: 'E mail' is not an API name: letters, digits and _",
        ),
        (
            "practifi",
            {"contact": {"email": None}},
            "contact.email: a text is expected",
        ),
    ],
)
def test_an_override_that_fits_nothing_is_told(
    profile: str, overrides: dict[str, object], fault: str
) -> None:
    with pytest.raises(MappingError) as caught:
        names_of(profile, overrides)
    (told,) = caught.value.faults
    assert told.startswith("names.yaml:1:1: ")
    assert told.endswith(fault)


def test_the_address_follows_an_override_into_the_mapping() -> None:
    mapping = load_mapping(
        files_with(), profile="practifi", overrides={"contact": {"email": "Work_Email__c"}}
    )
    assert mapping.contact.paths[0] == "Work_Email__c"
