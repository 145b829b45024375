"""Contacts that people have left behind: another address, which others keep, is theirs now.

An opt-out that was made there before anybody looked goes along with whoever left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.consent.record import record_seen_there
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.work import SQL
from bridge.identity import email_key
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    import psycopg

    from bridge.delivery.model import AddressState


def record_left_behind(tx: psycopg.Connection, connection_id: int, state: AddressState) -> bool:
    """Keep opt-outs by the person at contacts that were left behind; return whether any is new."""
    is_news = False
    known = {out.key for out in state.opt_outs if out.kind == "person" and out.acted_by != "firm"}
    for contact in state.left_behind:
        address = contact.get("email_address") or {}
        key = email_key(address.get("address"))
        people = [
            person.contact_id
            for person in state.people
            if person.linked_to == str(contact["contact_id"]) and person.contact_id not in known
        ]
        is_own = is_unsubscribed(contact) and address.get("opt_out_source") == "Contact"
        if key is not None and people and is_own:
            record_seen_there(
                tx,
                connection_id,
                key,
                people,
                by_person=True,
                since=parse_moment(address.get("opt_out_date")) or now(tx),
                cause_id=str(contact["contact_id"]),
            )
            is_news = True
    return is_news


def unlink_left_behind(tx: psycopg.Connection, connection_id: int, state: AddressState) -> None:
    """Forget who people were at a former address, once all that has to go along was looked for.

    Whatever befalls that contact from now on is not theirs.
    """
    left = {str(contact["contact_id"]) for contact in state.left_behind}
    people = [person.contact_id for person in state.people if person.linked_to in left]
    if people and state.is_there_known:
        tx.execute(SQL["unlink_people"], {"connection_id": connection_id, "sf_ids": people})
