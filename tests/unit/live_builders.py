"""What the doctor reads of both sides, as the sandbox's objects are described, to be altered."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from bridge.connections.model import Connection, Endpoint
from bridge.doctor.facts import Account, CustomFieldThere, Facts, InForce, Organization, Stored
from bridge.mapping.compiled import load_mapping
from bridge.policies.policy import Policies
from bridge.salesforce.model import Identity
from sandbox.salesforce.catalogue.packages import CUSTOM
from sandbox.salesforce.catalogue.setup import SETUP
from sandbox.salesforce.catalogue.standard import STANDARD
from sandbox.salesforce.describe import describe
from sandbox.salesforce.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORGANIZATION = "00D5g0000004C92EAE"
_LISTED = {"picklistValues": [], "length": 255, "nillable": True, "createable": True}


@cache
def _described() -> dict[str, Any]:
    schema = Schema((*STANDARD, *CUSTOM, *SETUP))
    return {each.name: describe(schema, each, version="66.0") for each in schema}


def described() -> dict[str, Any]:
    """Return what an organization in which all is well says of its objects."""
    return deepcopy(_described())


def a_field(name: str, kind: str, *values: str, **what: Any) -> dict[str, Any]:
    """Return the description of a field; values of a picklist may be written `value=label`."""
    listed = [
        {"value": value, "label": label or value, "active": True}
        for value, _, label in (each.partition("=") for each in values)
    ]
    label = name.removesuffix("__c").replace("_", " ")
    return _LISTED | {"name": name, "label": label, "type": kind, "picklistValues": listed} | what


def field_of(objects: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the description of `Object.Field`, to be altered."""
    name, _, field = path.partition(".")
    found: dict[str, Any] = next(one for one in objects[name]["fields"] if one["name"] == field)
    return found


def facts_of(
    files: Mapping[str, str],
    objects: dict[str, Any] | None = None,
    custom_fields: tuple[CustomFieldThere, ...] = (),
    policies: Policies | None = None,
) -> Facts:
    """Return the facts of a connection with this mapping, and both sides as given."""
    mapping = load_mapping(files, profile="practifi", overrides={})
    connection = Connection(
        id=1, name="firm", organization_id=_ORGANIZATION, profile="practifi", state="active"
    )
    return Facts(
        connection=connection,
        stored=Stored(
            at=datetime(2026, 11, 29, tzinfo=UTC),
            policies=policies or Policies(),
            endpoint=Endpoint(
                connection_id=1, name="firm", organization_id=_ORGANIZATION, secrets=("s",)
            ),
        ),
        in_force=InForce(mapping=mapping, files=files),
        organization=Organization(
            identity=Identity(
                organization_id=_ORGANIZATION, user_id="005", username="b@example.org"
            ),
            described=described() if objects is None else objects,
        ),
        account=Account(account_id="a1", name="Firm", custom_fields=custom_fields),
    )


def there(label: str, kind: str = "string") -> CustomFieldThere:
    """Return a custom field of the account."""
    return CustomFieldThere(id=label, name=label.lower(), label=label, type=kind)
