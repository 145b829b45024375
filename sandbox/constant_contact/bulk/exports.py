"""An export at work: contacts as lines of a CSV file, which is there once all are written."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.bulk.columns import FIELD_PREFIX
from sandbox.constant_contact.refusals import invalid
from sandbox.constant_contact.times import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sandbox.constant_contact.bulk.model import BulkActivity, Scene
    from sandbox.constant_contact.model import Account, Contact

_STREET: Final = {
    "street": "street",
    "city": "city",
    "state": "state",
    "zip": "postal_code",
    "country": "country",
}
_EMAIL: Final = {
    "email_optin_source": "opt_in_source",
    "email_optin_date": "opt_in_date",
    "email_optout_source": "opt_out_source",
    "email_optout_date": "opt_out_date",
    "email_optout_reason": "opt_out_reason",
}
FIELDS: Final = (
    "first_name",
    "last_name",
    "email_address",
    "email_permission",
    "email_lists",
    "phone_number",
    "company_name",
    "job_title",
    "notes",
    *_STREET,
    "anniversary",
    "birthday_month",
    "birthday_day",
    "source_name",
    "created_at",
    "updated_at",
    *_EMAIL,
)
"""What `fields` may name, beside custom fields; without it all of them are exported."""
NEVER_FILLED: Final = frozenset({"birthday", "website", "social_profiles"})
"""Documented names of what a contact of this API does not have."""
NEED_ADDRESS: Final = frozenset(_EMAIL)
"""Fields that are exported only beside `email_address`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the file; `field_id` where it is a custom field."""

    heading: str
    field_id: str | None = None


@dataclass(slots=True)
class ExportContacts:
    """Contacts that become a file.

    Attributes:
        contact_ids: Who is exported.
        columns: In order.
        lines: What is written so far, without the headings.
    """

    contact_ids: list[str]
    columns: Sequence[Column]
    lines: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """One step a contact."""
        return len(self.contact_ids)

    def step(self, index: int, scene: Scene, activity: BulkActivity) -> None:
        """Write one contact."""
        contact = scene.account.contacts.get(self.contact_ids[index])
        if contact is None:
            activity.blame(f"contact_id {self.contact_ids[index]} not found")
            return
        self.lines.append(
            _line(
                _cell(scene.account, contact, column.heading)
                if column.field_id is None
                else _value(contact, column.field_id)
                for column in self.columns
            )
        )
        activity.count("items_completed_count")

    def finish(self, scene: Scene, activity: BulkActivity) -> None:
        """Lay the file down."""
        activity.export_id = scene.account.new_id()
        head = _line(column.heading for column in self.columns)
        scene.account.exports[activity.export_id] = "".join([head, *self.lines])


def read_columns(account: Account, names: object) -> list[Column]:
    """Return the columns that `fields` names, or all that there are.

    Raises:
        Refusal: 400 for an unknown one, and for what stands only beside `email_address`.
    """
    own = {
        f"{FIELD_PREFIX}{one.name}": one.custom_field_id for one in account.custom_fields.values()
    }
    if names is None or names == []:
        names = [*FIELDS, *own]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid(["fields does not have a valid value"])
    if not {*own, *FIELDS, *NEVER_FILLED}.issuperset(names):
        raise invalid(["fields contains a field that does not exist"])
    if "email_address" not in names and not NEED_ADDRESS.isdisjoint(names):
        raise invalid(["fields must have email_address beside what belongs to it"])
    return [Column(heading=name, field_id=own.get(name)) for name in dict.fromkeys(names)]


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _value(contact: Contact, field_id: str) -> str:
    found: dict[str, Any] = contact.custom_fields.get(field_id, {})
    return str(found.get("value") or ";".join(found.get("choice_ids", ())))


def _cell(account: Account, contact: Contact, name: str) -> str:
    if name in contact.core:
        return str(contact.core[name])
    if name in _STREET and contact.street_addresses:
        return str(contact.street_addresses[0].get(_STREET[name], ""))
    if name in _EMAIL and contact.email is not None:
        value = getattr(contact.email, _EMAIL[name])
        return "" if value is None else value if isinstance(value, str) else written(value)
    return _CELLS[name](account, contact) if name in _CELLS else ""


_CELLS: Final[dict[str, Callable[[Account, Contact], str]]] = {
    "email_address": lambda _, contact: contact.email.address if contact.email else "",
    "email_permission": lambda _, contact: (
        contact.email.permission_to_send if contact.email else ""
    ),
    "email_lists": lambda account, contact: ",".join(
        account.lists[one].name for one in contact.list_memberships
    ),
    "phone_number": lambda _, contact: ",".join(
        one["phone_number"] for one in contact.phone_numbers
    ),
    "notes": lambda _, contact: "\n".join(note["content"] for note in contact.notes),
    "source_name": lambda _, contact: contact.create_source,
    "created_at": lambda _, contact: written(contact.created_at),
    "updated_at": lambda _, contact: written(contact.updated_at),
}
