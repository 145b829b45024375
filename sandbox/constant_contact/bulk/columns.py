"""The flat row of an import, as the body of a contact. Pure but for what the account has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact import sms
from sandbox.constant_contact.field_values import SELECTS
from sandbox.constant_contact.times import read_anniversary
from sandbox.constant_contact.validation import CORE_LENGTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.constant_contact.model import CustomField, Json

ADDRESS_LENGTH: Final = 50
FIELD_PREFIX: Final = "cf:"
_KINDS: Final = ("home", "work", "mobile", "other")
_PHONES: Final = {"phone": "other"} | {f"{kind}_phone": kind for kind in _KINDS}
_STREET_PARTS: Final = ("street", "street2", "city", "state", "zip", "country")
_STREETS: Final = {
    f"{prefix}{part}": (kind, part)
    for prefix, kind in (("", "other"), ("home_", "home"), ("work_", "work"), ("other_", "other"))
    for part in _STREET_PARTS
}
_WHOLE: Final = ("birthday_month", "birthday_day")
_INTEGER: Final = re.compile(r"[0-9]{1,2}")
_CORE: Final = frozenset({*CORE_LENGTHS, "anniversary"})
COLUMNS: Final = frozenset(
    {"email", *CORE_LENGTHS, *_WHOLE, "anniversary", *_PHONES, *_STREETS}
    | {"sms_number", "sms_consent_date"}
)
_ALIASES: Final = {"email_address": "email"}


@lru_cache(maxsize=4096)
def column_of(heading: str) -> str:
    """Return the column that a heading names: case and outer blanks do not matter.

    >>> column_of("Email Address"), column_of(" home country"), column_of("CF:Client Since")
    ('email', 'home_country', 'cf:client_since')
    """
    name = heading.strip().lower().replace(" ", "_")
    return _ALIASES.get(name, name)


def unknown_columns(headings: Iterable[str], field_names: frozenset[str]) -> list[str]:
    """Return the headings that name neither a column nor a custom field, each once."""
    return [
        heading
        for heading in dict.fromkeys(headings)
        for column in (column_of(heading),)
        if column not in COLUMNS
        and not (
            column.startswith(FIELD_PREFIX) and column.removeprefix(FIELD_PREFIX) in field_names
        )
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an import.

    Attributes:
        body: What it says, as `POST /contacts` takes it; blank cells say nothing.
        sms_channel: The number to be mailed by SMS, or None.
        faults: What cannot be read.
    """

    body: Json
    sms_channel: Json | None
    faults: list[str]


def read_row(
    cells: Mapping[str, Any], fields: Mapping[str, CustomField], sms_permission: str
) -> Row:
    """Read a row.

    Args:
        cells: Heading to value; JSON may have other values than texts.
        fields: Custom fields by name in lower case.
        sms_permission: Permission that an SMS number comes with.
    """
    reading = _Reading(fields=fields, sms_permission=sms_permission)
    for heading, value in cells.items():
        if text := _text(heading, value, reading.faults):
            reading.take(column_of(heading), text)
    return reading.row()


@dataclass(slots=True, kw_only=True)
class _Reading:
    """A row while its cells are read."""

    fields: Mapping[str, CustomField]
    sms_permission: str
    body: Json = field(default_factory=lambda: {"create_source": "Account"})
    phones: dict[str, Json] = field(default_factory=dict)
    streets: dict[str, Json] = field(default_factory=dict)
    custom: list[Json] = field(default_factory=list)
    number: str | None = None
    consent_on: str | None = None
    faults: list[str] = field(default_factory=list)

    def take(self, column: str, text: str) -> None:
        """Take a cell; what no column stands for is passed over."""
        if column in _PHONES:
            kind = _PHONES[column]
            if column != "phone" or kind not in self.phones:
                self.phones[kind] = {"phone_number": text, "kind": kind}
        elif column in _STREETS:
            kind, part = _STREETS[column]
            self.streets.setdefault(kind, {"kind": kind})[part] = text
        elif column in _WHOLE:
            self.body[column] = int(text) if _INTEGER.fullmatch(text) else text
        elif column in _CORE:
            self.body[column] = text
        else:
            self._take_other(column, text)

    def _take_other(self, column: str, text: str) -> None:
        if column == "email":
            self.body["email_address"] = {"address": text}
            if len(text) > ADDRESS_LENGTH:
                self.faults.append(f"email_address length must be between 0 and {ADDRESS_LENGTH}")
        elif column == "sms_number":
            self.number = text
        elif column == "sms_consent_date":
            self.consent_on = read_anniversary(text)
            if self.consent_on is None:
                self.faults.append("sms_consent_date does not have a valid value")
        elif column.startswith(FIELD_PREFIX):
            custom_field = self.fields.get(column.removeprefix(FIELD_PREFIX))
            if custom_field is not None:
                self.custom.append(_field(custom_field, text))

    def row(self) -> Row:
        """Return what was read."""
        if self.phones:
            self.body["phone_numbers"] = list(self.phones.values())
        if self.streets:
            self.body["street_addresses"] = [_street(one) for one in self.streets.values()]
        if self.custom:
            self.body["custom_fields"] = self.custom
        if "email_address" not in self.body and self.number is None and not self.faults:
            self.faults.append("email_address is missing")
        return Row(self.body, self._channel(), self.faults)

    def _channel(self) -> Json | None:
        """Return the SMS channel: without a date of consent its permission is not set."""
        if self.number is None:
            return None
        permission = self.sms_permission if self.consent_on is not None else "not_set"
        channel = sms.imported(self.number, permission)
        if channel is None:
            self.faults.append("sms_number does not have a valid value")
        return channel


def _text(heading: str, value: object, faults: list[str]) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    faults.append(f"{heading} does not have a valid value")
    return ""


def _field(custom_field: CustomField, text: str) -> Json:
    """Return a custom field's value; choices are told by their labels, several with semicolons."""
    item: Json = {"custom_field_id": custom_field.custom_field_id}
    if custom_field.type not in SELECTS:
        return {**item, "value": text}
    ids = {
        choice["choice_label"].casefold(): choice["choice_id"] for choice in custom_field.choices
    }
    labels = [text] if text.casefold() in ids else text.split(";")
    return {**item, "choice_ids": [ids.get(label.strip().casefold(), "?") for label in labels]}


def _street(parts: Json) -> Json:
    lines = [parts[name] for name in ("street", "street2") if name in parts]
    out: Json = {
        name: parts[name] for name in ("kind", "city", "state", "country") if name in parts
    }
    if lines:
        out["street"] = ", ".join(lines)
    if "zip" in parts:
        out["postal_code"] = parts["zip"]
    return out
