"""What has changed on both sides from one look to the next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.doctor.shape import Shape

Checks: TypeAlias = "Mapping[str, Mapping[str, Any]]"
"""Check of the installation -> its `cause`, None where all is well, and what it `says`."""

_RIGHTS = {"createable": "create", "updateable": "edit", "deletable": "delete"}
_OF_FIELDS = {"createable": "fill", "updateable": "edit"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that is different.

    Attributes:
        kind: A stable word.
        about: The object, field, scope or message.
        matters: Something that the bridge does may not go on as before.
    """

    kind: str
    about: str
    says: str
    matters: bool = True


def changes(before: Shape, now: Shape) -> list[Change]:
    """Return what changed, what matters first.

    A field that the mapping did not read before is no change of the organization.
    """
    found = [
        *_objects(before["objects"], now["objects"]),
        *_fields(before, now),
        *_people(before.get("people"), now.get("people")),
        *_custom_fields(before.get("custom_fields"), now.get("custom_fields")),
        *_names("scope", "the token", before["scopes"], now["scopes"]),
        *_names("privilege", "the user there", before["privileges"], now["privileges"]),
        *_messages(before["messages"], now["messages"]),
    ]
    return sorted(found, key=lambda one: (not one.matters, one.about, one.kind))


def changes_of_installation(before: Checks, now: Checks) -> list[Change]:
    """Return what has become otherwise with the installation; what was not looked at is no change.

    >>> aged = {"cause": "backup_old", "says": "the last one is of 2026-11-20 03:15 UTC"}
    >>> was = {"backup": {"cause": None, "says": "the last one is of 2026-11-20 03:15 UTC"}}
    >>> [one.kind for one in changes_of_installation(was, {"backup": aged})]
    ['check_worse']
    """
    found = []
    for name in sorted(set(before) & set(now)):
        old, new = before[name], now[name]
        says = f"{name}: {new['says']}"
        if old["cause"] != new["cause"]:
            is_well = new["cause"] is None
            kind = "check_better" if is_well else "check_worse"
            found.append(Change(kind=kind, about=name, says=says, matters=not is_well))
        elif name == "database" and old["says"] != new["says"]:
            says = f"the database was {old['says']} and is {new['says']}"
            found.append(Change(kind="database_changed", about=name, says=says))
    return sorted(found, key=lambda one: not one.matters)


