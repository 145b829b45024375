"""Field values: from JSON to what is stored, and from there to REST JSON and to SOAP text.

Stored are `str`, `bool`, `float`, `int`, `date` and aware `datetime` of whole seconds; empty text
is null, as in Salesforce.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

from sandbox.salesforce import ids
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import Default

if TYPE_CHECKING:
    from sandbox.salesforce.schema import Field

Value: TypeAlias = str | bool | float | int | date | datetime | None
Row: TypeAlias = dict[str, Value]
"""Field name -> value, for every field of the object. A row is replaced, never changed."""

_ADDRESS = re.compile(r"[^@\s,;<>()\[\]\\\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)")
_MOST_DIGITS = 9
_TEXTS = frozenset({"string", "textarea", "email", "phone", "url", "picklist", "multipicklist"})


def stored(field: Field, value: object) -> Value:
    """Return a JSON value as it is stored.

    Raises:
        ApiError: If the value is not one of the field's type, or breaks a rule of the field.
    """
    if value is None or value == "":
        if field.type == "boolean":
            raise _not_of_type(field, value)
        return None
    match field.type:
        case "boolean" if isinstance(value, bool):
            found: Value = value
        case "double" | "int" if not isinstance(value, bool):
            found = _number(field, value)
        case "date" if isinstance(value, str):
            found = parse_date(value)
        case "datetime" if isinstance(value, str):
            found = parse_datetime(value)
        case "reference" | "id" if isinstance(value, str):
            found = _reference(field, value)
        case _ if field.type in _TEXTS and isinstance(value, str):
            return _text(field, value)
        case _:
            found = None
    if found is None:
        raise _not_of_type(field, value)
    return found


def parse_datetime(text: str) -> datetime | None:
    """Return a date and time with a zone, in UTC and whole seconds; None where it is none.

    >>> parse_datetime("2026-11-02T10:15:00.999+0100")
    datetime.datetime(2026, 11, 2, 9, 15, tzinfo=datetime.timezone.utc)
    """
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    zone = match[2].replace(":", "").replace("Z", "+0000")
    try:
        return datetime.strptime(match[1] + zone, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):  # a zone can lead out of the calendar
        return None


def parse_date(text: str) -> date | None:
    """Return a date, or None where the text is none.

    >>> parse_date("2026-11-31") is None
    True
    """
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def to_json(value: Value) -> str | bool | float | int | None:
    """Return a stored value as REST JSON spells it.

    >>> to_json(datetime(2026, 11, 2, 9, 15, tzinfo=UTC)), to_json(24.0)
    ('2026-11-02T09:15:00.000+0000', 24.0)
    """
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if isinstance(value, date):
        return value.isoformat()
    return value


def to_soap(value: Value) -> str:
    """Return a stored value, not null, as an outbound message spells it.

    >>> to_soap(True), to_soap(120000.0), to_soap(datetime(2026, 11, 2, 9, 15, tzinfo=UTC))
    ('true', '120000.0', '2026-11-02T09:15:00.000Z')
    >>> to_soap(1e16)
    '1.0E16'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, float) and "e" in (text := repr(value)):
        mantissa, exponent = text.split("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
    return str(value)


def _text(field: Field, value: str) -> Value:
    text = value.strip()
    if not text:
        return None
    if len(text) > field.length:
        shown = text if len(text) <= field.length + 100 else text[: field.length + 100] + "..."
        raise ApiError(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {shown} (max length={field.length})",
            fields=(field.name,),
        )
    if field.type == "email" and not _ADDRESS.fullmatch(text):
        raise ApiError(
            "INVALID_EMAIL_ADDRESS",
            f"{field.label}: invalid email address: {text}",
            fields=(field.name,),
        )
    if field.restricted and text not in field.picklist:
        raise ApiError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.label}: bad value for restricted picklist field: {text}",
            fields=(field.name,),
        )
    return text


def _number(field: Field, value: object) -> Value:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise _not_of_type(field, value) from None
    if not isinstance(value, float | int):
        raise _not_of_type(field, value)
    digits = _MOST_DIGITS if field.type == "int" else field.precision - field.scale
    # NaN, which JSON as Python reads it knows, is below nothing.
    if not abs(value) < 10**digits:
        raise ApiError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.label}: value outside of valid range on numeric field: {value}",
            fields=(field.name,),
        )
    return int(value) if field.type == "int" else round(float(value), field.scale)


def _reference(field: Field, value: str) -> Value:
    found = ids.canonical(value)
    if found is None:
        raise ApiError(
            "MALFORMED_ID",
            f"{field.label}: id value of incorrect type: {value}",
            fields=(field.name,),
        )
    return found


def _not_of_type(field: Field, value: object) -> ApiError:
    match value:
        case bool():
            found = f"VALUE_{str(value).upper()}"
        case int():
            found = "VALUE_NUMBER_INT"
        case float():
            found = "VALUE_NUMBER_FLOAT"
        case None:
            found = "VALUE_NULL"
        case dict():
            found = "START_OBJECT"
        case list():
            found = "START_ARRAY"
        case _:
            found = "VALUE_STRING"
    spelled = str(value).lower() if isinstance(value, bool) else value
    return ApiError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {field.type} from {found} value {spelled} or request may "
        "be missing a required field at [line:1, column:1]",
    )


def initial(field: Field, *, user_id: str, record_id: str) -> Value:
    """Return what a new record holds in a field that was not given."""
    match field.default:
        case Default.CURRENT_USER:
            return user_id
        case Default.RECORD_ID:
            return record_id
        case given:
            return given
