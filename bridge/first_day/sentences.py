"""The first day in sentences that need no engineer: what there is, and what would change. Pure.

Commands stand between backticks, as in all sentences of the bridge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.plans.text import label_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.first_day.model import Calls, Findings, Kept, ListFigures, Planned
    from bridge.policies.policy import ForeignPolicy

_MINUTE_S, _HOUR_S = 60, 3600
_FIELDS = 6

FOREIGN = "On a list in Constant Contact alone"
"""The heading of the part that lists follow."""

ANSWERS: Mapping[ForeignPolicy, str] = {
    "ask": "leave them on their lists and count them here until somebody decides",
    "keep": "leave them on their lists for good, and speak of it no more",
    "remove": "take those of them whom Practifi knows off these lists; a plan shows whom first",
}
"""The answers to members that Constant Contact alone has, and what each does."""

_EFFECTS: Mapping[str, tuple[str, str]] = {
    "create_list": ("list would be made in Constant Contact", "lists would be made in it"),
    "link_list": (
        "list is there already and would be linked, with its members as they are",
        "lists are there already and would be linked, with their members as they are",
    ),
    "rename_list": (
        "list would get its name from Practifi",
        "lists would get their names from Practifi",
    ),
    "delete_list": (
        "list would be deleted, after a person has approved that",
        "lists would be deleted, after a person has approved that",
    ),
    "adopt_list": (
        "list would get a record in Practifi",
        "lists would get a record in Practifi",
    ),
    "rename_record": (
        "list in Practifi would get its name from Constant Contact",
        "lists in Practifi would get their names from Constant Contact",
    ),
    "unsubscribe": (
        "e-mail address would be unsubscribed",
        "e-mail addresses would be unsubscribed",
    ),
    "create_contact": (
        "contact would be added to Constant Contact",
        "contacts would be added to Constant Contact",
    ),
    "revive_contact": (
        "contact that was deleted there would come back",
        "contacts that were deleted there would come back",
    ),
    "update_contact": ("contact would be changed", "contacts would be changed"),
    "move_address": (
        "contact would get the new address of its person",
        "contacts would get the new address of their person",
    ),
    "resubscribe": (
        "person would be subscribed again, as asked for in Practifi",
        "people would be subscribed again, as asked for in Practifi",
    ),
    "ask_person": (
        "person would be asked by Constant Contact to confirm",
        "people would be asked by Constant Contact to confirm",
    ),
    "delete_contact": ("contact would be deleted", "contacts would be deleted"),
    "adopt_membership": (
        "membership would get a record in Practifi",
        "memberships would get a record in Practifi",
    ),
    "create_interaction": (
        "Interaction would be written to Practifi",
        "Interactions would be written to Practifi",
    ),
    "update_interaction": (
        "Interaction in Practifi would be brought up to date",
        "Interactions in Practifi would be brought up to date",
    ),
}
"""Kind of step -> what it would do, for one and for several; in the order in which it is told."""

_NOTHING = {
    "lists": "The lists of both sides are alike.",
    "contacts": "Of the people on lists, nobody would be added, changed or removed.",
    "activities": "No mailing of Constant Contact has to be told in Practifi.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of the summary."""

    heading: str
    sentences: tuple[str, ...]


def summary(found: Findings) -> list[Part]:
    """Return the parts of the summary, in the order in which they are read."""
    told = (
        ("What there is", _what_there_is(found)),
        ("Who does not want e-mail", _opt_outs(found)),
        ("Addresses that need a look", _addresses(found)),
        ("What would change", _changes(found)),
        (FOREIGN, foreign_sentences(found)),
        ("What the first night does", _first_night(found)),
        ("What never happens without a word", _never(found)),
        ("How much it takes", _cost(found.calls)),
        ("The way back", _way_back(found.kept)),
    )
    return [Part(heading=heading, sentences=tuple(sentences)) for heading, sentences in told]


def foreign_lists(found: Findings) -> list[ListFigures]:
    """Return the lists with members that Constant Contact alone has, those with most first."""
    lists = [one for one in found.lists if one.foreign]
    return sorted(lists, key=lambda one: (-one.foreign, one.name.lower()))


