"""One notification in five panes: raw, parsed, mapped, call, answer; and the two replays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from psycopg.rows import dict_row

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import seen_connections
from bridge.console.pages.trying import read_trying
from bridge.db.queries import load_queries
from bridge.errors import MappingError, RejectedMessage
from bridge.inbox.listing import NoSuchNotification, find_notification
from bridge.inbox.packing import unpack
from bridge.inbox.part import parts_of
from bridge.inbox.replay import put_back
from bridge.mapping.trial import KINDS, try_record
from bridge.mapping.versions import active, version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.inbox.listing import Listed
    from bridge.inbox.replay import Mode

_SQL = load_queries("bridge.console.pages")
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A step that was taken for what the notification asked for.

    Attributes:
        body: What was sent.
        answer: What came back; empty where nothing did.
    """

    kind: str
    whom: str
    state: str
    reason: str
    outcome: str
    body: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Panes:
    """What is known of a notification, from its arrival to the answer."""

    raw: str
    mapped: str
    mapped_by: str
    calls: Sequence[Call]


def show(visit: Visit) -> Response:
    """Show the panes."""
    with visit.console.database.transaction() as tx:
        one = _find(tx, visit)
        panes = Panes(
            raw=_raw(tx, one),
            mapped=_mapped(tx, one, one.mapping_version_id),
            mapped_by="the mapping in force"
            if one.mapping_version_id is None
            else f"mapping v{one.mapping_version_id}, in force when it was accepted",
            calls=_calls(tx, one),
        )
        (trying,) = read_trying(tx, [(one.connection_id, one.notification_id)])
    return visit.page("notification.html", one=one, panes=panes, trying=trying)


def replay(visit: Visit) -> Response:
    """Put it in line again, as accepted or with today's mapping."""
    mode: Mode = "as_accepted" if visit.form.one("mode") == "as_accepted" else "todays_mapping"
    with visit.console.database.transaction() as tx:
        one = _find(tx, visit)
    console = visit.console
    put_back(
        console.database, console.wake, one.notification_id, connection=one.connection, mode=mode
    )
    visit.note("notification_replayed", notification=one.notification_id, mode=mode)
    return visit.go(f"{path_of(one)}?did=replayed")


def path_of(one: Listed) -> str:
    """Return the address of a notification's page."""
    return f"/inbox/{quote(one.connection, safe='')}/{quote(one.notification_id, safe='')}"


def _find(tx: psycopg.Connection[Any], visit: Visit) -> Listed:
    name = str(visit.request.path_params["connection"])
    if name not in {one.name for one in seen_connections(tx, visit)}:
        raise NotThere
    try:
        return find_notification(
            tx, str(visit.request.path_params["notification_id"]), connection=name
        )
    except NoSuchNotification:
        raise NotThere from None


def _raw(tx: psycopg.Connection[Any], one: Listed) -> str:
    if one.message_id is None:
        return "It came by no message: the bridge found it by asking Salesforce."
    values = {"received_at": one.received_at, "message_id": one.message_id}
    row = tx.execute(_SQL["message_of"], values).fetchone()
    if row is None:
        return "The message is not kept any more."
    encoding, body = row
    try:
        (part,) = parts_of(unpack(body), encoding, [one.ordinal])
    except (RejectedMessage, IndexError):
        return "The message cannot be read any more."
    text = part.decode("utf-8", "replace")
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def _mapped(tx: psycopg.Connection[Any], one: Listed, version_id: int | None) -> str:
    """Return what the mapping makes of what the message said, as text."""
    if not one.fields:
        return "There is nothing to map: no fields are kept."
    try:
        found = (
            active(tx, one.connection_id)
            if version_id is None
            else version(tx, one.connection_id, version_id)
        )
    except MappingError as error:
        return f"That mapping cannot be used any more: {error}"
    if found is None:
        return "No mapping was in force."
    kind = found.mapping.names.kind_of(one.object or "")
    if kind not in KINDS:
        return f"The mapping makes nothing of records of {one.object} by themselves."
    return _became(try_record(found.mapping, kind, one.fields))


def _became(answer: Mapping[str, Any]) -> str:
    if answer["error"]:
        return f"refused: {answer['error']}"
    if answer["left_out"]:
        return f"takes no part: {answer['left_out']}"
    return "takes part" if answer["becomes"] is None else _text(answer["becomes"])


def _calls(tx: psycopg.Connection[Any], one: Listed) -> list[Call]:
    values = {"connection_id": one.connection_id, "notification_id": one.notification_id}
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["calls_for"], values).fetchall()
    return [
        Call(
            kind=row["kind"].replace("_", " "),
            whom=row["subject_key"],
            state=row["state"],
            reason=row["reason"],
            outcome=row["outcome"] or "",
            body=_text(row["detail"].get("body") or row["detail"].get("change") or {}),
            answer="" if row["answer"] is None else _text(row["answer"]),
        )
        for row in rows
    ]


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


PAGES = (
    Page(
        method="GET",
        path="/inbox/{connection}/{notification_id}",
        right=Right.READ_PEOPLE,
        handler=show,
    ),
    Page(
        method="POST",
        path="/inbox/{connection}/{notification_id}/replay",
        right=Right.OPERATE,
        handler=replay,
    ),
)
