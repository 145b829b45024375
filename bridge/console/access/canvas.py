"""Pages inside Salesforce: a signed request says who opened them, and a header goes on saying it.

In a frame of another site's page a browser may withhold our cookies, so the first answer hands the
session's token to its own page, which sends it as a header with everything that it asks for. No
other site can do that, and nothing of it is kept when the frame is closed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.connections.secrets import read_secret
from bridge.connections.store import list_connections
from bridge.console.access.people import SQL, begin_session, meet
from bridge.console.access.roles import Right
from bridge.console.access.signed_request import is_signed, opened_by
from bridge.console.access.tokens import local_path
from bridge.console.faults import Refused
from bridge.console.headers import policy
from bridge.console.page import Page

if TYPE_CHECKING:
    from typing import Any

    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit

FRAME_S = 2 * 60 * 60.0
"""Seconds after which a session in a frame ends: as long as Salesforce's own token holds."""

_ONCE_FOR_S = 24 * 60 * 60.0

log = logging.getLogger(__name__)


def open_canvas(visit: Visit) -> Response:
    """Let in who opened a page inside Salesforce."""
    request = visit.form.one("signed_request")
    with visit.console.database.transaction() as tx:
        connection = _signer(visit, tx, request)
        if connection is None:
            raise Refused(
                "This was not signed by an organization that is connected here. Check that the "
                "Canvas app belongs to the External Client App of the connection."
            )
        opened = opened_by(request, connection, now=now(tx))
        digest = hashlib.sha256(request.encode("utf-8", "surrogatepass")).digest()
        used = {"hash": digest, "lives_s": _ONCE_FOR_S}
        if tx.execute(SQL["use_launch"], used).fetchone() is None:
            raise Refused("This page was opened before. Open it in Salesforce again.")
        person = meet(tx, connection.id, opened.user_id, opened.name, zone=opened.zone)
        token = begin_session(tx, person, lives_s=FRAME_S)
    log.info("console_log_in", extra={"person": person.id, "user": opened.user_id, "by": "canvas"})
    headers = json.dumps({"Authorization": f"Bearer {token}"})
    response = visit.page("canvas.html", headers=headers, first=local_path(opened.path))
    response.headers["content-security-policy"] = policy(connection.sf_url)
    return response


def show_canvas(visit: Visit) -> Response:
    """Say what is missing where Salesforce opens the page without saying who is there."""
    return visit.page("canvas_unsigned.html")


def _signer(visit: Visit, tx: psycopg.Connection[Any], request: str) -> Connection | None:
    for connection in list_connections(tx):
        secret = read_secret(tx, visit.console.keyring, connection.id, "sf_client")
        if secret is None or not connection.organization_id:
            continue
        consumer_secret = json.loads(secret.text).get("consumer_secret")
        if consumer_secret and is_signed(request, consumer_secret):
            return connection
    return None


PAGES = (
    Page(method="GET", path="/canvas", right=Right.ENTER, handler=show_canvas),
    Page(
        method="POST",
        path="/canvas",
        right=Right.ENTER,
        handler=open_canvas,
        is_sent_from_elsewhere=True,
    ),
)
