"""The field lists of deployed messages: an absent field is null only where its list was in force.

A list grows after a deployment, when messages that left before it have arrived; it shrinks before
one. So no message is ever read by a list that names more than the message was made to carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.db.queries import load_queries
from bridge.salesforce.package.messages import stale_definitions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import psycopg

    from bridge.mapping.model import Mapping as ActiveMapping
    from bridge.salesforce.package.model import Message

SQL = load_queries("bridge.salesforce.deploy")

_ON_THEIR_WAY_S = 120.0
"""Salesforce waits a minute for an answer; what left before a deployment has arrived after two."""


class Definition(NamedTuple):
    """The newest field list of one message."""

    object: str
    lane: int
    fields: frozenset[str]
    is_checked: bool


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the organization was found to send.

    Attributes:
        messages: What was deployed.
        action_ids: Full name -> id, as it was read back.
        readable: Fields that the user whom messages are sent as may read, each as
            `Contact.Email`; None: nobody could look.
    """

    messages: Sequence[Message]
    action_ids: Mapping[str, str]
    readable: frozenset[str] | None

    def fields_of(self, message: Message) -> frozenset[str]:
        """Return what a message really carries: a hidden field looks like an empty one."""
        if self.readable is None:
            return frozenset(message.fields)
        return frozenset(
            name for name in message.fields if f"{message.object}.{name}" in self.readable
        )


def definitions_in_force(tx: psycopg.Connection[Any], connection_id: int) -> dict[str, Definition]:
    """Return the newest field list of each message that is known, by ActionId."""
    rows = tx.execute(SQL["definitions_in_force"], {"connection_id": connection_id})
    return {
        action_id: Definition(object_name, lane, frozenset(fields), is_checked)
        for action_id, object_name, lane, fields, is_checked in rows
    }


def to_deploy_again(
    tx: psycopg.Connection[Any], connection_id: int, mapping: ActiveMapping
) -> list[str]:
    """Return, a sentence each, which messages lack what a mapping reads."""
    known = definitions_in_force(tx, connection_id).values()
    deployed = [(one.object, one.lane, sorted(one.fields)) for one in known]
    return [
        f"the outbound message of {object_name} does not carry {', '.join(fields)}"
        for object_name, fields in stale_definitions(mapping, deployed).items()
    ]


def narrow(tx: psycopg.Connection[Any], connection_id: int, sent: Sent) -> None:
    """Before a deployment: trust of each list only what will still be carried after it."""
    known = definitions_in_force(tx, connection_id)
    for message in sent.messages:
        action_id = sent.action_ids.get(message.full_name)
        before = None if action_id is None else known.get(action_id)
        if action_id is not None and before is not None:
            kept = before.fields & frozenset(message.fields)
            if kept != before.fields:
                checked = before.is_checked
                _add(tx, connection_id, action_id, message, kept, is_checked=checked)


def widen(tx: psycopg.Connection[Any], connection_id: int, sent: Sent) -> int:
    """After a deployment: record what is carried now; return how many lists have changed."""
    known = definitions_in_force(tx, connection_id)
    changed = 0
    for message in sent.messages:
        action_id = sent.action_ids.get(message.full_name)
        if action_id is None:
            continue
        before = known.get(action_id)
        is_checked = sent.readable is not None
        now = Definition(message.object, message.lane, sent.fields_of(message), is_checked)
        if before == now:
            continue
        changed += 1
        if before is not None and before.is_checked and before.fields - now.fields:
            kept = before.fields & now.fields
            _add(tx, connection_id, action_id, message, kept, is_checked=True)
        _add(
            tx,
            connection_id,
            action_id,
            message,
            now.fields,
            is_checked=is_checked,
            after_s=0.0 if before is None else _ON_THEIR_WAY_S,
        )
    return changed


def forget(tx: psycopg.Connection[Any], connection_id: int, action_ids: Collection[str]) -> None:
    """After a removal: none of these messages comes any more."""
    tx.execute(
        SQL["forget_definitions"],
        {"connection_id": connection_id, "action_ids": sorted(action_ids)},
    )


def _add(
    tx: psycopg.Connection[Any],
    connection_id: int,
    action_id: str,
    message: Message,
    fields: frozenset[str],
    *,
    is_checked: bool,
    after_s: float = 0.0,
) -> None:
    tx.execute(
        SQL["add_definition"],
        {
            "connection_id": connection_id,
            "action_id": action_id,
            "object": message.object,
            "fields": sorted(fields),
            "lane": message.lane,
            "is_checked": is_checked,
            "after_s": after_s,
        },
    )