def _what_there_is(found: Findings) -> Iterator[str]:
    sizes, addresses = found.sizes, found.addresses
    yield (
        f"Practifi has {many(sizes.people_here, 'person', 'people')} and "
        f"{many(sizes.lists_here, 'list')}; {sizes.members_here:,} of these people "
        f"{'is' if sizes.members_here == 1 else 'are'} on a list."
    )
    yield (
        f"Constant Contact has {many(sizes.contacts_there, 'contact')} and "
        f"{many(sizes.lists_there, 'list')}."
    )
    yield (
        f"People are matched by e-mail address: {many(addresses.on_both, 'address', 'addresses')} "
        f"{'is' if addresses.on_both == 1 else 'are'} on both sides, {addresses.only_here:,} only "
        f"in Practifi and {addresses.only_there:,} only in Constant Contact."
    )


def _opt_outs(found: Findings) -> Iterator[str]:
    addresses = found.addresses
    if count := addresses.ticked_and_mailable:
        yield (
            f"Constant Contact can still mail {of_addresses(count)} although Do Not Email is "
            "ticked in Practifi. That ends before anything else, as soon as the plan of contacts "
            "is carried out."
        )
    if count := addresses.out_and_not_ticked:
        yield (
            f"{of_addresses(count)} {'is' if count == 1 else 'are'} unsubscribed in Constant "
            "Contact, and Do Not Email is not ticked in Practifi. That stays so on both sides: "
            "nobody is subscribed again, and the box is left to you."
        )
    if count := addresses.box_not_known:
        yield f"Of {of_addresses(count)} the box could not be read: nothing is sent before it can."
    if not (
        addresses.ticked_and_mailable or addresses.out_and_not_ticked or addresses.box_not_known
    ):
        yield "Both sides agree on who has opted out."


def _addresses(found: Findings) -> Iterator[str]:
    sizes, addresses = found.sizes, found.addresses
    if count := addresses.shared_addresses:
        yield (
            f"{of_addresses(count)} {'belongs' if count == 1 else 'belong'} to several people, "
            f"{addresses.shared_people:,} in all. Constant Contact knows an address once: one of "
            "them gives the name, the lists are those of all, and if one opts out nobody there is "
            "mailed."
        )
    if count := sizes.without_address:
        yield (
            f"{many(count, 'person', 'people')} in Practifi {'has' if count == 1 else 'have'} no "
            "e-mail address: nothing is sent for them."
        )
    if not addresses.shared_addresses and not sizes.without_address:
        yield "Everybody in Practifi has an e-mail address of their own."


def _changes(found: Findings) -> Iterator[str]:
    for plan in found.plans:
        yield from _of_plan(plan)


def _of_plan(plan: Planned) -> Iterator[str]:
    if not plan.steps:
        yield _NOTHING[plan.job]
    for kind, (one, several) in _EFFECTS.items():
        if count := plan.by_kind.get(kind, 0):
            yield f"{count:,} {one if count == 1 else several}{_in_what(plan, kind)}."
    for why, count in sorted(plan.skipped.items(), key=lambda item: -item[1]):
        if why.startswith("waits for its list"):
            yield (
                f"{of_addresses(count)} {'waits' if count == 1 else 'wait'} for a list that is not "
                "linked yet: their turn comes once the plan of lists is carried out."
            )
    for why, count in sorted(plan.rejected.items(), key=lambda item: -item[1]):
        yield f"{count:,} cannot be done: {why}."
    if plan.wait_reason is not None:
        yield f"A night would stop at this and ask: {plan.wait_reason}."


def _in_what(plan: Planned, kind: str) -> str:
    """Return what of contacts is changed: the fields, those of most contacts first."""
    if kind != "update_contact" or not plan.fields:
        return ""
    order = sorted(plan.fields.items(), key=lambda item: (-item[1], item[0]))
    told = ", ".join(f"{label_of(name)} of {count:,}" for name, count in order[:_FIELDS])
    more = len(order) - _FIELDS
    return f": {told}" + (f" and {many(more, 'more field')}" if more > 0 else "")


def foreign_sentences(found: Findings) -> Iterator[str]:
    """Yield what is to be said of members that Constant Contact alone has; the lists follow it."""
    lists = foreign_lists(found)
    if not lists:
        yield "Nobody is on a list in Constant Contact whom Practifi does not have on it as well."
        return
    known = sum(one.known_only_there for one in lists)
    strangers = sum(one.strangers for one in lists)
    yield (
        f"{many(len(lists), 'list')} in Constant Contact {'has' if len(lists) == 1 else 'have'} "
        f"members whom Practifi does not have there: {known:,} of people whom Practifi knows, and "
        f"{strangers:,} of people whom it does not."
    )
    yield f"As decided so far ({found.foreign_policy}): {_answer(found.foreign_policy)}."


