"""Read what changed in the account since it was last read: pages instead of one call a contact.

The same look serves before and after: before anything is decided it makes the mirror as good as a
read of each contact, and after an activity it brings back ids, lists and spellings. Unsubscribing
moves no contact's `updated_at` (Constant Contact's support, "Get contacts using updated_after"), so
whoever opted out is asked for as well.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridge.clock import now as clock_now
from bridge.constant_contact.answers import next_href, rows_of, unavailable
from bridge.constant_contact.client import SUBRESOURCES
from bridge.delivery.bulk.choose import A_PAGE
from bridge.delivery.bulk.store import SQL, move, move_watermark, watermark
from bridge.mirror.model import parse_moment
from bridge.mirror.remember import contact_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.bulk.model import Round

SOURCE = "cc:contacts"
"""The watermark up to which changes of the account's contacts are known."""
_OVERLAP = timedelta(seconds=10)
_CLOCKS_AGREE_WITHIN = timedelta(seconds=70)
_WALKS = ("updated", "optout")


class Look:
    """One look of a round, which whoever goes on with the round carries on.

    The round's `look` holds: `walk`, the walk under way; `href`, its next page; `since` and
    `begun_at`; `last`, the newest change seen; `expected`, the contacts that page one told of.
    """

    def __init__(self, database: Database, there: ConstantContact) -> None:
        self._database = database
        self._there = there

    def begin(self, now: Round) -> Round:
        """Return the round with a look that has not read anything yet."""
        with self._database.transaction() as tx:
            since = watermark(tx, now.connection_id, SOURCE)
            begun_at = clock_now(tx)
        look = {
            "walk": _WALKS[0],
            "href": None,
            "since": since and since.isoformat(),
            "begun_at": begun_at.isoformat(),
            "last": None,
            "expected": None,
        }
        return replace(now, look=look)

    def read_page(self, now: Round, *, worked_until: datetime | None = None) -> Round:
        """Read one page into the mirror; the look of the round that is returned ends with None.

        Args:
            now: The round, with the look that was begun.
            worked_until: When the last activity had ended by the vendor's clock (UTC), a moment
                before the look began: what it changed need not be read again.

        Raises:
            RemoteError: If Constant Contact does not answer.
            NoSlotNow, QuotaSpent: If the budget has no call.
            LeaseLost: If somebody else has the round.
        """
        look = dict(now.look or {})
        with self._database.transaction() as tx:
            read_at = clock_now(tx)
        answer = (
            self._there.get(look["href"])
            if look["href"]
            else self._there.get("contacts", _params(look["walk"], look["since"]))
        )
        contacts = rows_of(answer, "contacts", "contact_id")
        if look["expected"] is None:
            count = answer.get("contacts_count")
            look["expected"] = count if isinstance(count, int) else len(contacts)
        href = next_href(answer)
        if href is not None and href == look["href"]:
            raise unavailable("the pages go round in a circle")
        look["href"] = href
        look["last"] = _newest(look["last"], contacts)
        is_over = href is None and (look["walk"] == _WALKS[-1] or look["since"] is None)
        if href is None and not is_over:
            look["walk"] = _WALKS[_WALKS.index(look["walk"]) + 1]
        following = replace(now, look=None if is_over else look)
        with self._database.transaction() as tx:
            remember_page(tx, now.connection_id, contacts, read_at)
            if is_over:
                move_watermark(tx, now.connection_id, SOURCE, _known_up_to(look, worked_until))
            move(tx, following)
        return following


def changes_since(there: ConstantContact, since: datetime) -> Iterator[list[dict[str, Any]]]:
    """Yield, a page at a time, the contacts that have changed or opted out since a moment (UTC).

    Raises:
        RemoteError: If Constant Contact does not answer.
        NoSlotNow, QuotaSpent: If the budget has no call.
    """
    for walk in _WALKS:
        for answer in there.pages("contacts", _params(walk, since.isoformat())):
            yield rows_of(answer, "contacts", "contact_id")


def pages_left(look: Mapping[str, Any]) -> int:
    """Return how many pages the first page of a look has promised beside itself."""
    return max(0, int(look.get("expected") or 0) - 1) // A_PAGE


def read_from(tx: psycopg.Connection, connection_id: int, at: datetime) -> None:
    """Note that the account was read whole, beginning at a moment by our clock (UTC)."""
    move_watermark(tx, connection_id, SOURCE, at - _CLOCKS_AGREE_WITHIN)


def remember_page(
    tx: psycopg.Connection,
    connection_id: int,
    contacts: Sequence[Mapping[str, Any]],
    read_at: datetime,
) -> None:
    """Keep a page of contacts, but for those of whom something newer is known.

    Args:
        tx: The caller's transaction.
        connection_id: Whose account it is.
        contacts: As the vendor showed them, sub-resources included.
        read_at: When the page was asked for (UTC).
    """
    unique = {str(contact["contact_id"]): contact for contact in contacts}
    if not unique:
        return
    values = {
        "connection_id": connection_id,
        "rows": json.dumps([contact_row(contact) for contact in unique.values()]),
        "read_at": read_at,
    }
    ids = [contact_id for (contact_id,) in tx.execute(SQL["remember_contacts"], values)]
    if ids:
        tx.execute(SQL["forget_memberships"], {"connection_id": connection_id, "ids": ids})
        tx.execute(SQL["remember_memberships"], {"connection_id": connection_id, "ids": ids})


def _params(walk: str, since: str | None) -> dict[str, str]:
    params = {
        "status": "all",
        "include": SUBRESOURCES,
        "limit": str(A_PAGE),
        "include_count": "true",
    }
    if since is not None:
        after = datetime.fromisoformat(since)
        params[f"{walk}_after"] = after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return params


def _known_up_to(look: Mapping[str, Any], worked_until: datetime | None) -> datetime:
    """Return the moment by the vendor's clock up to which every change is known.

    That clock is told by what changed last. What changed on an early page while a later one was
    read was not seen, so it is no later than the look's own begin.
    """
    begun_at = datetime.fromisoformat(look["begun_at"])
    newest = parse_moment(look["last"])
    known = [begun_at - _CLOCKS_AGREE_WITHIN]
    known += [min(begun_at, newest) - _OVERLAP] if newest is not None else []
    known += [moment for moment in (parse_moment(look["since"]), worked_until) if moment]
    return max(known)


def _newest(last: str | None, contacts: Sequence[Mapping[str, Any]]) -> str | None:
    moments = [parse_moment(contact.get("updated_at")) for contact in contacts]
    moments += [
        parse_moment((contact.get("email_address") or {}).get("opt_out_date"))
        for contact in contacts
    ]
    known = [moment for moment in (*moments, parse_moment(last)) if moment is not None]
    return max(known).isoformat() if known else None
