"""Report types: which columns a report can have, and what a record has in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row, Value

_LABELS = {
    "equals": "equals",
    "notEqual": "not equal to",
    "lessThan": "less than",
    "greaterThan": "greater than",
    "lessOrEqual": "less or equal",
    "greaterOrEqual": "greater or equal",
    "contains": "contains",
    "notContain": "does not contain",
    "startsWith": "starts with",
}
_TEXTS = tuple(_LABELS)
OPERATORS = {
    "string": _TEXTS,
    "email": _TEXTS,
    "picklist": _TEXTS,
    "id": ("equals", "notEqual", "startsWith"),
}
"""The conditions that a column of each data type can be filtered by."""

_MEMBERSHIP = "practifi__Constant_Contact_Membership__c"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a report type.

    Attributes:
        kind: Its data type, in the words of the API.
        path: From a record to the value that it shows.
        leads_to: From a record to the record that a click on it opens; its id is the cell's value.
    """

    name: str
    label: str
    kind: str
    path: str
    leads_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReportType:
    """What a report is about."""

    name: str
    label: str
    object: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """Return a column by its API name, or None."""
        return next((each for each in self.columns if each.name == name), None)


def _text(name: str, label: str, path: str, leads_to: str | None = None) -> Column:
    return Column(name=name, label=label, kind="string", path=path, leads_to=leads_to)


TYPES = {
    each.name: each
    for each in (
        ReportType(
            name="ContactList",
            label="Contacts & Accounts",
            object="Contact",
            columns=(
                _text("FIRST_NAME", "First Name", "FirstName"),
                _text("LAST_NAME", "Last Name", "LastName", "Id"),
                _text("TITLE", "Title", "Title"),
                Column(name="EMAIL", label="Email", kind="email", path="Email"),
                _text("ADDRESS2_CITY", "Mailing City", "MailingCity"),
                _text("ACCOUNT.NAME", "Account Name", "Account.Name", "AccountId"),
                Column(
                    name="Account.practifi__Client_Segment__c",
                    label="Client Segment",
                    kind="picklist",
                    path="Account.practifi__Client_Segment__c",
                ),
                Column(name="CONTACT_ID", label="Contact ID", kind="id", path="Id"),
            ),
        ),
        ReportType(
            name="AccountList",
            label="Accounts",
            object="Account",
            columns=(
                _text("ACCOUNT.NAME", "Account Name", "Name", "Id"),
                Column(name="TYPE", label="Type", kind="picklist", path="Type"),
                Column(name="ACCOUNT_ID", label="Account ID", kind="id", path="Id"),
            ),
        ),
        ReportType(
            name=f"CustomEntity${_MEMBERSHIP}",
            label="Constant Contact Memberships",
            object=_MEMBERSHIP,
            columns=(
                _text("CUST_NAME", "Membership", "Name", "Id"),
                _text(
                    f"{_MEMBERSHIP}.practifi__Contact__c",
                    "Contact",
                    "practifi__Contact__r.Name",
                    "practifi__Contact__c",
                ),
                _text(
                    f"{_MEMBERSHIP}.practifi__Constant_Contact_List__c",
                    "Constant Contact List",
                    "practifi__Constant_Contact_List__r.Name",
                    "practifi__Constant_Contact_List__c",
                ),
            ),
        ),
    )
}


def operator_map() -> dict[str, list[dict[str, str]]]:
    """Return the conditions of each data type as `describe` shows them."""
    return {
        kind: [{"label": _LABELS[name], "name": name} for name in names]
        for kind, names in OPERATORS.items()
    }


def resolve(org: Org, sobject: SObject, path: str) -> list[Field] | None:
    """Return the fields that a path goes through, or None where one of them is not there."""
    fields: list[Field] = []
    *parents, last = path.split(".")
    for name in parents:
        reference = sobject.relationship(name)
        if reference is None:
            return None
        fields.append(reference)
        sobject = org.schema.get(reference.refers_to[0])
    field = sobject.field(last)
    return None if field is None else [*fields, field]


def value(org: Org, row: Row, fields: list[Field]) -> Value:
    """Return what a record has at the end of a path; None where a parent is missing."""
    *references, last = fields
    found: Row | None = row
    for reference in references:
        parent_id = None if found is None else found[reference.name]
        table = org.tables[reference.refers_to[0]]
        found = table.live(str(parent_id)) if parent_id else None
    return None if found is None else found[last.name]
