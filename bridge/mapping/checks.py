"""What the shape of a mapping file cannot say: names that must exist, limits that must be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel

from bridge.mapping.certain import misfits
from bridge.mapping.countries import country_code, is_country_code
from bridge.mapping.patterns import NotAPattern, compiled_pattern, replacement
from bridge.mapping.placeholders import TextWithFields, read_text
from bridge.mapping.quantities import day_of
from bridge.mapping.rules import Case, Condition, Lookup, Rule
from bridge.mapping.schema import (
    ClientFile,
    ContactFields,
    ContactFile,
    Filter,
    ListFile,
    MembershipFile,
)
from bridge.mapping.standard_fields import misspelling
from bridge.mapping.step_arguments import InCountry, TimeFormat
from bridge.mapping.targets import MAX_PHONE_NUMBERS, Target, rules_of
from bridge.mapping.yaml_tree import Path, Within, nearest

if TYPE_CHECKING:
    from bridge.mapping.names import Names

AnyFile = ContactFile | ListFile | MembershipFile | ClientFile
Found = Iterator[tuple[Path, str]]

_ORDERED = ("above", "at_least", "below", "at_most")


class FieldNames:
    """The fields of one object: turns `$name` into what names.yaml calls so."""

    def __init__(self, names: Names, file: AnyFile) -> None:
        part = getattr(names, file.source)
        self._known: dict[str, str | None] = {
            key: name for key, name in vars(part).items() if key != "object"
        }
        self._object: str = part.object
        self._profile = names.profile

    def resolve(self, source: str) -> str:
        """Return the Salesforce path of a source as written; a sound source is expected."""
        return self._known[source[1:]] or "" if source.startswith("$") else source

    def fault(self, source: str) -> str | None:
        """Say what is wrong with a source, or None."""
        if not source.startswith("$"):
            head, _, rest = source.partition(".")
            if rest and head == self._object:
                return f"a field of the record itself stands without its object: write {rest}"
            meant = misspelling(source, self._object)
            return (
                f"{self._object} has no field {source} (did you mean {meant}?)" if meant else None
            )
        if source[1:] not in self._known:
            close = nearest(source[1:], list(self._known))
            return f"names.yaml has no name {source[1:]} for this object{close}"
        if self._known[source[1:]] is None:
            return f"profile {self._profile} has no field for {source}: name one in names.yaml"
        return None


def check_file(file: AnyFile, fields: FieldNames) -> Found:
    """Yield path and cause of each thing in a file that cannot work."""
    for path, part in _models(file, ()):
        if isinstance(part, Condition):
            is_of_child = ("child", "where") in pairwise(path)
            yield from _condition(part, path, None if is_of_child else fields)
        elif isinstance(part, Case):
            yield from _source(part.from_, (*path, "from"), fields)
        elif isinstance(part, Rule):
            yield from _rule(part, path, fields)
    if isinstance(file, ClientFile):
        for number, source in enumerate(file.fields):
            yield from _source(source, ("fields", number), fields)
    elif isinstance(file, ContactFile | ListFile):
        for target, rule in rules_of(file.fields):
            path = ("fields", *target.path)
            yield from _target(rule, target, path)
            yield from _write(rule, target, path, is_list=isinstance(file, ListFile))
            faults = list(_steps(rule, path, file.lookups))
            yield from faults or misfits(rule, target, path, file.lookups)
    if isinstance(file, ContactFile):
        yield from _contact(file.fields, fields)
        yield from _filters(file.filters, fields)


def _models(part: object, path: Path) -> Iterator[tuple[Path, BaseModel]]:
    """Yield every model in a file with its path, by the keys that the file uses."""
    if isinstance(part, BaseModel):
        yield path, part
        for name, field in type(part).model_fields.items():
            yield from _models(getattr(part, name), (*path, field.alias or name))
    elif isinstance(part, dict):
        for key, inner in part.items():
            yield from _models(inner, (*path, key))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from _models(inner, (*path, number))


def _source(source: str | None, path: Path, fields: FieldNames) -> Found:
    if source is not None and (cause := fields.fault(source)):
        yield path, cause


def _condition(condition: Condition, path: Path, fields: FieldNames | None) -> Found:
    """Check a condition; of child records, whose `fields` are None, no field is known here."""
    if fields is not None:
        yield from _source(condition.field, (*path, "field"), fields)
    elif condition.field is not None and condition.field.startswith("$"):
        yield (*path, "field"), "child records have no names in names.yaml: write the field itself"
    for operator in _ORDERED:
        limit = getattr(condition, operator)
        if isinstance(limit, str) and not _is_day(limit):
            yield (
                (*path, operator),
                "neither a number nor a date: write one, such as 5 or '2026-01-31'",
            )
    if condition.matches is not None and (cause := _pattern_fault(condition.matches)):
        yield (*path, "matches"), cause


def _pattern_fault(pattern: str, by: str = "") -> str | None:
    """Say what is wrong with a pattern, or with what is put in the place of its matches."""
    try:
        replacement(by, compiled_pattern(pattern).groups)
    except NotAPattern as fault:
        return str(fault)
    return None


def _is_day(text: str) -> bool:
    try:
        return day_of(text).isoformat() == text
    except ValueError:
        return False


def _rule(rule: Rule, path: Path, fields: FieldNames) -> Found:
    yield from _source(rule.from_, (*path, "from"), fields)
    for number, source in enumerate(rule.first_of or []):
        yield from _source(source, (*path, "first_of", number), fields)
    for number, source in enumerate(rule.join.fields if rule.join else []):
        yield from _source(source, (*path, "join", "fields", number), fields)
    for number, step in enumerate(rule.transform):
        for key, source in step.asks:
            yield from _source(source, (*path, "transform", number, step.name, key), fields)
    if rule.template is not None:
        yield from _template(read_text(rule.template), (*path, "template"), fields)
    for number, case in enumerate(rule.cases or [], start=1):
        if case.when is None and number < len(rule.cases or []):
            yield (
                (*path, "cases", number - 1),
                "only the last case may stand without `when`: put it last",
            )


def _template(text: TextWithFields, path: Path, fields: FieldNames) -> Found:
    faulty = {at for at, _ in text.faults}
    for at, cause in text.faults:
        yield (*path, Within(at)), cause
    for field in text.fields:
        if field.at not in faulty:
            yield from _source(field.source, (*path, Within(field.at)), fields)


def _target(rule: Rule, target: Target, path: Path) -> Found:
    """Check a rule against what Constant Contact takes at its place."""
    if rule.max is not None and target.limit is None:
        yield (*path, "max"), f"{target.name} is no text: leave `max` out"
    elif rule.max is not None and target.limit is not None and rule.max > target.limit:
        cause = f"Constant Contact takes at most {target.limit} characters here: write no more"
        yield (*path, "max"), cause
    if rule.too_long == "cut" and target.is_kept_whole:
        yield (*path, "too_long"), "a part of it would be another value: leave `too_long` out"
    if target.is_key and rule.default is not None:
        yield (
            (*path, "default"),
            "records are matched by this: leave `default` out",
        )


def _write(rule: Rule, target: Target, path: Path, *, is_list: bool) -> Found:
    """Check that a write rule has something to decide."""
    if rule.write == "always":
        return
    place = (*path, "write")
    if is_list:
        yield place, "the parts of a list are always written: leave `write` out"
    elif target.is_key:
        yield place, "people are matched by this: it is always written, leave `write` out"
    elif rule.write == "never_clear" and rule.required:
        yield place, "`required` lets no empty value come: leave `write` out"
    elif rule.write == "never_clear" and rule.default is not None:
        yield place, "`default` is written instead of an empty value: keep one of the two"
    elif rule.write == "never_clear" and rule.value is not None and rule.when is None:
        yield place, "`value` without `when` is never empty: leave `write` out"


def _steps(rule: Rule, path: Path, lookups: Mapping[str, Lookup]) -> Found:
    """Check the arguments of the transforms of a rule."""
    for number, step in enumerate(rule.transform):
        place = (*path, "transform", number, step.name)
        if step.name == "lookup" and step.argument not in lookups:
            close = nearest(step.argument, list(lookups)) or ": write it there"
            yield place, f"no table {step.argument} under `lookups`{close}"
        elif step.name in {"in_zone", "date_time"}:
            yield from _zone(step.argument, place)
        elif isinstance(step.argument, InCountry):
            yield from _country(step.argument.country, (*place, "country"))
        elif step.name == "replace" and step.argument.pattern is not None:
            if cause := _pattern_fault(step.argument.pattern):
                yield (*place, "pattern"), cause
            elif cause := _pattern_fault(step.argument.pattern, step.argument.with_):
                yield (*place, "with"), cause
        elif step.name == "bands":
            yield from _bands([band.below for band in step.argument], place)


def _bands(limits: list[float | None], place: Path) -> Found:
    if None in limits[:-1]:
        yield place, "only the last range may stand without `below`: put it last"
    elif (given := [limit for limit in limits if limit is not None]) != sorted(set(given)):
        yield place, "the limits must rise from range to range: put them in order"


def _zone(argument: str | TimeFormat, place: Path) -> Found:
    zone = argument if isinstance(argument, str) else argument.zone
    if zone is not None and not is_zone(zone):
        at = place if isinstance(argument, str) else (*place, "zone")
        yield at, f"no time zone {zone}{nearest(zone, zones())}"


def _country(code: str | None, place: Path) -> Found:
    if code is not None and not is_country_code(code):
        meant = country_code(code)
        close = f" (did you mean {meant}?)" if meant != code else ""
        yield place, f"no country has the code {code}{close}"


def zones() -> list[str]:
    """Return the names of all time zones."""
    return sorted(available_timezones())


def is_zone(name: str) -> bool:
    """Tell whether this machine knows a time zone of that name; to list them all takes longer."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _filters(filters: list[Filter], fields: FieldNames) -> Found:
    labels: set[str] = set()
    for number, one in enumerate(filters):
        yield from _source(one.field, ("filters", number, "field"), fields)
        if one.label.lower() in labels:
            yield (
                ("filters", number, "label"),
                "another filter has this label already: write another",
            )
        labels.add(one.label.lower())