def _objects(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(set(before) & set(now)):
        for right, verb in _RIGHTS.items():
            if before[name][right] and not now[name][right]:
                says = f"the bridge's user may not {verb} records of {name} any more"
                yield Change(kind="right_taken", about=name, says=says)
            elif now[name][right] and not before[name][right]:
                says = f"the bridge's user may {verb} records of {name} now"
                yield Change(kind="right_given", about=name, says=says, matters=False)
        for field in sorted(set(now[name]["required"]) - set(before[name]["required"])):
            about = f"{name}.{field}"
            yield Change(kind="field_required", about=about, says=f"{about} is required now")
    for name in sorted(set(before) - set(now)):
        says = f"{name} is gone, or the bridge's user may not see it any more"
        yield Change(kind="object_gone", about=name, says=says)
    for name in sorted(set(now) - set(before)):
        yield Change(kind="object_came", about=name, says=f"{name} is there now", matters=False)


def _fields(before: Shape, now: Shape) -> Iterator[Change]:
    old, new = before["fields"], now["fields"]
    for about in sorted(set(old) - set(new)):
        if about.partition(".")[0] in now["objects"]:
            says = f"{about} is gone, or the bridge's user may not see it any more"
            yield Change(kind="field_gone", about=about, says=says)
    for about in sorted(set(new) & set(old)):
        yield from _of_field(about, old[about], new[about])


def _of_field(about: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if old["type"] != new["type"]:
        says = f"{about} was of the type {old['type']} and is {new['type']}"
        yield Change(kind="type_changed", about=about, says=says)
    for right, verb in _OF_FIELDS.items():
        if old[right] and not new[right]:
            says = f"the bridge's user may not {verb} {about} any more"
            yield Change(kind="right_taken", about=about, says=says)
    if (old["length"] or 0) != (new["length"] or 0):
        says = f"{about} held {old['length']} characters and holds {new['length']}"
        is_shorter = (new["length"] or 0) < (old["length"] or 0)
        yield Change(kind="length_changed", about=about, says=says, matters=is_shorter)
    if old["externalId"] and not new["externalId"]:
        yield Change(kind="key_lost", about=about, says=f"{about} is no external id any more")
    elif old["externalId"] and old["unique"] and not new["unique"]:
        yield Change(kind="key_lost", about=about, says=f"{about} is not unique any more")
    if sorted(old["referenceTo"] or ()) != sorted(new["referenceTo"] or ()):
        was, leads = (", ".join(one["referenceTo"] or ()) or "nothing" for one in (old, new))
        says = f"{about} led to {was} and leads to {leads}"
        yield Change(kind="lookup_changed", about=about, says=says)
    yield from _values(about, old.get("values", {}), new.get("values", {}))


def _values(about: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    gone, came = sorted(set(old) - set(new)), sorted(set(new) - set(old))
    if len(gone) == 1 and len(came) == 1:
        says = f"the value {gone[0]!r} of {about} was renamed to {came[0]!r}"
        yield Change(kind="value_renamed", about=about, says=says)
        return
    for value in gone:
        says = f"{about} has lost the value {value!r}"
        yield Change(kind="value_gone", about=about, says=says)
    for value in came:
        says = f"{about} has the new value {value!r}"
        yield Change(kind="value_came", about=about, says=says, matters=False)


def _people(before: Mapping[str, str] | None, now: Mapping[str, str] | None) -> Iterator[Change]:
    """Yield marks by which people take no part, or take part again."""
    if before is None or now is None:
        return
    for about in sorted(set(now) - set(before)):
        says = f"people whom {now[about]} marks take no part from now on"
        yield Change(kind="mark_came", about=about, says=says)
    for about in sorted(set(before) - set(now)):
        says = f"whom {before[about]} marked takes part again: the field is gone, or hidden"
        yield Change(kind="mark_gone", about=about, says=says)
    for about in sorted(set(before) & set(now)):
        if before[about] != now[about]:
            says = f"people were marked by {before[about]}, and are by {now[about]}"
            yield Change(kind="mark_changed", about=about, says=says)


def _custom_fields(
    before: Mapping[str, str] | None, now: Mapping[str, str] | None
) -> Iterator[Change]:
    """Yield custom fields that somebody has deleted there, or made anew with another type."""
    if before is None or now is None:
        return
    for label in sorted(set(before) - set(now)):
        says = f"the custom field {label} was deleted in Constant Contact, with its values"
        yield Change(kind="custom_field_gone", about=label, says=says)
    for label in sorted(set(before) & set(now)):
        if before[label] != now[label]:
            says = f"the custom field {label} was of the type {before[label]} and is {now[label]}"
            yield Change(kind="custom_field_type", about=label, says=says)


def _names(
    what: str, whose: str, before: list[str] | None, now: list[str] | None
) -> Iterator[Change]:
    if before is None or now is None:
        return
    for name in sorted(set(before) - set(now)):
        says = f"{whose} has the {what} {name} no more"
        yield Change(kind=f"{what}_taken", about=name, says=says)
    for name in sorted(set(now) - set(before)):
        says = f"{whose} has the {what} {name} now"
        yield Change(kind=f"{what}_given", about=name, says=says, matters=False)


def _messages(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[Change]:
    if before is None or now is None:
        return
    for name in sorted(set(before) - set(now)):
        yield Change(kind="message_gone", about=name, says=f"the outbound message {name} is gone")
    for name in sorted(set(now) - set(before)):
        says = f"there is an outbound message {name} now"
        yield Change(kind="message_came", about=name, says=says, matters=False)
    for name in sorted(set(before) & set(now)):
        old, new = before[name], now[name]
        if old["host"] != new["host"]:
            says = f"{name} went to {old['host'] or 'nobody'} and goes to {new['host'] or 'nobody'}"
            yield Change(kind="message_moved", about=name, says=says)
        if lost := sorted(set(old["fields"]) - set(new["fields"])):
            says = f"{name} does not carry {', '.join(lost)} any more"
            yield Change(kind="message_lacks", about=name, says=says)
