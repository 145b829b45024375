"""Whether what the mapping's rules do with fields suits these fields. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.doctor.findings import fault
from bridge.doctor.objects import find, nearest_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bridge.doctor.facts import Description
    from bridge.doctor.findings import Fault
    from bridge.doctor.uses import Kind, Use

    Describe = Callable[[str], Description | None]

_TEXT = frozenset({"string", "textarea", "combobox", "encryptedstring"})
_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_CHOSEN = frozenset({"picklist", "multipicklist"})
_COMPOUND = frozenset({"address", "location", "complexvalue", "base64"})
_MOST_LISTED = 12


class _Suits(NamedTuple):
    """Types of `describe` that a kind of value has.

    Attributes:
        surely: Each of their values is one.
        maybe: A value of theirs may be one.
        wanted: What the value has to be.
        maybe_says: What holds of those that may be one.
    """

    surely: frozenset[str]
    maybe: frozenset[str]
    wanted: str
    maybe_says: str


_DATES = frozenset({"date", "datetime"})
_SUITS: Mapping[Kind, _Suits] = {
    "date": _Suits(_DATES, _TEXT, "a date", "a value that is no date is refused"),
    "time": _Suits(
        frozenset({"datetime"}), _TEXT, "a date and time", "a value that is no time is refused"
    ),
    "number": _Suits(
        _NUMBERS, _TEXT | {"picklist"}, "a number", "a value that is no number is refused"
    ),
    "box": _Suits(
        frozenset({"boolean"}), _TEXT, "a tick box", "only the words true and false will do"
    ),
    "choices": _Suits(
        frozenset({"multipicklist"}),
        _TEXT | {"picklist"},
        "a multi-select picklist",
        "it holds one value, not several: use `is` or `in`, and no `join`",
    ),
}


def faults_of_uses(uses: Iterable[Use], describe: Describe) -> Iterator[Fault]:
    """Yield what does not suit the field that a rule reads, each once.

    A field that is not there is told of elsewhere.
    """
    told: set[tuple[str, str, str]] = set()
    for use in uses:
        found = find(use.path, use.object, describe)
        if found is None or found.field.get("type") is None:
            continue
        about = f"{use.object}.{use.path}"
        for one in _of_use(use, about, found.field, describe(found.object)):
            key = one.cause, one.about, "" if one.cause.startswith("field_") else one.place
            if key not in told:
                told.add(key)
                yield one


def faults_of_choices(uses: Iterable[Use], describe: Describe) -> Iterator[Fault]:
    """Yield values that picklists do not have, and those that a lookup table lacks, each once."""
    told: set[tuple[str, str]] = set()
    for use in uses:
        found = find(use.path, use.object, describe)
        if not use.values or found is None or found.field.get("type") not in _CHOSEN:
            continue
        for one in (*_not_there(use, found.field), *_not_covered(use, found.field)):
            if (one.cause, one.about) not in told:
                told.add((one.cause, one.about))
                yield one


def is_chosen(use: Use, describe: Describe) -> bool:
    """Tell whether a use names values of a picklist."""
    found = find(use.path, use.object, describe) if use.values else None
    return found is not None and found.field.get("type") in _CHOSEN


def _of_use(
    use: Use, about: str, field: Mapping[str, Any], owner: Description | None
) -> Iterator[Fault]:
    kind = str(field["type"])
    if kind in _COMPOUND:
        parts = _parts_of(field, owner)
        instead = f"read its parts instead: {', '.join(parts)}" if parts else "read another field"
        says = f"{about} is of the compound or binary type {kind}: no rule can read it"
        yield fault("field_compound", says, about, place=use.place, instead=instead)
        return
    if kind == "encryptedstring" and use.is_sent:
        says = f"{about} is encrypted: no message carries it, and it may arrive masked"
        yield fault("field_encrypted", says, about, place=use.place)
    if use.is_sent and kind in {"reference", "id"} and use.path != "Id":
        yield _an_id(use, about, field)
    if field.get("calculated") and _is_of_others(field):
        says = f"{about} is calculated from other records: their changes send no message"
        yield fault("field_calculated", says, about, place=use.place)
    if use.kind is not None:
        yield from _unsuited(use, about, kind)
    longest = _longest(field)
    if use.limit is not None and longest > use.limit:
        yield fault(
            "value_long",
            f"{about} holds up to {longest:,} characters, and {use.by} takes {use.limit}",
            about,
            place=use.place,
        )


def _unsuited(use: Use, about: str, kind: str) -> Iterator[Fault]:
    if use.kind == "text":
        if kind == "boolean":
            says = f"`{use.by}` compares {about} with a text, and it is a tick box"
            yield fault("rule_type", says, about, place=use.place, instead="write true or false")
        elif kind == "multipicklist":
            says = f"`{use.by}` compares all that is chosen in {about} with one text"
            instead = "use `includes` for one of several values"
            yield fault("rule_unsure", says, about, place=use.place, instead=instead)
        return
    if use.kind is None:
        return
    suits = _SUITS[use.kind]
    if kind in suits.maybe:
        says = f"`{use.by}` is for {suits.wanted}, and {about} is of the type {kind}"
        yield fault("rule_unsure", says, about, place=use.place, instead=suits.maybe_says)
    elif kind not in suits.surely:
        says = f"`{use.by}` is for {suits.wanted}, and {about} is of the type {kind}"
        instead = "name another field, or another rule for this one"
        yield fault("rule_type", says, about, place=use.place, instead=instead)


def _an_id(use: Use, about: str, field: Mapping[str, Any]) -> Fault:
    parent, (*above, _) = field.get("relationshipName"), use.path.split(".")
    meant = ".".join([*above, str(parent), "Name"]) if parent else ""
    instead = f"the name is {meant}" if meant else "name a field that people can read"
    says = f"{about} holds the id of another record, which means nothing to readers"
    return fault("field_id", says, about, place=use.place, instead=instead)


def _parts_of(field: Mapping[str, Any], owner: Description | None) -> list[str]:
    return [
        str(one["name"])
        for one in (() if owner is None else owner["fields"])
        if one.get("compoundFieldName") == field["name"] and one["name"] != field["name"]
    ]


def _is_of_others(field: Mapping[str, Any]) -> bool:
    """Tell whether a field is calculated from other records, or by the clock.

    A roll-up summary is calculated, and has no formula.
    """
    formula = field.get("calculatedFormula")
    return formula is None or bool(re.search(r"[A-Za-z]\.[A-Za-z]|\b(TODAY|NOW)\(", str(formula)))


def _longest(field: Mapping[str, Any]) -> int:
    """Return how many characters a value may have; 0 where it is no text."""
    if field["type"] == "picklist":
        return max((len(value) for value, _ in choices(field)), default=0)
    return int(field.get("length") or 0) if field["type"] in _TEXT | {"url"} else 0


def choices(field: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return value and label of all that a picklist has: records may hold an inactive one still."""
    return [
        (str(one["value"]), str(one.get("label") or one["value"]))
        for one in field.get("picklistValues") or ()
    ]


def _not_there(use: Use, field: Mapping[str, Any]) -> Iterator[Fault]:
    there = dict(choices(field))
    about = f"{use.object}.{use.path}"
    for value in use.values:
        if value not in there:
            near = nearest_value(value, there)
            yield fault(
                "value_missing",
                f"{use.file} names the value {value!r} of {about}, which the picklist lacks",
                f"{about}: {value}",
                place=use.place,
                near=f"did you mean {near!r}? If not: " if near else "",
            )


def _not_covered(use: Use, field: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the values that a lookup table lacks, unless it keeps what it does not know."""
    if use.table is None or use.table.otherwise == "keep":
        return
    lacking = [value for value, _ in choices(field) if value not in use.values]
    if not lacking:
        return
    about = f"{use.object}.{use.path}"
    listed = ", ".join(lacking[:_MOST_LISTED])
    more = f" and {len(lacking) - _MOST_LISTED} more" if len(lacking) > _MOST_LISTED else ""
    become = "become empty" if use.table.otherwise == "empty" else "are errors"
    yield fault(
        "value_uncovered",
        f"the table {use.table.name} lacks values of {about}, and these {become}: {listed}{more}",
        f"{about}: {use.table.name}",
        place=use.place,
    )
