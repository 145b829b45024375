"""What was saved since the page of a client was opened, and what of it is left to do. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.clients.draft import Draft, Wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.console.clients.saves import Saved

UNKNOWN = "It is not known whether Practifi has this: press Save again."


def draft_of(saved: Sequence[Saved]) -> Draft:
    """Return what is left to enter of the last save: what Practifi refused keeps its input."""
    left = unsaved(saved)
    return Draft(
        wishes=tuple(
            Wish(one.contact_id, one.list_id, one.says or UNKNOWN)
            for one in left
            if one.act == "add"
        ),
        flagged=frozenset(one.sf_id for one in left if one.act == "remove" and one.sf_id),
        last_list=next((one.list_id for one in reversed(saved) if one.act == "add"), ""),
    )


def notices_of(saved: Sequence[Saved]) -> list[str]:
    """Return who was first at what the last save would have removed."""
    last = saved[-1].save_key if saved else ""
    return [one.says or "" for one in saved if one.save_key == last and one.outcome == "gone"]


def is_at_it(saved: Sequence[Saved]) -> bool:
    """Tell whether something is being written to Practifi just now."""
    return any(is_open(one) for one in saved)


def is_open(one: Saved) -> bool:
    """Tell whether a row is being written to Practifi just now."""
    return one.outcome is None and bool(one.is_saving)


def unsaved(saved: Sequence[Saved]) -> list[Saved]:
    """Return what of the last save is not in Practifi; what is under way is not known yet."""
    last = saved[-1].save_key if saved else ""
    return [
        one
        for one in saved
        if one.save_key == last
        and (one.outcome == "refused" or (one.outcome is None and not one.is_saving))
    ]
