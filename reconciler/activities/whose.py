"""Decide for whom engagement is written: an address there may be that of several people. Pure.

What was written once stays with the person and the client that it was written for, so neither a
move to another household nor a new owner of the address rewrites or doubles history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.activities.model import Receiver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.mapping.interaction import Shared
    from reconciler.activities.model import Person, Written


def receivers(
    key: str, people: Sequence[Person], written: Mapping[str, Written], *, shared: Shared
) -> list[Receiver]:
    """Return for whom one subject is written; nobody where Practifi does not know the contact.

    Args:
        key: The subject's key, which is the external id of its first record.
        people: Everybody whose record uses the contact there now.
        written: What was written about the subject before, by external id.
        shared: `owner`: one record that names the others; `each`: one for each who was meant.
    """
    meant = [person for person in people if person.is_meant] or _owner_alone(people)
    first = _kept(written.get(key)) or _chosen(key, meant)
    if first is None:
        return []
    others = [person for person in meant if person.contact_id != first.contact_id]
    if shared == "owner":
        return [
            Receiver(
                external_id=key,
                contact_id=first.contact_id,
                account_id=first.account_id,
                others=tuple(sorted(person.name for person in others)),
            )
        ]
    found = {first.contact_id: first}
    for known in written.values():
        kept = _kept(known)
        if kept is not None:
            found.setdefault(kept.contact_id, kept)
    for person in others:
        found.setdefault(person.contact_id, _receiver(f"{key}:{person.contact_id}", person))
    return list(found.values())


def _owner_alone(people: Sequence[Person]) -> list[Person]:
    """Nobody's membership tells who was meant: the owner, else who was linked first."""
    ranked = sorted(people, key=_rank)
    return ranked[:1]


def _chosen(key: str, meant: Sequence[Person]) -> Receiver | None:
    return _receiver(key, min(meant, key=_rank)) if meant else None


def _rank(person: Person) -> tuple[bool, object, str]:
    return not person.is_owner, person.linked_at, person.contact_id


def _receiver(external_id: str, person: Person) -> Receiver:
    return Receiver(
        external_id=external_id, contact_id=person.contact_id, account_id=person.account_id
    )


def _kept(written: Written | None) -> Receiver | None:
    if written is None or written.is_gone:
        return None
    return Receiver(
        external_id=written.external_id,
        contact_id=written.practifi_contact,
        account_id=written.practifi_account,
    )
