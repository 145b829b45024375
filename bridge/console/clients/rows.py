"""The table of a client's page: its rows in order, with what each says and offers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from bridge.console.clients.draft import Draft, Wish
from bridge.console.clients.foresee import stays_for
from bridge.console.clients.model import Contact, Membership, listed
from bridge.console.clients.since import UNKNOWN, is_open, unsaved
from bridge.console.clients.standing import (
    EXPECTED_S,
    FULL,
    ON_ITS_WAY,
    State,
    is_full,
    reactivated_words,
    slow_words,
    state_of,
    why_not,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bridge.console.clients.model import Household
    from bridge.console.clients.saves import Saved

Kind: TypeAlias = Literal["membership", "none", "removed", "saving"]

NOT_ON_A_LIST = "Not on a list"
STILL_SAVING = "This takes longer than usual: Practifi has not answered yet."


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of the table that is not being entered.

    Attributes:
        kind: `none`: somebody on no list. `removed`: removed since the page was opened.
        shared_with: Who else has the address; empty where nobody has.
        since: The day since when they are on the list; empty where it is not known.
        stays: Why the address stays on the list there once this row is gone; empty where it goes.
        may_stay: Whether that depends on what else is flagged.
        says: What Salesforce said as it refused to remove it.
    """

    kind: Kind
    contact: Contact
    list_name: str
    state: State
    sf_id: str = ""
    list_id: str = ""
    shared_with: str = ""
    since: str = ""
    stays: str = ""
    may_stay: bool = False
    can_flag: bool = False
    is_flagged: bool = False
    says: str = ""


class Option(NamedTuple):
    """One entry of a drop-down."""

    value: str
    text: str
    is_off: bool = False
    is_chosen: bool = False


class Entry(NamedTuple):
    """A row that is being entered: its two drop-downs, and what was said of it."""

    contacts: Sequence[Option]
    lists: Sequence[Option]
    email: str
    says: str


def rows_of(household: Household, draft: Draft, saved: Sequence[Saved] = ()) -> list[Row]:
    """Return the rows of a client's people, in their order; of each, the lists by name."""
    says = {one.sf_id: one.says or UNKNOWN for one in unsaved(saved) if one.act == "remove"}
    gone = _removed(household, saved)
    going = {one.sf_id: one for one in saved if one.act == "remove" and is_open(one)}
    found = []
    for contact in household.people:
        shared = listed_sharers(household, contact)
        own = [
            _membership_row(household, one, draft, says.get(one.sf_id, ""), shared)
            for one in household.of(contact.sf_id)
        ]
        own = [
            replace(row, state=_saving(household, going[row.sf_id]), can_flag=False)
            if row.sf_id in going
            else row
            for row in own
        ]
        own += [
            _removed_row(household, one, shared)
            for one in gone.values()
            if one.contact_id == contact.sf_id
        ]
        own += [_saving_row(household, one) for one in saved if _is_saving(one, contact)]
        found += sorted(own, key=lambda row: row.list_name.lower())
        if not own:
            found.append(_row_without(household, contact, shared))
    return found


def entries_of(household: Household, draft: Draft) -> list[Entry]:
    """Return the rows that are being entered."""
    return [_entry(household, draft, wish) for wish in draft.wishes]


def next_wish(household: Household, draft: Draft) -> Wish:
    """Return a row to enter: without a person, with the list that was chosen last."""
    return Wish(list_id=draft.last_list if draft.last_list in household.lists else "")


def listed_sharers(household: Household, contact: Contact) -> str:
    """Return who else has somebody's address, in words."""
    return listed(dict.fromkeys(one.shown for one in household.sharers(contact)) or [""])


def stays_words(household: Household, membership: Membership, flagged: Iterable[str]) -> str:
    """Return why an address stays on a list there, once a membership is gone; empty: it goes."""
    others = stays_for(household, membership, flagged)
    if not others:
        return ""
    names = listed(dict.fromkeys(other.shown for other in others))
    return f"stays on the list there, because {names} {'is' if len(others) == 1 else 'are'} on it"


def _removed(household: Household, saved: Sequence[Saved]) -> Mapping[tuple[str, str], Saved]:
    """Return what was removed since the page was opened, and was not put back since."""
    has = {(one.contact_id, one.list_id) for one in household.memberships}
    return {
        (one.contact_id, one.list_id): one
        for one in saved
        if one.act == "remove"
        and one.outcome == "saved"
        and one.contact_id in household.members
        and (one.contact_id, one.list_id) not in has
    }


