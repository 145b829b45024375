"""The source of each transform: one expression, chosen by name from a closed table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bridge.mapping import countries, dates, patterns, people_names, quantities, transforms
from bridge.mapping.step_arguments import InCountry, PhoneFormat
from bridge.mapping.templates import Bound, Namespace, expression

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from bridge.mapping.rules import Lookup
    from bridge.mapping.steps import StepBody


def _call(function: Callable[..., str], *arguments: object) -> tuple[str, dict[str, Any]]:
    holes = {f"ARGUMENT_{'X' * n}": argument for n, argument in enumerate(arguments)}
    return f"CALL({', '.join(['VALUE', *holes])})", {"CALL": function, **holes}


def _number(style: Any) -> tuple[str, dict[str, Any]]:
    return _call(quantities.number, style.decimals, style.thousands, style.point, style.symbol)


def _replace(by: Any) -> tuple[str, dict[str, Any]]:
    if by.pattern is not None:
        pattern = patterns.compiled_pattern(by.pattern)
        parts = patterns.replacement(by.with_, pattern.groups)
        return _call(patterns.replace, Bound(pattern), parts)
    if len(by.with_) > len(by.find):
        return _call(patterns.replace_text, by.find, by.with_)
    return "VALUE.replace(FIND, WITH)", {"FIND": by.find, "WITH": by.with_}


# How each transform is written: simple ones in place, all others as a call of their function.
_CODE: Mapping[str, Callable[[Any], tuple[str, dict[str, Any]]]] = {
    "trim": lambda _: ("VALUE.strip()", {}),
    "squeeze": lambda _: _call(transforms.squeeze),
    "lower": lambda _: ("VALUE.lower()", {}),
    "upper": lambda _: ("VALUE.upper()", {}),
    "title": lambda _: _call(transforms.title),
    "name": lambda _: _call(people_names.name),
    "first_word": lambda _: _call(transforms.first_word),
    "first_line": lambda _: _call(transforms.first_line),
    "one_line": lambda _: _call(transforms.one_line),
    "strip_html": lambda _: _call(transforms.strip_html),
    "digits": lambda _: _call(transforms.digits),
    "cut": lambda length: ("VALUE[:LENGTH].rstrip()", {"LENGTH": length}),
    "truncate": lambda by: _call(transforms.truncate, by.to, by.end, by.at),
    "split": lambda by: _call(transforms.split, by.at, by.take),
    "prefix": lambda text: _call(transforms.prefix, text),
    "suffix": lambda text: _call(transforms.suffix, text),
    "replace": _replace,
    "number": _number,
    "money": _number,
    "percent": lambda style: _call(
        quantities.percent,
        style.decimals,
        style.thousands,
        style.point,
        1 if style.fraction else 100,
    ),
    "round": lambda unit: _call(quantities.round_to, Bound(Decimal(str(unit)))),
    "bands": lambda bands: _call(
        quantities.band,
        Bound(tuple(None if b.below is None else Decimal(str(b.below)) for b in bands)),
        tuple(b.text for b in bands),
    ),
    "date": lambda pattern: _call(dates.format_date, pattern),
    "date_time": lambda style: _call(
        dates.format_time, style.pattern, Bound(style.zone and ZoneInfo(style.zone))
    ),
    "in_zone": lambda name: _call(dates.in_zone, Bound(ZoneInfo(name))),
    "year": lambda _: _call(dates.format_date, "YYYY"),
    "month": lambda _: _call(dates.format_date, "M"),
    "month_name": lambda _: _call(dates.format_date, "MMMM"),
    "day": lambda _: _call(dates.format_date, "D"),
    "yes_no": lambda words: _call(transforms.yes_no, words.if_true, words.if_false),
    "join": lambda separator: _call(transforms.join, separator),
    "only": lambda values: _call(transforms.only, tuple(values)),
    "sort": lambda _: _call(transforms.sort),
    "has": lambda value: _call(transforms.has, value),
    "country_name": lambda _: _call(countries.country_name),
    "country_code": lambda _: _call(countries.country_code),
}


def _in_country(step: StepBody, named: ast.expr | None) -> tuple[str, dict[str, Any]]:
    """Return the call of a transform that may need a country."""
    style = step.argument
    if step.name == "state_name":
        return _call(countries.state_name, style.country, named)
    if step.name == "state_code":
        return _call(countries.state_code, style.country, named)
    if style == PhoneFormat():
        return _call(transforms.phone)
    from bridge.mapping.phones import phone_of  # noqa: PLC0415 - it loads the numbering plans

    return _call(phone_of, style.country, named, style.format, style.invalid)


def step_code(
    step: StepBody,
    value: ast.expr,
    lookups: Mapping[str, Lookup],
    names: Namespace,
    read: Callable[[str], ast.expr],
) -> ast.expr:
    """Return the expression of one transform applied to the expression of its value.

    Args:
        step: The transform.
        value: The expression of its value.
        lookups: The tables of the file.
        names: The objects that the code may name.
        read: Returns the expression of a field's value.
    """
    if step.name == "lookup":
        lookup = lookups[step.argument]
        table = {key: text or "" for key, text in lookup.table.items()}
        template, holes = _call(transforms.lookup, Bound(table), lookup.otherwise)
    elif isinstance(step.argument, InCountry):
        template, holes = _in_country(step, next((read(path) for _, path in step.asks), None))
    else:
        template, holes = _CODE[step.name](step.argument)
    return expression(template, names, VALUE=value, **holes)
