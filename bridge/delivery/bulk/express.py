"""Say in the words of a bulk activity what was decided about an address, where it has words. Pure.

An import adds and changes, by address: it cannot clear a field, change a permission or an address,
take a list away, or name an address of more than 50 characters. What it cannot say goes singly, and
so does whatever concerns consent. A removal from lists is an activity of its own, after the import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.bulk.model import BulkChange
from bridge.delivery.merge import CORE
from bridge.delivery.write_rules import written
from bridge.mapping.targets import BIRTHDAY, MAX_PHONE_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bridge.delivery.model import AddressState, Decision, Resource, Step

LONGEST_ADDRESS = 50
"""Characters of an address that an import takes; a contact may have 80."""
MOST_CUSTOM_FIELDS = 25
_PHONES = {kind: f"{kind}_phone" for kind in ("home", "work", "mobile", "other")}
_STREET_KEYS = {
    "street": "street",
    "city": "city",
    "state": "state",
    "postal_code": "zip",
    "country": "country",
}
_STREETS = {
    (kind, part): f"{kind}_{key}"
    for kind in ("home", "work", "other")
    for part, key in _STREET_KEYS.items()
} | {("home", "country"): "home country"}  # the vendor's own spelling of this one


class NotExpressible(Exception):
    """No bulk activity has words for this."""


def express(
    state: AddressState,
    decision: Decision,
    *,
    rank: Mapping[str, int],
    field_names: Mapping[str, str],
) -> BulkChange | None:
    """Return what a bulk activity can do of a decision, or None where it must go singly.

    Args:
        state: What was decided on; the contact there has just been read.
        decision: What is to be done.
        rank: List there -> number of its members: which of a contact's lists stands for it where
            an import needs one, so that many share one import.
        field_names: The mapping's name of a custom field -> its name there, texts only.
    """
    if len(decision.steps) != 1 or decision.lost or decision.ends or decision.lifted:
        return None
    step = decision.steps[0]
    owner = next((one for one in state.people if one.contact_id == decision.owner_id), None)
    wanted = (owner.wanted if owner is not None else None) or {}
    if decision.paused or not _is_plain(state):
        return None  # an import sends whole street addresses: a paused part of one would go along
    try:
        if step.kind == "create_contact":
            return _create(step, wanted, field_names)
        if step.kind == "update_contact" and state.there is not None:
            wanted = written(state.there, wanted, state.custom_field_ids, state.write_rules)
            return _update(step, state.there, wanted, rank, field_names)
    except NotExpressible:
        pass
    return None


def _is_plain(state: AddressState) -> bool:
    """Whether nobody is on the way from or to another address, and nobody asks to come back."""
    if state.asked or state.moving_from is not None or not state.people:
        return False
    there_id = None if state.there is None else str(state.there["contact_id"])
    return all(person.linked_to in {None, there_id} for person in state.people)


def _create(step: Step, wanted: Mapping[str, Any], names: Mapping[str, str]) -> BulkChange:
    if wanted.get("permission_to_send", "implicit") != "implicit":
        raise NotExpressible
    lists = tuple(sorted(step.body["list_memberships"]))
    filled = {name: value for name, value in _leaves(wanted) if value not in (None, "")}
    row = {"email": _address(wanted["email_address"]["address"])}
    row |= _row(filled, {}, wanted, names)
    return BulkChange(
        kind="import",
        list_ids=lists,
        row=row,
        adds=frozenset(lists),
        fields=frozenset(filled),
    )


def _update(
    step: Step,
    there: Resource,
    wanted: Mapping[str, Any],
    rank: Mapping[str, int],
    names: Mapping[str, str],
) -> BulkChange:
    now_on = frozenset(there.get("list_memberships") or ())
    wanted_on = frozenset(step.body["list_memberships"])
    adds, drops = wanted_on - now_on, now_on - wanted_on
    fields = {name: new for name, (_, new) in step.change.items() if name != "list_memberships"}
    address = str(there["email_address"]["address"])
    is_long = len(address) > LONGEST_ADDRESS
    if not fields and (drops if not adds else is_long):
        return BulkChange(
            kind="add_to_lists" if adds else "remove_from_lists",
            list_ids=tuple(sorted(adds or drops)),
            row=str(there["contact_id"]),
            adds=adds,
            drops=frozenset() if adds else drops,
        )
    return BulkChange(
        kind="import",
        list_ids=tuple(sorted(adds)) or _one_of(now_on & wanted_on, rank),
        row={"email": _address(address)} | _row(fields, there, wanted, names),
        adds=adds,
        fields=frozenset(fields),
    )


def _one_of(lists: Iterable[str], rank: Mapping[str, int]) -> tuple[str, ...]:
    """Return the list that most share: an import has one at least, and never takes one away."""
    ranked = sorted(lists, key=lambda one: (-rank.get(one, 0), one))
    if not ranked:
        raise NotExpressible
    return (ranked[0],)


def _address(address: str) -> str:
    if len(address) > LONGEST_ADDRESS:
        raise NotExpressible
    return address


def _leaves(wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what the mapping makes of a record, each value under the name that changes have."""
    for name in CORE:
        if name in wanted:
            yield name, wanted[name]
    for kind, number in (wanted.get("phone_numbers") or {}).items():
        yield f"phone_numbers.{kind}", number
    for kind, parts in (wanted.get("street_addresses") or {}).items():
        for part, text in parts.items():
            yield f"street_addresses.{kind}.{part}", text
    for name, value in (wanted.get("custom_fields") or {}).items():
        yield f"custom_fields.{name}", value


def _row(
    fields: Mapping[str, Any],
    there: Mapping[str, Any],
    wanted: Mapping[str, Any],
    names: Mapping[str, str],
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    phones: list[str] = []
    custom = 0
    for name, value in fields.items():
        if value in (None, ""):
            raise NotExpressible  # blank cells say nothing: they do not clear
        match name.split(".", 2):
            case ["phone_numbers", kind]:
                row[_known(_PHONES, kind)] = value
                phones.append(kind)
            case ["street_addresses", kind, _]:
                row |= _street(kind, there, wanted)
            case ["custom_fields", field]:
                row[f"cf:{_known(names, field)}"] = value
                custom += 1
            case _:
                row[name] = value
    if not {*BIRTHDAY}.isdisjoint(row):
        row |= {name: _known(wanted, name) for name in BIRTHDAY}  # both or neither
    kinds = [phone.get("kind") or "other" for phone in there.get("phone_numbers") or ()]
    if len({*kinds, *phones}) > MAX_PHONE_NUMBERS or any(kinds.count(one) > 1 for one in phones):
        raise NotExpressible
    if custom + len(there.get("custom_fields") or ()) > MOST_CUSTOM_FIELDS:
        raise NotExpressible
    return row


def _street(kind: str, there: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole address: what an import does to the parts that it leaves out is not told."""
    known = [one for one in there.get("street_addresses") or () if one.get("kind") == kind]
    if len(known) > 1:
        raise NotExpressible
    parts = {**(known[0] if known else {}), **wanted["street_addresses"][kind]}
    return {
        _known(_STREETS, (kind, part)): parts[part]
        for part in _STREET_KEYS
        if parts.get(part) not in (None, "")
    }


def _known(names: Mapping[Any, Any], name: Any) -> Any:
    """Return what something is called in an import.

    Raises:
        NotExpressible: If an import has no word for it.
    """
    found = names.get(name)
    if found in (None, ""):
        raise NotExpressible
    return found
