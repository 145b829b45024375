"""Answers to the conditions of a mapping: True, False, or None where the record cannot tell.

A value is text; None is null; False stands for *not known* (the record lacks the field), since no
record holds it and it costs nothing to ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.mapping import patterns
from bridge.mapping.quantities import day_of, decimal_of
from bridge.mapping.transforms import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

Value: TypeAlias = str | Literal[False] | None
Answer: TypeAlias = bool | None


def above(record: Mapping[str, str | None], parents: Sequence[str]) -> Value:
    """Return what is known of a parent's field that the record lacks: null where a parent is null.

    >>> above({"Account": None}, ("Account",)), above({}, ("Account",))
    (None, False)
    """
    return None if any(record.get(parent, False) is None for parent in parents) else False


def known(record: Mapping[str, str | None], path: str, parents: Sequence[str]) -> Value:
    """Return what is known of a parent's field.

    >>> known({"Account": None}, "Account.Name", ("Account",))
    """
    value: Value = record.get(path, False)
    return above(record, parents) if value is False else value


def first_of(values: Sequence[Value]) -> Value:
    """Return the first value that is not empty; not known where an unknown one stands before it.

    >>> first_of([None, "b", False]), first_of([False, "b"]), first_of([None, ""])
    ('b', False, None)
    """
    return next((value for value in values if value or value is False), None)


def joined(values: Sequence[Value], separator: str) -> Value:
    """Return all values that are not empty in one text; not known where one of them is not.

    >>> joined(["Ada", None, "Lovelace"], " "), joined(["Ada", False], " "), joined([None], " ")
    ('Ada Lovelace', False, None)
    """
    if any(value is False for value in values):
        return False
    return separator.join(text for value in values if value and (text := value.strip())) or None


def among(value: Value, texts: frozenset[str], numbers: frozenset[Decimal]) -> Answer:
    """Tell whether the value is one of the texts or, as a number, one of the numbers.

    >>> among("A", frozenset({"A", "B"}), frozenset()), among(None, frozenset({"A"}), frozenset())
    (True, False)
    """
    if value is False:
        return None
    if not value:
        return False
    if value in texts:
        return True
    if not numbers:
        return False
    try:
        return decimal_of(value) in numbers
    except ValueError:
        return False


def is_empty(value: Value) -> Answer:
    """Tell whether there is no value; blanks are none."""
    return None if value is False else not (value and value.strip())


def matches(value: Value, pattern: Any) -> Answer:
    """Tell whether the whole value is as the pattern says; where there is none, it is not.

    Raises:
        ValueError: If the value is no Unicode text.
    """
    return None if value is False else bool(value) and patterns.matches(value or "", pattern)


def contains(value: Value, part: str) -> Answer:
    """Tell whether the text, small letters, is part of the value; `part` is in small letters."""
    return None if value is False else part in (value or "").lower()


def starts_with(value: Value, part: str) -> Answer:
    """Tell whether the value begins with the text; `part` is in small letters."""
    return None if value is False else (value or "").lower().startswith(part)


def ends_with(value: Value, part: str) -> Answer:
    """Tell whether the value ends with the text; `part` is in small letters."""
    return None if value is False else (value or "").lower().endswith(part)


def includes(value: Value, item: str) -> Answer:
    """Tell whether a multi-select field has the item chosen."""
    return None if value is False else item in chosen(value or "")


def compare(value: Value, limit: Decimal | str) -> int | None:
    """Return -1, 0 or 1 as the value lies below, at or above the limit; 2 where there is no value.

    A limit that is text is a day, and a time counts by its day (UTC).

    Raises:
        ValueError: If the value is no number or date, as the limit is.
    """
    if value is False:
        return None
    if not value:
        return 2
    if isinstance(limit, str):
        day = day_of(value).isoformat()
        return (day > limit) - (day < limit)
    number = decimal_of(value)
    return (number > limit) - (number < limit)


def ordered(sign: int | None, wanted: tuple[int, ...]) -> Answer:
    """Tell whether a comparison came out as one of the wanted signs."""
    return None if sign is None else sign in wanted


def negate(answer: Answer) -> Answer:
    """Return the opposite; what is not known stays so."""
    return None if answer is None else not answer


def all_of(answers: Sequence[Answer]) -> Answer:
    """Tell whether all hold; one that does not decides, even beside unknown ones.

    >>> all_of([True, None]), all_of([False, None]), all_of([True, True])
    (None, False, True)
    """
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def any_of(answers: Sequence[Answer]) -> Answer:
    """Tell whether one holds; one that does decides, even beside unknown ones.

    >>> any_of([True, None]), any_of([False, None]), any_of([False, False])
    (True, None, False)
    """
    return negate(all_of([negate(answer) for answer in answers]))
