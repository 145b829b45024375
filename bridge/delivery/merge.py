"""Read, merge, write: what a contact's PUT must hold so that nothing unmapped is lost. Pure.

A PUT replaces the contact: a core property that is left out becomes null, a sub-resource that is
sent replaces the former one, one that is left out stays (Constant Contact, "PUT a contact").
`email_address` is therefore sent only where the permission or the address itself is meant to
change, so that no other write can undo an unsubscribe that happens in between.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CORE = (
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "birthday_month",
    "birthday_day",
    "anniversary",
)
KEPT = ("taggings", "notes")
"""Sub-resources that the bridge never changes; they are sent back as they were read."""

MAX_LISTS = 50
"""Lists a contact may be on (Constant Contact, "Lists overview")."""

_ADDRESS_PARTS = ("street", "city", "state", "postal_code", "country")

Changes = dict[str, tuple[Any, Any]]


def changes(
    there: Mapping[str, Any], wanted: Mapping[str, Any], custom_field_ids: Mapping[str, str]
) -> Changes:
    """Return field -> (there, wanted) for every mapped field that differs.

    A value that the other side would store the same way is no difference: blanks around it, and
    null against empty. A custom field that the account does not have yet is left out.
    """
    found: Changes = {}
    for name in CORE:
        if name in wanted and not _same(there.get(name), wanted[name]):
            found[name] = (there.get(name), wanted[name])
    phones = by_kind(there.get("phone_numbers"))
    for kind, number in (wanted.get("phone_numbers") or {}).items():
        known = phones.get(kind, {}).get("phone_number")
        if not _same(known, number):
            found[f"phone_numbers.{kind}"] = (known, number)
    addresses = by_kind(there.get("street_addresses"))
    for kind, parts in (wanted.get("street_addresses") or {}).items():
        for part, text in parts.items():
            known = addresses.get(kind, {}).get(part)
            if not _same(known, text):
                found[f"street_addresses.{kind}.{part}"] = (known, text)
    values = {
        field["custom_field_id"]: field.get("value") for field in there.get("custom_fields") or ()
    }
    for name, value in (wanted.get("custom_fields") or {}).items():
        field_id = custom_field_ids.get(name)
        if field_id is not None and not _same(values.get(field_id), value):
            found[f"custom_fields.{name}"] = (values.get(field_id), value)
    return found


def list_change(there: Mapping[str, Any], lists: Iterable[str]) -> Changes:
    """Return what becomes of the lists, as `changes` has it; empty where they stay.

    >>> list_change({"list_memberships": ["a"]}, {"b", "a"})
    {'list_memberships': (['a'], ['a', 'b'])}
    """
    before, after = sorted(there.get("list_memberships") or ()), sorted(lists)
    return {"list_memberships": (before, after)} if before != after else {}


def put_body(
    there: Mapping[str, Any],
    wanted: Mapping[str, Any] | None = None,
    *,
    custom_field_ids: Mapping[str, str] | None = None,
    lists: Iterable[str] | None = None,
    email_address: Mapping[str, Any] | None = None,
    update_source: str = "Account",
) -> dict[str, Any]:
    """Return the body of a PUT: everything that was read, with the wanted values put in.

    Args:
        there: The contact as it was read, sub-resources included.
        wanted: What the mapping makes of the owner's record; None: change no field.
        custom_field_ids: Name -> id of the account's custom fields.
        lists: The lists that the contact shall be on; None: as they are.
        email_address: Sent only to change the permission or the address.
        update_source: Who caused the change: `Account`, or `Contact` for the person's own act.
    """
    wanted = wanted or {}
    body: dict[str, Any] = {name: there[name] for name in CORE if there.get(name) is not None}
    body |= {name: wanted[name] for name in CORE if wanted.get(name) is not None}
    for name in CORE:
        if name in wanted and wanted[name] is None:
            body.pop(name, None)
    phones = _merged_phones(there, wanted)
    addresses = _merged_addresses(there, wanted)
    fields = _merged_custom_fields(there, wanted, custom_field_ids or {})
    for name, rows in (
        ("phone_numbers", phones),
        ("street_addresses", addresses),
        ("custom_fields", fields),
    ):
        if rows or there.get(name):
            body[name] = rows
    body |= {name: there[name] for name in KEPT if there.get(name)}
    body["list_memberships"] = sorted(
        there.get("list_memberships") or () if lists is None else lists
    )
    if email_address is not None:
        body["email_address"] = dict(email_address)
    body["update_source"] = update_source
    return body


def create_body(
    wanted: Mapping[str, Any], custom_field_ids: Mapping[str, str], lists: Iterable[str]
) -> dict[str, Any]:
    """Return the body of a POST: new contacts are `implicit` unless a mapped field says more."""
    body = put_body({}, wanted, custom_field_ids=custom_field_ids, lists=lists)
    del body["update_source"]
    body["email_address"] = {
        "address": wanted["email_address"]["address"],
        "permission_to_send": wanted.get("permission_to_send", "implicit"),
    }
    body["create_source"] = "Account"
    return body


def without(wanted: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Return what is wanted without some fields, which then stay as they are there.

    >>> wanted = {"last_name": "Hill", "phone_numbers": {"home": "1", "work": "2"}}
    >>> without(wanted, ["phone_numbers.work"])
    {'last_name': 'Hill', 'phone_numbers': {'home': '1'}}
    """
    found = dict(wanted)
    for field in fields:
        head, _, rest = field.partition(".")
        if not rest:
            found.pop(head, None)
        elif head == "street_addresses":
            kind, _, part = rest.partition(".")
            parts = {**found[head][kind]}
            parts.pop(part, None)
            found[head] = {**found[head], kind: parts}
        else:
            found[head] = {name: value for name, value in found[head].items() if name != rest}
    return found