def _is_saving(one: Saved, contact: Contact) -> bool:
    return is_open(one) and one.act == "add" and one.contact_id == contact.sf_id


def _membership_row(
    household: Household, one: Membership, draft: Draft, says: str, shared: str
) -> Row:
    contact = household.contacts[one.contact_id]
    return Row(
        kind="membership",
        contact=contact,
        list_name=one.list_name,
        state=state_of(household, one),
        sf_id=one.sf_id,
        list_id=one.list_id,
        shared_with=shared,
        since=household.day(one.created_at) if one.created_at else "",
        stays=stays_words(household, one, draft.flagged),
        may_stay=bool(stays_for(household, one)),
        can_flag=household.may_change(contact),
        is_flagged=one.sf_id in draft.flagged,
        says=says,
    )


def _removed_row(household: Household, one: Saved, shared: str) -> Row:
    contact = household.contacts[one.contact_id]
    work = household.work_of(contact)
    if work is not None and work.blocked_reason is not None:
        state = State(words=f"Failed: {work.blocked_reason}", look="bad", act="again")
    elif work is not None and work.is_open:
        slow = slow_words(household, work, since=one.saved_at)
        state = State(words=ON_ITS_WAY, look="wait", moves=True, slow=slow)
    else:
        state = State(words="Confirmed", look="good", at=one.confirmed_at or one.saved_at)
    was = Membership(
        sf_id=one.sf_id or "",
        contact_id=one.contact_id,
        list_id=one.list_id,
        list_name=one.list_name,
    )
    return Row(
        kind="removed",
        contact=contact,
        list_name=one.list_name,
        state=state,
        sf_id=one.sf_id or "",
        list_id=one.list_id,
        shared_with=shared,
        stays=stays_words(household, was, ()),
    )


def _saving_row(household: Household, one: Saved) -> Row:
    return Row(
        kind="saving",
        contact=household.contacts[one.contact_id],
        list_name=one.list_name,
        state=_saving(household, one),
    )


def _saving(household: Household, one: Saved) -> State:
    is_late = household.now - one.made_at > timedelta(seconds=2 * EXPECTED_S)
    slow = STILL_SAVING if is_late else ""
    return State(words="Saving", look="wait", moves=True, slow=slow)


def _row_without(household: Household, contact: Contact, shared: str) -> Row:
    reason = why_not(household, contact)
    work = household.work_of(contact)
    moves = work is not None and work.is_open and work.blocked_reason is None
    act = "" if reason is None or moves else reason.act
    back = "" if reason is not None or moves else reactivated_words(household, contact)
    words, look = (reason.words, "") if reason else (back, "good" if back else "")
    state = State(words=words, look=look, act=act, moves=moves)
    return Row(
        kind="none",
        contact=contact,
        list_name=NOT_ON_A_LIST,
        state=state,
        shared_with=shared,
    )


def _entry(household: Household, draft: Draft, wish: Wish) -> Entry:
    contacts = [_contact_option(household, one, wish) for one in household.people]
    chosen = household.contacts.get(wish.contact_id)
    has = {one.list_id for one in household.of(wish.contact_id)}
    others = {
        other.list_id
        for other in draft.wishes
        if other is not wish and wish.contact_id and other.contact_id == wish.contact_id
    }
    lists = [
        Option(
            list_id,
            _list_text(household, wish, list_id, name),
            is_chosen=list_id == wish.list_id,
        )
        for list_id, name in household.lists.items()
        if list_id == wish.list_id or list_id not in has | others
    ]
    return Entry(contacts, lists, (chosen.email if chosen else "") or "", wish.says)


def _contact_option(household: Household, contact: Contact, wish: Wish) -> Option:
    reason = why_not(household, contact)
    words = reason.words if reason else ""
    if not words and is_full(household, contact):
        words = FULL
    if not words and not household.may_change(contact):
        words = "you may not change this contact in Salesforce"
    text = f"{contact.name}: {words}" if words else contact.name
    return Option(
        contact.sf_id, text, is_off=bool(words), is_chosen=contact.sf_id == wish.contact_id
    )


def _list_text(household: Household, wish: Wish, list_id: str, name: str) -> str:
    left_at = household.left.get((wish.contact_id, list_id))
    return f"{name} (left on {household.day(left_at)})" if left_at else name
