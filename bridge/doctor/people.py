"""Find the fields by which an organization marks people who take no part. Pure.

The table of candidates is closed: a field counts only if it has one of these names, without a
namespace or in one of those below, and a type that says something. What the bridge's user may not
see is not found, for nobody may be left out or kept by what cannot be read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bridge.mapping.marks import Mark
from bridge.mirror.model import household_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bridge.doctor.facts import Description
    from bridge.mapping.names import Names

    Describe = Callable[[str], Description | None]

DIED, INACTIVE, FORMER = "the person has died", "marked as inactive", "a former client"
_REASONS = (DIED, INACTIVE, FORMER)

_NAMESPACES = frozenset({"", "practifi", "cloupra", "finserv", "npsp"})
"""Practifi's of today and of old, Financial Services Cloud's, the Nonprofit Success Pack's."""

_BOXES = {
    "deceased": DIED,
    "isdeceased": DIED,
    "inactive": INACTIVE,
    "isinactive": INACTIVE,
    "formerclient": FORMER,
    "isformerclient": FORMER,
}
_DATES = {"dateofdeath": DIED, "deathdate": DIED, "deceaseddate": DIED, "datedeceased": DIED}
_CHOICES = frozenset(
    {
        "clientlifecycle",
        "clientstage",
        "clientstatus",
        "clienttype",
        "contactstatus",
        "lifecyclestage",
        "personstatus",
        "stage",
        "status",
        "type",
    }
)
_WORDS = {
    "deceased": DIED,
    "dead": DIED,
    "inactive": INACTIVE,
    "inactiveclient": INACTIVE,
    "former": FORMER,
    "formerclient": FORMER,
    "exclient": FORMER,
    "lostclient": FORMER,
    "pastclient": FORMER,
}
"""What values of picklists say, letters only."""


def marks_in(names: Names, describe: Describe) -> tuple[Mark, ...]:
    """Return how an organization marks people, by the contact first and its client after that.

    `describe` answers None for an object that is not there.
    """
    found = [*_of_object("", describe(names.contact.object))]
    household = household_path(names)
    if household is not None:
        above = household.rpartition(".")[0]
        found += _of_object(f"{above}.", describe(names.client.object))
    return tuple(sorted(found, key=lambda mark: _REASONS.index(mark.reason)))


def _of_object(prefix: str, description: Description | None) -> Iterator[Mark]:
    for field in () if description is None else description["fields"]:
        yield from _of_field(prefix, field)


def _of_field(prefix: str, field: Mapping[str, Any]) -> Iterator[Mark]:
    path, kind = f"{prefix}{field['name']}", field.get("type")
    bare = _bare(str(field["name"]))
    if kind == "boolean" and bare in _BOXES:
        yield Mark(path=path, reason=_BOXES[bare], is_box=True)
    elif kind in {"date", "datetime"} and bare in _DATES:
        yield Mark(path=path, reason=_DATES[bare])
    elif kind == "picklist" and bare in _CHOICES:
        by_reason: dict[str, list[str]] = {}
        for one in field.get("picklistValues") or ():
            reason = _said(one)
            if reason is not None:
                by_reason.setdefault(reason, []).append(str(one["value"]))
        for reason, values in by_reason.items():
            yield Mark(path=path, reason=reason, values=tuple(values))


def _said(one: Mapping[str, Any]) -> str | None:
    """Return what a value of a picklist says of people, by itself or by its label."""
    texts = (str(one["value"]), str(one.get("label") or ""))
    return next((_WORDS[word] for text in texts if (word := _letters(text)) in _WORDS), None)


def _bare(name: str) -> str | None:
    """Return a name without namespace and suffix, or None in the namespace of somebody else.

    >>> _bare("practifi__Date_of_Death__c"), _bare("Type"), _bare("other__Status__c")
    ('dateofdeath', 'type', None)
    """
    match = re.fullmatch(r"(?:([A-Za-z0-9]+)__(?=.*__c$))?(.*?)(?:__c)?", name)
    if match is None or (match[1] or "").lower() not in _NAMESPACES:
        return None
    return _letters(match[2])


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())