def fingerprint(
    wanted: Mapping[str, Any], lists: Iterable[str], write_rules: Mapping[str, str] | None = None
) -> bytes:
    """Return a digest of what the bridge wants there: an echo of our own write costs no call.

    The rules belong to it: what one of them kept back was not sent, and another may send it.
    """
    rules = [write_rules] if write_rules else []
    text = json.dumps([wanted, sorted(lists), *rules], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).digest()


def _same(there: object, wanted: object) -> bool:
    return spelled(there) == spelled(wanted)


def spelled(value: object) -> str:
    """Return a value as it is compared: the other side stores blanks around it as none.

    >>> spelled(" Ada "), spelled(None), spelled(5)
    ('Ada', '', '5')
    """
    return "" if value is None else str(value).strip()


def by_kind(rows: Iterable[Mapping[str, Any]] | None) -> dict[str, Mapping[str, Any]]:
    """Return the first row of each kind: the one that a mapped field speaks of."""
    first: dict[str, Mapping[str, Any]] = {}
    for row in rows or ():
        first.setdefault(row.get("kind") or "other", row)
    return first


def _merged_phones(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    numbers = dict(wanted.get("phone_numbers") or {})
    rows = []
    for row in there.get("phone_numbers") or ():
        kind = row.get("kind") or "other"
        rows.append({"phone_number": numbers.pop(kind, row.get("phone_number")), "kind": kind})
    rows += [{"phone_number": number, "kind": kind} for kind, number in numbers.items()]
    return [row for row in rows if row["phone_number"]]


def _merged_addresses(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    addresses = dict(wanted.get("street_addresses") or {})
    rows = []
    for row in there.get("street_addresses") or ():
        kind = row.get("kind") or "other"
        known = {part: row.get(part) for part in _ADDRESS_PARTS}
        rows.append({"kind": kind, **known, **addresses.pop(kind, {})})
    rows += [{"kind": kind, **parts} for kind, parts in addresses.items()]
    filled = [{part: text for part, text in row.items() if text} for row in rows]
    return [row for row in filled if len(row) > 1]


def _merged_custom_fields(
    there: Mapping[str, Any], wanted: Mapping[str, Any], ids: Mapping[str, str]
) -> list[dict[str, Any]]:
    rows = {row["custom_field_id"]: dict(row) for row in there.get("custom_fields") or ()}
    for name, value in (wanted.get("custom_fields") or {}).items():
        field_id = ids.get(name)
        if field_id is None:
            continue
        if value is None:
            rows.pop(field_id, None)
        else:
            rows[field_id] = {"custom_field_id": field_id, "value": value}
    return list(rows.values())
