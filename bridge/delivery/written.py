"""Which fields of Practifi the bridge writes ids and statuses to, by `write_back`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.mapping.names import Kind, Names


def written_paths(kind: Kind, names: Names) -> tuple[str, ...]:
    """Return the fields of a kind of record that `write_back` writes, as far as there are any."""
    paths: tuple[str | None, ...]
    match kind:
        case "contact":
            contact = names.contact
            paths = (contact.cc_id, contact.status, contact.status_reason, contact.status_since)
        case "list":
            paths = (names.list.cc_id, names.list.status, names.list.members_confirmed)
        case "membership":
            membership = names.membership
            paths = (membership.status, membership.status_reason, membership.confirmed_at)
        case "account":
            paths = ()
    return tuple(path for path in paths if path is not None)
