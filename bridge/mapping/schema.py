"""The shape of the mapping files: what may stand where. Exported as JSON Schema for editors.

What a pydantic model cannot say - names that must exist, limits of a target - is in `checks.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bridge.mapping.own_tests import MAX_TESTS, OwnTest
from bridge.mapping.rules import (
    KEY,
    AnyRule,
    ApiName,
    Condition,
    CustomRule,
    LeaveOut,
    Lookup,
    SourcePath,
    Strict,
)


class PhoneNumbers(Strict):
    """At most three; a contact has one of each kind."""

    home: AnyRule | None = None
    work: AnyRule | None = None
    mobile: AnyRule | None = None
    other: AnyRule | None = None


class Address(Strict):
    """The parts of one street address."""

    street: AnyRule | None = None
    city: AnyRule | None = None
    state: AnyRule | None = None
    postal_code: AnyRule | None = None
    country: AnyRule | None = None


class StreetAddresses(Strict):
    """One of each kind."""

    home: Address | None = None
    work: Address | None = None
    other: Address | None = None


class ContactFields(Strict):
    """The parts of a Constant Contact contact that the bridge may write."""

    email_address: AnyRule
    first_name: AnyRule | None = None
    last_name: AnyRule | None = None
    job_title: AnyRule | None = None
    company_name: AnyRule | None = None
    birthday: AnyRule | None = Field(None, description="a date; gives month and day")
    birthday_month: AnyRule | None = None
    birthday_day: AnyRule | None = None
    anniversary: AnyRule | None = Field(None, description="a date")
    phone_numbers: PhoneNumbers = PhoneNumbers()
    street_addresses: StreetAddresses = StreetAddresses()
    custom_fields: dict[Annotated[str, Field(pattern=KEY)], CustomRule] = Field(
        default_factory=dict, max_length=25
    )


class ListFields(Strict):
    """The parts of a Constant Contact list that the bridge may write."""

    name: AnyRule
    description: AnyRule | None = None


class RecordFile(Strict):
    """What contact.yaml, list.yaml and membership.yaml have in common."""

    leave_out: list[LeaveOut] = Field(
        default_factory=list, max_length=50, description="records that take no part"
    )
    tests: list[OwnTest] = Field(
        default_factory=list,
        max_length=MAX_TESTS,
        description="records and what shall become of them: `bridge mapping test` and every "
        "activation try them",
    )


class Filter(Strict):
    """A field by which people are looked for."""

    field: SourcePath
    label: str = Field(min_length=1, max_length=40, description="what people know it as")


class ContactFile(RecordFile):
    """contact.yaml: a person in Salesforce becomes a contact in Constant Contact."""

    source: Literal["contact"]
    target: Literal["contact"]
    match: Literal["email_address"] = Field(
        description="Constant Contact keeps an address once: it is what people are matched by"
    )
    take_part: Literal["standard", "everybody"] = Field(
        "standard",
        description="`standard`: people whom the organization marks as deceased, inactive or "
        "former clients take no part, where it has such a field; `everybody`: only `leave_out` "
        "decides",
    )
    explicit_permission_when: Condition | None = Field(
        None,
        description="new contacts for whom this holds are created with explicit permission; "
        "without it, and for all others, permission is implicit",
    )
    lookups: dict[str, Lookup] = Field(default_factory=dict, max_length=50)
    filters: list[Filter] = Field(
        default_factory=list,
        max_length=12,
        description="fields by which people are looked for when many are put on a list at once",
    )
    fields: ContactFields


class ListFile(RecordFile):
    """list.yaml: a list in Salesforce becomes a list in Constant Contact."""

    source: Literal["list"]
    target: Literal["list"]
    match: Literal["name", "id"] = Field(
        description="`name`: a list that has the same name there is taken over; "
        "`id`: only the one whose id Salesforce keeps"
    )
    lookups: dict[str, Lookup] = Field(default_factory=dict, max_length=50)
    fields: ListFields


class MembershipFile(RecordFile):
    """membership.yaml: a membership in Salesforce puts the contact on the list."""

    source: Literal["membership"]
    target: Literal["membership"]
    match: Literal["contact_and_list"] = Field(description="one person is on one list once")


class Junction(Strict):
    """An object of your own that says who belongs to which client."""

    object: ApiName
    client: ApiName = Field(description="its lookup to the client")
    contact: ApiName = Field(description="its lookup to the contact")


class JunctionWay(Strict):
    """A way through a junction object."""

    junction: Junction


class ClientFile(Strict):
    """client.yaml: who belongs to a client (household), and what is shown of it."""

    source: Literal["client"]
    ways: list[Literal["account", "person_account", "relation"] | JunctionWay] = Field(
        min_length=1,
        max_length=10,
        description="in order; a way that the organization does not have is passed over",
    )
    fields: list[SourcePath] = Field(default_factory=list, max_length=20)
