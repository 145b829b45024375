"""Choose a value among the child records of a record. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bridge.mapping.quantities import decimal_of
from bridge.salesforce.children import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.mapping.conditions import Answer, Value


def chosen_child(
    value: Value,
    holds: Callable[[Mapping[str, str | None]], Answer],
    field: str,
    order_by: str | None,
    separator: str | None,
) -> Value:
    """Return the value of the first child record that has one, or those of all of them.

    Args:
        value: The records, as text.
        holds: Tells whether a record counts.
        field: Whose value is wanted.
        order_by: By which field they are ordered, the last first where it begins with `-`; empty
            ones come last.
        separator: What stands between the values of all; None for the first alone.

    >>> rows = '[{"Role": "Trustee", "Since": "2020-01-01"}, {"Role": "Owner", "Since": null}]'
    >>> chosen_child(rows, lambda row: True, "Role", "-Since", None)
    'Trustee'

    Raises:
        ValueError: If the text holds no records.
    """
    if not value:
        return value
    rows = rows_of(value)
    answers = [holds(row) for row in rows]
    kept = [row for row, answer in zip(rows, answers, strict=True) if answer]
    asked = {field, *([order_by.removeprefix("-")] if order_by else [])}
    if None in answers or any(asked - row.keys() for row in kept):
        return False
    if order_by:
        by = order_by.removeprefix("-")
        kept.sort(key=lambda row: _place(row[by]), reverse=order_by.startswith("-"))
        kept.sort(key=lambda row: not row[by])
    values = list(dict.fromkeys(text for row in kept if (text := row[field])))
    if separator is None:
        values = values[:1]
    return (separator or "").join(values) or None


def _place(text: str | None) -> tuple[bool, Decimal, str]:
    """Return where a value stands among others: numbers by their size, before all other text."""
    try:
        return False, decimal_of(text or ""), ""
    except ValueError:
        return True, Decimal(0), text or ""
