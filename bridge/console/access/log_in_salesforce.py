"""Log in with Salesforce: away to its page, back with a code, and in."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.connections.secrets import read_secret
from bridge.connections.store import load_connection
from bridge.console.access.attempts import ATTEMPT_S, kept_begun, send_away
from bridge.console.access.cookies import LOGIN, drop_cookie
from bridge.console.access.log_in import welcome
from bridge.console.access.openid import Attempt, authorize_url, fetch_identity
from bridge.console.access.people import begin_session, meet
from bridge.console.access.roles import Right
from bridge.console.access.tokens import is_same, local_path, new_token
from bridge.console.faults import Refused
from bridge.console.page import Page

if TYPE_CHECKING:
    from typing import Any

    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit

BACK = "/login/salesforce/back"

log = logging.getLogger(__name__)


def begin(visit: Visit) -> Response:
    """Send somebody to Salesforce."""
    with visit.console.database.transaction() as tx:
        connection = load_connection(tx, visit.query("connection"))
        client = _client(visit, tx, connection)
        attempt = Attempt(
            connection_id=connection.id,
            state=new_token(),
            nonce=new_token(),
            verifier=new_token(),
            wanted=local_path(visit.query("next")),
            ends_at=now(tx).timestamp() + ATTEMPT_S,
        )
    url = authorize_url(connection, attempt, client["consumer_key"], visit.own_address(BACK))
    return send_away(visit, url, LOGIN, attempt)


def come_back(visit: Visit) -> Response:
    """Find out who came back, and log them in."""
    attempt = kept_begun(visit, LOGIN, Attempt)
    if attempt is None or not is_same(visit.query("state"), attempt.state):
        raise Refused("This log-in was not begun in this browser, or too long ago. Log in again.")
    if error := visit.query("error"):
        raise Refused(f"Salesforce did not log you in ({error[:40]}). Log in again.")
    console = visit.console
    with console.database.transaction() as tx:
        connection = load_connection(tx, attempt.connection_id)
        client = _client(visit, tx, connection)
        at = now(tx)
    if at.timestamp() > attempt.ends_at:
        raise Refused("This log-in was begun too long ago. Log in again.")
    identity = fetch_identity(
        connection,
        attempt,
        client,
        code=visit.query("code"),
        back=visit.own_address(BACK),
        now=at,
        timeout_s=console.settings.http_timeout_s,
    )
    with console.database.transaction() as tx:
        person = meet(tx, connection.id, identity.user_id, identity.name, zone=identity.zone)
        token = begin_session(tx, person)
    response = welcome(visit, person, token, to=attempt.wanted)
    drop_cookie(visit.request, response, LOGIN)
    return response


def _client(visit: Visit, tx: psycopg.Connection[Any], connection: Connection) -> dict[str, str]:
    secret = read_secret(tx, visit.console.keyring, connection.id, "sf_client")
    if secret is None or not connection.organization_id:
        raise Refused(
            f"The connection {connection.name} has no External Client App to log in with: "
            f"`bridge connect salesforce {connection.name}`, or use a link that "
            "`bridge console link` prints."
        )
    client: dict[str, str] = json.loads(secret.text)
    return client


PAGES = (
    Page(method="GET", path="/login/salesforce", right=Right.ENTER, handler=begin),
    Page(method="GET", path=BACK, right=Right.ENTER, handler=come_back),
)