def _contact(fields: ContactFields, names: FieldNames) -> Found:
    """Check what the parts of a contact ask of one another."""
    address = fields.email_address
    if address.from_ is None or names.resolve(address.from_) != names.resolve("$email"):
        yield (
            ("fields", "email_address"),
            "people are matched by this: it comes from $email, the field that names.yaml names",
        )
    if address.when is not None:
        yield (
            ("fields", "email_address", "when"),
            "every record needs its address: write who takes no part under `leave_out`",
        )
    kinds = [kind for kind, rule in fields.phone_numbers if rule is not None]
    if len(kinds) > MAX_PHONE_NUMBERS:
        cause = f"Constant Contact keeps {MAX_PHONE_NUMBERS} numbers a contact: leave one out"
        yield ("fields", "phone_numbers"), f"{len(kinds)} kinds, and {cause}"
    if (fields.birthday_month is None) != (fields.birthday_day is None):
        one = "birthday_day" if fields.birthday_month is None else "birthday_month"
        yield ("fields", one), "Constant Contact takes month and day, both or neither: write both"
    elif fields.birthday is not None and fields.birthday_month is not None:
        yield ("fields", "birthday"), "`birthday` gives month and day already: keep one of the two"
    month, day = fields.birthday_month, fields.birthday_day
    if month is not None and day is not None and month.write != day.write:
        yield (
            ("fields", "birthday_day" if month.write == "always" else "birthday_month", "write"),
            "month and day are one date: give both the same `write`",
        )
    labels: dict[str, str] = {}
    for key, rule in fields.custom_fields.items():
        first = labels.setdefault(rule.label.strip().lower().replace(" ", "_"), key)
        if first != key:
            yield (
                ("fields", "custom_fields", key, "label"),
                f"`{first}` has this label already: write another",
            )