def _answer(policy: ForeignPolicy) -> str:
    return ANSWERS.get(policy, "give each of those whom Practifi knows a membership in Practifi")


def _first_night(found: Findings) -> Iterator[str]:
    if not found.is_scheduled:
        yield "No night is scheduled: nothing runs by itself."
        return
    if found.plans_first:
        yield (
            "The first night only plans lists and contacts and writes nothing of them to either "
            "side. Its plans wait on the page Runs until somebody approves them."
        )
    else:
        yield "Lists and contacts are carried out at night; their first plans were made before."
    interactions = next((one for one in found.plans if one.job == "activities"), None)
    if interactions is not None and interactions.steps:
        count = interactions.steps
        if interactions.wait_reason is not None:
            does = f"{'waits' if count == 1 else 'wait'} for a person's word"
        else:
            does = f"{'is' if count == 1 else 'are'} written to Practifi that night"
        yield f"{many(count, 'Interaction')} {does}."
    yield (
        "What people save in Practifi by day reaches Constant Contact within seconds, whatever the "
        "nights do. `bridge pause --lane webhook` holds that back."
    )


def _never(found: Findings) -> Iterator[str]:
    yield "Nobody who has opted out is subscribed again, and no Do Not Email box is ticked."
    yield (
        f"More than {found.removals_above:,} people, and more than {found.removals_percent:,} % of "
        "a list's members, are taken off a list only after a person has approved it."
    )
    yield "A list is deleted in Constant Contact only after a person has approved it."
    yield (
        f"More than {found.storage_above:,} new Interactions are written at once only after a "
        "person has approved it."
    )


def _cost(calls: Calls) -> Iterator[str]:
    snapshot = f", and the snapshot {many(calls.snapshot, 'call')}" if calls.snapshot else ""
    yield (
        f"To compare both sides took {many(calls.runs, 'call')} to Constant Contact{snapshot}. "
        "Nothing was written to either side."
    )
    if not calls.planned:
        yield "To carry the plans out takes no calls."
        return
    takes = "" if calls.takes_s is None else f", {lasting(calls.takes_s)}"
    pace = "" if calls.per_second is None else f" at {many(calls.per_second, 'call')} a second"
    yield f"To carry the plans out takes about {many(calls.planned, 'call')}{takes}{pace}."
    if calls.left is not None and calls.per_day is not None:
        yield f"{calls.left:,} of today's {calls.per_day:,} calls are left for nights."


def _way_back(kept: Kept | None) -> Iterator[str]:
    if kept is None:
        yield "No snapshot was taken: `bridge snapshot take` takes one."
        return
    yield (
        f"Both sides as they were are kept in {kept.folder}: "
        f"{many(kept.contacts, 'contact')} and {many(kept.lists, 'list')} of Constant Contact, "
        "deleted ones too, and "
        f"{many(kept.people, 'person', 'people')} and {many(kept.memberships, 'membership')} of "
        "Practifi."
    )
    yield (
        f"`bridge snapshot restore {kept.folder}` plans to put Constant Contact back as it was; "
        "nothing is done before somebody approves it, and nobody who opts out until then is "
        "subscribed again."
    )


def of_addresses(count: int) -> str:
    """Return a number of e-mail addresses, as people read it."""
    return many(count, "e-mail address", "e-mail addresses")


def many(count: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    >>> many(1, "call"), many(4812, "person", "people")
    ('1 call', '4,812 people')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def lasting(seconds: int) -> str:
    """Return how long something takes, as people say it.

    >>> lasting(20), lasting(150), lasting(40_000)
    ('less than a minute', 'some 3 minutes', 'some 11 hours')
    """
    if seconds < _MINUTE_S:
        return "less than a minute"
    if seconds < 2 * _HOUR_S:
        minutes = -(-seconds // _MINUTE_S)
        return f"some {many(minutes, 'minute')}"
    return f"some {many(round(seconds / _HOUR_S), 'hour')}"
