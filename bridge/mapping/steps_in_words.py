"""What a transform does to a value, as a clause that people read. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    from bridge.mapping.steps import Replace, StepBody, YesNo

_OTHERWISE = {
    "keep": "any other value stays as it is",
    "empty": "any other value becomes none",
    "error": "any other value makes the record an error",
}
_INVALID = {
    "keep": "one that its plan does not have stays as it is",
    "empty": "one that its plan does not have becomes none",
    "error": "one that its plan does not have makes the record an error",
}
_PLACES = {1: "first", 2: "second", 3: "third", -1: "last", -2: "last but one"}
_MANY = 12

_PLAIN: dict[str, str] = {
    "trim": "blanks at both ends are taken off",
    "squeeze": "every run of white space becomes one blank",
    "lower": "all letters become small",
    "upper": "all letters become capitals",
    "title": "each word begins with a capital",
    "name": "a name that is all in capitals or all small gets the capitals that names have",
    "first_word": "only what stands before the first blank is kept",
    "first_line": "only the first line that has text is kept",
    "one_line": "its lines are joined by commas",
    "strip_html": "of HTML only the text is kept",
    "digits": "only digits are kept",
    "year": "only the year is kept",
    "month": "only the number of the month is kept",
    "month_name": "only the name of the month is kept",
    "day": "only the day of the month is kept",
    "sort": "the chosen values are put in the order of the alphabet",
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
    return _PLAIN[name] if name in _PLAIN else _WITH_ARGUMENT[name](argument)


def _lookup(name: str, lookup: Lookup | None) -> str:
    if lookup is None:
        return f"it is looked up in the table {name}"
    rows = list(lookup.table.items())
    told = [f"{quoted(key)} becomes {quoted(text) if text else 'none'}" for key, text in rows]
    if len(rows) > _MANY:
        told = [*told[:_MANY], f"{len(rows) - _MANY} more in the table {name}"]
    return ", ".join([*told, _OTHERWISE[lookup.otherwise]])


def _replace(argument: Replace) -> str:
    found = quoted(argument.find)
    if argument.pattern is not None:
        found = f"part of the form {quoted(argument.pattern)}"
    if not argument.with_:
        return f"every {found} is taken out"
    return f"every {found} becomes {quoted(argument.with_)}"


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


def _percent(argument: PercentFormat) -> str:
    digits = f" with {argument.decimals} decimals" if argument.decimals else " without decimals"
    return f"it is written as a percentage{digits}"


def _truncate(argument: Truncation) -> str:
    where = " between two words" if argument.at == "word" else ""
    end = f", with {quoted(argument.end)} at the end" if argument.end else ""
    return f"above {argument.to} characters it is cut{where}{end}"


def _split(argument: Split) -> str:
    place = _PLACES.get(argument.take) or f"{abs(argument.take)}th"
    if argument.take < 0 and argument.take not in _PLACES:
        place += " from the end"
    return f"of the parts between {quoted(argument.at)} the {place} is kept"


def _date_time(argument: TimeFormat) -> str:
    zone = f", the time of {argument.zone}" if argument.zone else ""
    return f"it is written as a time, {argument.pattern}{zone}"


def _country(argument: InCountry) -> str:
    """Return which country is meant."""
    if argument.country_from is None:
        return str(argument.country)
    instead = f", or {argument.country} where it is empty" if argument.country else ""
    return f"the country that {argument.country_from} names{instead}"


def _phone(argument: PhoneFormat) -> str:
    if argument.country is None and argument.country_from is None:
        return "of a telephone number the digits, a leading + and an extension are kept"
    return (
        f"it is written as a telephone number ({argument.format}); without a country it is one of "
        f"{_country(argument)}; {_INVALID[argument.invalid]}"
    )


_WITH_ARGUMENT: dict[str, Callable[[Any], str]] = {
    "truncate": _truncate,
    "split": _split,
    "percent": _percent,
    "round": lambda unit: f"it is rounded to the nearest multiple of {number_in_words(unit)}",
    "date_time": _date_time,
    "only": lambda values: f"of the chosen values only {', '.join(map(quoted, values))} are kept",
    "state_name": lambda by: f"the code of a state of {_country(by)} becomes its name",
    "state_code": lambda by: f"the name of a state of {_country(by)} becomes its code",
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
}
