"""What can happen to a firm: words with small numbers, so that a failure's text is its replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.runs.model import Job

PEOPLE, ADDRESSES, LISTS = 4, 4, 3
NOWHERE = ADDRESSES
"""The number of no address."""

WAITS_S = (1.0, 61.0, 1_300.0, 90_000.0)
JOBS: tuple[Job, ...] = ("lists", "contacts", "activities")
CALLS: list[dict[str, object]] = [
    {"side": "constant_contact", "path": "/v3/contacts", "method": "PUT"},
    {"side": "constant_contact", "path": "/v3/contacts", "method": "POST"},
    {"side": "constant_contact", "path": "/v3/contact"},
    {"side": "constant_contact", "path": "/v3/"},
    {"side": "salesforce", "path": "/services/data"},
    {"side": "salesforce", "path": "/services/data", "method": "GET"},
]
KINDS = (
    "drop_before",
    "drop_after",
    "half_body",
    "throttled",
    "error_500",
    "unavailable",
    "disabled",
    "html",
    "wrong_type",
    "expired_session",
    "quota",
)
MISHAPS = ("drop", "repeat", "reorder")

RULES: dict[str, tuple[int, ...]] = {
    "enter": (PEOPLE, NOWHERE + 1),
    "arrive": (PEOPLE, ADDRESSES, LISTS),
    "replace": (PEOPLE, LISTS),
    "save": (PEOPLE,),
    "tick": (PEOPLE,),
    "untick": (PEOPLE,),
    "tick_by_bridge": (PEOPLE,),
    "untick_by_bridge": (PEOPLE,),
    "move": (PEOPLE, NOWHERE + 1),
    "swap": (PEOPLE, PEOPLE),
    "delete": (PEOPLE,),
    "restore": (PEOPLE,),
    "merge": (PEOPLE, PEOPLE),
    "merge_unticked": (PEOPLE, PEOPLE),
    "join": (PEOPLE, LISTS),
    "quit": (PEOPLE, LISTS),
    "new_list": (LISTS,),
    "rename_list": (LISTS,),
    "delete_list": (LISTS,),
    "unsubscribe": (ADDRESSES,),
    "unsubscribe_as_firm": (ADDRESSES,),
    "leave": (ADDRESSES, LISTS),
    "edit_there": (ADDRESSES,),
    "add_there": (ADDRESSES, LISTS),
    "take_off_there": (ADDRESSES, LISTS),
    "create_there": (ADDRESSES, LISTS),
    "delete_there": (ADDRESSES,),
    "revive_there": (ADDRESSES, LISTS),
    "rename_list_there": (LISTS,),
    "delete_list_there": (LISTS,),
    "wait": (len(WAITS_S),),
    "fault": (len(CALLS), len(KINDS), 4, 3),
    "mishap": (len(MISHAPS), 3),
    "triage": (),
    "deliver": (),
    "settle": (),
    "poll": (),
    "die": (100,),
    "reconcile": (len(JOBS),),
    "rest": (),
}
"""What can happen, and how many values each of its numbers has, from 0."""


class Act(NamedTuple):
    """One thing that happens; its numbers say to what."""

    name: str
    numbers: tuple[int, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.name, *map(str, self.numbers)))


def read_acts(text: str) -> list[Act]:
    """Return the acts of a text such as `enter 0 1; tick 0`."""
    words = [one.split() for one in text.split(";") if one.strip()]
    return [Act(name, tuple(map(int, numbers))) for name, *numbers in words]


def write_acts(acts: Iterable[Act]) -> str:
    """Return the text of acts."""
    return "; ".join(map(str, acts))
