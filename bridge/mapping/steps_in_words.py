"""What a transform does to a value, as a clause that people read. Pure.

A transform without a clause of its own is told by what the schema says of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.mapping.steps import StepBody

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bridge.mapping.rules import Lookup
    from bridge.mapping.step_arguments import (
        Band,
        InCountry,
        NumberFormat,
        PercentFormat,
        PhoneFormat,
        Split,
        TimeFormat,
        Truncation,
    )
    from bridge.mapping.steps import Replace, YesNo

_OTHERWISE = {
    "keep": "any other value stays as it is",
    "empty": "any other value becomes none",
    "error": "any other value makes the record an error",
}
_MANY = 12

_PLAIN: dict[str, str] = {
    "trim": "blanks at both ends are taken off",
    "squeeze": "every run of white space becomes one blank",
    "lower": "all letters become small",
    "upper": "all letters become capitals",
    "name": "a name that is all in capitals, or all small, gets the capitals that names have",
    "title": "each word begins with a capital",
    "first_word": "only what stands before the first blank is kept",
    "first_line": "only the first line that has text is kept",
    "one_line": "its lines are joined by commas",
    "strip_html": "of HTML only the text is kept",
    "digits": "only digits are kept",
    "sort": "the chosen values are put into the order of the alphabet",
    "year": "only the year is kept",
    "month": "only the number of the month is kept",
    "month_name": "only the name of the month is kept",
    "day": "only the day of the month is kept",
    "country_name": "the code of a country becomes its name",
    "country_code": "the name of a country becomes its code",
}


def quoted(text: object) -> str:
    """Return a text in quotation marks, with blanks at its ends kept."""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"


def number_in_words(number: float) -> str:
    """Return a number as people write it.

    >>> number_in_words(250000.0), number_in_words(0.5)
    ('250,000', '0.5')
    """
    return f"{int(number):,}" if number == int(number) else f"{number:,}"


def steps_in_words(steps: Sequence[StepBody], lookups: Mapping[str, Lookup]) -> list[str]:
    """Return a clause for each step, in order.

    >>> from bridge.mapping.steps import StepBody
    >>> steps_in_words([StepBody(trim=True), StepBody(cut=20)], {})
    ['blanks at both ends are taken off', 'it is cut to 20 characters']
    """
    return [_step(step, lookups) for step in steps]


def _step(step: StepBody, lookups: Mapping[str, Lookup]) -> str:
    name, argument = step.name, step.argument
    if name == "lookup":
        return _lookup(argument, lookups.get(argument))
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _WITH_ARGUMENT:
        return _WITH_ARGUMENT[name](argument)
    (field,) = (StepBody.model_fields[attribute] for attribute in step.model_fields_set)
    told = str(field.description)
    return f"`{name}`: {told}" if argument is True else f"`{name}` {quoted(argument)}: {told}"


def _lookup(name: str, lookup: Lookup | None) -> str:
    if lookup is None:
        return f"it is looked up in the table {name}"
    rows = list(lookup.table.items())
    told = [f"{quoted(key)} becomes {quoted(text) if text else 'none'}" for key, text in rows]
    if len(rows) > _MANY:
        told = [*told[:_MANY], f"{len(rows) - _MANY} more in the table {name}"]
    return ", ".join([*told, _OTHERWISE[lookup.otherwise]])


def _replace(argument: Replace) -> str:
    if not argument.with_:
        return f"every {quoted(argument.find)} is taken out"
    return f"every {quoted(argument.find)} becomes {quoted(argument.with_)}"


def _number(argument: NumberFormat) -> str:
    digits = f" with {argument.decimals} decimals" if argument.decimals else " without decimals"
    symbol = f" and {quoted(argument.symbol)} before it" if argument.symbol else ""
    return f"it is written as a number{digits}{symbol}"


def _bands(bands: Sequence[Band]) -> str:
    told = [
        f"below {number_in_words(band.below)} it is {quoted(band.text)}"
        if band.below is not None
        else f"otherwise it is {quoted(band.text)}"
        for band in bands
    ]
    return ", ".join(told)


def _yes_no(argument: YesNo) -> str:
    return f"a ticked box is {quoted(argument.if_true)}, another one {quoted(argument.if_false)}"


def _phone(argument: PhoneFormat) -> str:
    told = "it is written as a telephone number"
    return f"{told} of {country}" if (country := _country(argument)) else told


def _country(argument: InCountry) -> str:
    """Return of which country a value is taken to be; empty where none is named."""
    if argument.country_from and argument.country:
        return f"the country in {argument.country_from}, else of {argument.country}"
    if argument.country_from:
        return f"the country in {argument.country_from}"
    return argument.country or ""


def _truncate(argument: Truncation) -> str:
    where = "between words" if argument.at == "word" else "anywhere"
    return f"what is longer than {argument.to} characters is cut {where}"


def _split(argument: Split) -> str:
    number, back = abs(argument.take), " from the end" if argument.take < 0 else ""
    return f"of the parts between {quoted(argument.at)} number {number}{back} is kept"


def _percent(argument: PercentFormat) -> str:
    return f"it is written as a percentage with {argument.decimals} decimals"


def _date_time(argument: TimeFormat) -> str:
    return f"it is written as a time of {argument.zone or 'UTC'}, {argument.pattern}"


def _only(values: Sequence[str]) -> str:
    return f"of the chosen values only {', '.join(quoted(value) for value in values)} are kept"


_WITH_ARGUMENT: dict[str, Callable[[Any], str]] = {
    "cut": lambda most: f"it is cut to {most} characters",
    "prefix": lambda text: f"{quoted(text)} is put before it",
    "suffix": lambda text: f"{quoted(text)} is put after it",
    "replace": _replace,
    "number": _number,
    "money": _number,
    "bands": _bands,
    "date": lambda pattern: f"it is written as a date, {pattern}",
    "in_zone": lambda zone: f"the time is that of {zone}",
    "yes_no": _yes_no,
    "join": lambda text: f"the chosen values are joined by {quoted(text)}",
    "has": lambda value: f"it is {quoted('true')} where {quoted(value)} is chosen",
    "phone": _phone,
    "truncate": _truncate,
    "split": _split,
    "percent": _percent,
    "round": lambda unit: f"it is rounded to a multiple of {number_in_words(unit)}",
    "date_time": _date_time,
    "only": _only,
    "state_name": lambda argument: f"the code of a state of {_country(argument)} becomes its name",
    "state_code": lambda argument: f"the name of a state of {_country(argument)} becomes its code",
}
