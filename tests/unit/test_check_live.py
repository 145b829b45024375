"""What `bridge mapping check --live` finds: seeded mistakes, where each is, how it is mended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.doctor.checks import examine
from bridge.doctor.findings import fault
from bridge.doctor.live import compare
from bridge.policies.policy import Policies
from tests.unit.live_builders import a_field, described, facts_of, field_of, there
from tests.unit.mapping_builders import contact_yaml, files_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.doctor.facts import CustomFieldThere

LIST = "practifi__Constant_Contact_List__c"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
INTERACTION = "practifi__Interaction__c"

NEW_FIELDS = {
    "Contact": [
        a_field("Client_Segment__c", "picklist", "A=Private client", "B=Core", "C=Prospect"),
        a_field("Interests__c", "multipicklist", "Golf", "Wine"),
        a_field("Adviser__c", "reference", relationshipName="Adviser__r", referenceTo=["User"]),
        a_field("Box__c", "boolean", length=0),
        a_field("Amount__c", "currency", length=0),
        a_field("Code__c", "string", length=20),
        a_field("Since__c", "date", length=0),
        a_field("Tax_Number__c", "encryptedstring", length=100),
        a_field("Family__c", "string", calculated=True, calculatedFormula="Account.Name"),
        a_field("Left__c", "picklist", "Now", "Before"),
        a_field("Office__c", "location"),
        a_field("Office__Latitude__s", "double", compoundFieldName="Office__c"),
    ],
}


def organization() -> dict[str, Any]:
    objects = described()
    for name, fields in NEW_FIELDS.items():
        objects[name]["fields"] += fields
    objects["AccountContactRelation"] = {
        "fields": [a_field("Roles", "multipicklist", "Adviser"), a_field("IsDirect", "boolean")]
    }
    objects["Contact"]["childRelationships"] = [
        {"relationshipName": "AccountContactRelations", "childSObject": "AccountContactRelation"}
    ]
    field_of(objects, "Contact.Left__c")["picklistValues"][1]["active"] = False
    return objects


def custom(rule: str, kind: str = "string") -> str:
    return f"custom_fields: {{it: {{label: It, type: {kind}, {rule}}}}}"


def left_out(condition: str) -> str:
    return f"leave_out: [{{when: {{{condition}}}, reason: r}}]\n"


def table(rows: str, otherwise: str = "empty") -> str:
    return f"lookups: {{words: {{table: {{{rows}}}, otherwise: {otherwise}}}}}\n"


def alter(path: str, **what: Any) -> Callable[[dict[str, Any]], object]:
    return lambda objects: field_of(objects, path).update(what)


def drop(path: str) -> Callable[[dict[str, Any]], object]:
    def dropped(objects: dict[str, Any]) -> None:
        objects["Contact"]["fields"].remove(field_of(objects, path))

    return dropped


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """A mistake: the file, the organization or the account, and what is said of it."""

    id: str
    cause: str
    says: str
    advises: str
    place: str = "contact.yaml:6:"
    fields: str = ""
    head: str = ""
    breaks: Callable[[dict[str, Any]], object] = field(default=lambda _: None)
    there: tuple[CustomFieldThere, ...] = ()
    policies: Policies = field(default_factory=Policies)
    state: str = "failed"


LOOKED_UP = custom("from: Client_Segment__c, transform: [{lookup: words}]")

CASES = [
    Seeded(
        id="the label of a field instead of its name",
        fields="job_title: Client_Segment",
        cause="field_missing",
        place="contact.yaml:6:14",
        says="Contact has no field Client_Segment, or the bridge's user may not see it",
        advises="did you mean Client_Segment__c?",
    ),
    Seeded(
        id="a namespace that is left out",
        fields="job_title: Account.Client_Segment__c",
        cause="field_missing",
        says="Client_Segment__c is not there",
        advises="did you mean Account.practifi__Client_Segment__c?",
    ),
    Seeded(
        id="a lookup instead of its relationship",
        fields="job_title: Adviser__c.Name",
        cause="field_missing",
        says="Adviser__c is not there",
        advises="did you mean Adviser__r.Name?",
    ),
    Seeded(
        id="a field of a template that is not there",
        fields="job_title: {template: 'Dear {Adviser__r.Nmae__c|friend}'}",
        cause="field_missing",
        place="contact.yaml:6:32",
        says="Nmae__c is not there",
        advises="did you mean Adviser__r.Name?",
    ),
    Seeded(
        id="a field of child records that is not there",
        fields=custom("child: {of: AccountContactRelations, field: Rolls}"),
        cause="field_missing",
        place="contact.yaml:6:93",
        says="Rolls is not there",
        advises="did you mean AccountContactRelations.Roles?",
    ),
    Seeded(
        id="a tick box of child records beside a word",
        fields=custom(
            "child: {of: AccountContactRelations, field: Roles, where: {field: IsDirect, is: 'no'}}"
        ),
        cause="rule_type",
        place="contact.yaml:6:",
        says="compares Contact.AccountContactRelations.IsDirect with a text",
        advises="write true or false",
    ),
    Seeded(
        id="a field that may not be read",
        fields="job_title: Title",
        breaks=drop("Contact.Title"),
        cause="field_missing",
        says="or the bridge's user may not see it",
        advises="Setup, Object Manager, Contact tells: where the field is listed, give",
    ),
    Seeded(
        id="a field of a condition that is not there",
        head=left_out("field: Decesed__c, is: true"),
        breaks=lambda objects: objects["Contact"]["fields"].append(
            a_field("Deceased__c", "boolean")
        ),
        cause="field_missing",
        place="contact.yaml:4:28",
        says="Decesed__c",
        advises="did you mean Deceased__c?",
    ),
    Seeded(
        id="a filter that is not there",
        head="filters: [{field: Segment, label: Segment}]\n",
        cause="field_missing",
        place="contact.yaml:4:19",
        says="Contact has no field Segment",
        advises="correct the name",
    ),
    Seeded(
        id="an object that is not there",
        breaks=lambda objects: objects.pop(LIST),
        cause="object_missing",
        place="names.yaml:",
        says=f"there is no object {LIST}",
        advises="give the bridge's user access",
    ),
    Seeded(
        id="a field that may not be written back",
        breaks=alter("Contact.CC_Bridge_Status__c", updateable=False),
        cause="field_read_only",
        place="names.yaml:",
        says="may not edit Contact.CC_Bridge_Status__c",
        advises="edit access",
    ),
    Seeded(
        id="an id field that is too short",
        breaks=alter("Contact.practifi__Constant_Contact_ID__c", length=18),
        cause="field_short",
        place="names.yaml:",
        says="holds 18 characters",
        advises="at least 36",
    ),
    Seeded(
        id="a time that is a date",
        breaks=alter("Contact.CC_Bridge_Status_Since__c", type="date"),
        cause="field_type",
        place="names.yaml:",
        says="datetime is wanted",
        advises="name another field",
    ),
    Seeded(
        id="a field that new memberships have to have",
        breaks=alter(f"{MEMBERSHIP}.CC_Bridge_Status__c", nillable=False, defaultedOnCreate=False),
        cause="field_required",
        place="names.yaml:",
        says="is required",
        advises="give it a default",
    ),
    Seeded(
        id="memberships that may not be made",
        breaks=lambda objects: objects[MEMBERSHIP].update(createable=False),
        cause="object_rights",
        place="",
        says="may not create records",
        advises="permission set",
    ),
    Seeded(
        id="a value of new interactions that there is not",
        breaks=alter(
            f"{INTERACTION}.practifi__Direction_Picklist__c",
            picklistValues=[],
            restrictedPicklist=True,
        ),
        cause="value_missing",
        place="interaction.yaml:",
        says="'Outbound'",
        advises="correct the mapping",
        state="warning",
    ),
    Seeded(
        id="date on a text",
        fields=custom("from: Code__c, transform: [date]"),
        cause="rule_unsure",
        place="contact.yaml:6:76",
        says="`date` is for a date, and Contact.Code__c is of the type string",
        advises="a value that is no date is refused",
        state="warning",
    ),
    Seeded(
        id="year of a tick box",
        fields=custom("from: Box__c, transform: [year]"),
        cause="rule_type",
        says="`year` is for a date, and Contact.Box__c is of the type boolean",
        advises="name another field",
    ),
    Seeded(
        id="bands on a text",
        fields=custom("from: Code__c, transform: [{bands: [{below: 5, text: Low}, {text: High}]}]"),
        cause="rule_unsure",
        says="`bands` is for a number",
        advises="no number is refused",
        state="warning",
    ),
    Seeded(
        id="money of a date",
        fields=custom("from: Since__c, transform: [{money: {symbol: $}}]"),
        cause="rule_type",
        says="`money` is for a number, and Contact.Since__c is of the type date",
        advises="name another field",
    ),
    Seeded(
        id="yes_no of a picklist",
        fields=custom("from: Client_Segment__c, transform: [yes_no]"),
        cause="rule_type",
        says="`yes_no` is for a tick box",
        advises="name another field",
    ),
    Seeded(
        id="yes_no of a text",
        fields=custom("from: Code__c, transform: [yes_no]"),
        cause="rule_unsure",
        says="`yes_no` is for a tick box",
        advises="only the words true and false",
        state="warning",
    ),
    Seeded(
        id="a zone for a date",
        fields=custom("from: Since__c, transform: [{in_zone: Australia/Sydney}, date]"),
        cause="rule_type",
        says="`in_zone` is for a date and time",
        advises="name another field",
    ),
    Seeded(
        id="join of a picklist",
        fields=custom("from: Client_Segment__c, transform: [join]"),
        cause="rule_unsure",
        says="`join` is for a multi-select picklist",
        advises="it holds one value",
        state="warning",
    ),
    Seeded(
        id="includes on a picklist",
        head=left_out("field: Client_Segment__c, includes: A"),
        cause="rule_unsure",
        place="contact.yaml:4:28",
        says="`includes` is for a multi-select picklist",
        advises="use `is` or `in`",
        state="warning",
    ),
    Seeded(
        id="is on a multi-select picklist",
        head=left_out("field: Interests__c, is: Golf"),
        cause="rule_unsure",
        place="contact.yaml:4:28",
        says="compares all that is chosen",
        advises="use `includes`",
        state="warning",
    ),
    Seeded(
        id="a word for a tick box",
        head=left_out("field: Box__c, is: 'Yes'"),
        cause="rule_type",
        place="contact.yaml:4:28",
        says="compares Contact.Box__c with a text",
        advises="write true or false",
    ),
    Seeded(
        id="true for a picklist",
        head=left_out("field: Client_Segment__c, is: true"),
        cause="rule_type",
        place="contact.yaml:4:28",
        says="`is` is for a tick box",
        advises="name another field",
    ),
    Seeded(
        id="a number beside a date",
        head=left_out("field: Since__c, above: 5"),
        cause="rule_type",
        place="contact.yaml:4:28",
        says="`above` is for a number",
        advises="name another field",
    ),
    Seeded(
        id="a date beside an amount",
        head=left_out("field: Amount__c, below: '2026-01-31'"),
        cause="rule_type",
        place="contact.yaml:4:28",
        says="`below` is for a date",
        advises="name another field",
    ),
    Seeded(
        id="a birthday of a picklist",
        fields="birthday: Client_Segment__c",
        cause="rule_type",
        place="contact.yaml:6:13",
        says="`birthday` is for a date",
        advises="name another field",
    ),
    Seeded(
        id="a number of a text",
        fields=custom("from: Code__c", kind="number"),
        cause="rule_unsure",
        says="is for a number",
        advises="no number is refused",
        state="warning",
    ),
    Seeded(
        id="a value in other letters",
        head=left_out("field: Account.Type, is: client"),
        cause="value_missing",
        place="contact.yaml:4:28",
        says="the value 'client' of Contact.Account.Type",
        advises="did you mean 'Client'?",
    ),
    Seeded(
        id="the label of a value",
        head=left_out("field: Client_Segment__c, in: [A, Core]"),
        cause="value_missing",
        place="contact.yaml:4:28",
        says="the value 'Core'",
        advises="did you mean 'B'?",
    ),
    Seeded(
        id="a choice that there is not",
        fields=custom("from: Interests__c, transform: [{has: Gulf}]"),
        cause="value_missing",
        says="the value 'Gulf'",
        advises="did you mean 'Golf'?",
    ),
    Seeded(
        id="a table with a value that there is not",
        head=table("A: a, B: b, C: c, D: d"),
        fields=LOOKED_UP,
        cause="value_missing",
        place="contact.yaml:7:",
        says="the value 'D'",
        advises="correct the mapping",
    ),
    Seeded(
        id="a table that lacks values",
        head=table("A: a"),
        fields=LOOKED_UP,
        cause="value_uncovered",
        place="contact.yaml:7:",
        says="these become empty: B, C",
        advises="add them to the table",
        state="warning",
    ),
    Seeded(
        id="a table that lacks an inactive value",
        head=table("Now: now", "error"),
        fields=custom("from: Left__c, transform: [{lookup: words}]"),
        cause="value_uncovered",
        place="contact.yaml:7:",
        says="these are errors: Before",
        advises="add them to the table",
        state="warning",
    ),
    Seeded(
        id="a text that is too long",
        fields="first_name: {from: Description, transform: [trim]}",
        cause="value_long",
        place="contact.yaml:6:22",
        says="holds up to 32,000 characters, and first_name takes 50",
        advises="`too_long: cut`",
        state="warning",
    ),
    Seeded(
        id="a place as a whole",
        fields="job_title: Office__c",
        cause="field_compound",
        says="no rule can read it",
        advises="read its parts instead: Office__Latitude__s",
    ),
    Seeded(
        id="an encrypted field",
        fields=custom("from: Tax_Number__c"),
        cause="field_encrypted",
        says="no message carries it",
        advises="View Encrypted Data",
        state="warning",
    ),
    Seeded(
        id="a formula over another record",
        fields=custom("from: Family__c, too_long: cut"),
        cause="field_calculated",
        says="calculated from other records",
        advises="nightly run",
        state="warning",
    ),
    Seeded(
        id="the id of a person",
        fields="job_title: Adviser__c",
        cause="field_id",
        says="holds the id of another record",
        advises="the name is Adviser__r.Name",
        state="warning",
    ),
    Seeded(
        id="a custom field of another type",
        fields=custom("from: Code__c"),
        there=(there("It", "date"),),
        cause="custom_field_type",
        place="contact.yaml:6:31",
        says="is of the type date there, and the mapping writes string",
        advises="another `label`, or the type date",
    ),
    Seeded(
        id="an account that is full",
        fields=custom("from: Code__c"),
        there=tuple(there(f"F{number}") for number in range(100)),
        cause="custom_fields_full",
        place="",
        says="has 100 custom fields and lacks 1",
        advises="delete custom fields there",
    ),
    Seeded(
        id="more custom fields than a contact can hold",
        fields=custom("from: Code__c"),
        there=tuple(there(f"F{number}") for number in range(25)),
        cause="custom_fields_many",
        place="",
        says="the account has 25 others",
        advises="map fewer",
        state="warning",
    ),
    Seeded(
        id="a custom field that is created by hand",
        fields=custom("from: Code__c"),
        policies=Policies(custom_fields="ask"),
        cause="custom_field_missing",
        place="contact.yaml:6:31",
        says="has no custom field It",
        advises="`bridge mapping create-fields --connection firm`",
        state="warning",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_mistake_is_told_where_it_stands_with_its_mending(case: Seeded) -> None:
    objects = organization()
    case.breaks(objects)
    files = files_with(contact=contact_yaml(case.fields, case.head))
    found = compare(facts_of(files, objects, case.there, case.policies))
    told = [one for one in found.findings if one.state != "ok" and one.cause == case.cause]
    assert told, [one for one in found.findings if one.state != "ok"]
    assert told[0].place.startswith(case.place)
    assert case.says in told[0].says
    assert case.advises in (told[0].advice or "")
    assert told[0].state == case.state
    assert bool(found.fault_count) == (case.state == "failed")


@pytest.mark.parametrize(
    ("fields", "head"),
    [
        pytest.param(custom("from: Since__c, transform: [date]"), "", id="a date"),
        pytest.param(custom("from: Amount__c, transform: [number]"), "", id="an amount"),
        pytest.param(custom("from: Box__c, transform: [yes_no]"), "", id="a tick box"),
        pytest.param(custom("from: Interests__c, transform: [join]"), "", id="choices"),
        pytest.param(custom("from: Adviser__r.Name"), "", id="a name"),
        pytest.param("", left_out("field: Left__c, is: Before"), id="an inactive value"),
        pytest.param("", left_out("field: Box__c, is: true"), id="a ticked box"),
        pytest.param(LOOKED_UP, table("A: a", "keep"), id="a table that keeps others"),
        pytest.param("first_name: {from: Description, too_long: cut}", "", id="a text that is cut"),
    ],
)
def test_what_suits_is_no_mistake(fields: str, head: str) -> None:
    files = files_with(contact=contact_yaml(fields, head))
    found = compare(facts_of(files, organization()))
    assert [one for one in found.findings if one.state != "ok"] == []


def test_what_ships_suits_an_organization_as_it_should_be() -> None:
    found = compare(facts_of(files_with()))
    assert [(one.place, one.says) for one in found.findings if one.state != "ok"] == []
    assert "will be created: Household, Client type" in [one.says for one in found.findings]


def test_the_doctor_finds_the_same() -> None:
    facts = facts_of(files_with(contact=contact_yaml("job_title: Client_Segment")), organization())
    assert {one for one in compare(facts).findings if one.state != "ok"} == {
        one for one in examine(facts) if one.state != "ok" and one.place
    }


def test_a_side_that_is_not_reached_is_told_and_the_other_one_looked_at() -> None:
    facts = facts_of(files_with(contact=contact_yaml(custom("from: Code__c"))))
    facts = replace(
        facts,
        organization=fault("salesforce_unreachable", "no answer", url="https://example.org"),
        account=replace(facts.there, custom_fields=(there("It", "date"),)) if facts.there else None,
    )
    found = compare(facts)
    assert found.unseen == ("Salesforce",)
    assert [one.cause for one in found.findings if one.cause] == [
        "salesforce_unreachable",
        "custom_field_type",
    ]
    assert found.fault_count == 1
