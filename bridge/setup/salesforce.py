"""`bridge connect salesforce`: a login that is tried, looked at and only then stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from bridge.clock import now
from bridge.connections.credentials import set_addresses
from bridge.connections.model import Connection
from bridge.connections.secrets import refuse_foreign_ring
from bridge.connections.store import (
    add_connection,
    check_name,
    check_organization_id,
    list_connections,
    load_connection,
    read_endpoints,
    resume,
    set_identity,
    set_people_marks,
    set_profile,
)
from bridge.errors import RecordError, RemoteError
from bridge.identity import same_organization
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from bridge.salesforce.login import Login, fetch_token, read_login, write_login
from bridge.setup.addresses import audience_of, organization_url
from bridge.setup.ask import ask, ask_secret, confirm, tell
from bridge.setup.causes import SALESFORCE, refusal
from bridge.setup.clicks import App, app_steps
from bridge.setup.diagnose import of_salesforce
from bridge.setup.keys import Draft, draft, stored
from bridge.setup.model import Outcome
from bridge.setup.organization import ask_organization
from bridge.setup.reach import reach, refuse_clock

if TYPE_CHECKING:
    from bridge.salesforce.login import Token
    from bridge.setup.model import Fault, OrganizationWish, Place
    from bridge.setup.organization import Organization

API_SCOPES = frozenset({"api", "full"})
CLOCK_S = 120.0
"""How far apart the clocks may be: an assertion lives three minutes, and may live five."""

_ADDRESS = "Address of the organization (https://FIRM.my.salesforce.com)"


class _Attempt(NamedTuple):
    """A login that is tried.

    Attributes:
        known: What is stored of the connection; one without an id: nothing is.
        draft: The key of its assertions; None: client credentials.
    """

    known: Connection
    app: App
    login: Login
    draft: Draft | None

    @property
    def login_url(self) -> str:
        return self.known.sf_login_url or self.known.sf_url or ""

    def fault_of(self, error: RemoteError | RecordError) -> Fault:
        """Return what an error means for this attempt."""
        return of_salesforce(
            error,
            host=urlsplit(self.login_url).netloc,
            file=self.app.certificate or "",
            audience=self.login.client.get("audience", ""),
            flow=self.app.flow,
        )


def connect_organization(place: Place, wish: OrganizationWish) -> Outcome:
    """Connect an organization; nothing is stored before all was looked at.

    Raises:
        SetupRefused: If something is wrong that a person has to mend.
        SetupUnavailable: If the organization does not answer as it should.
        ConfigurationError: If the name, an id or a mapping file is wrong.
    """
    check_name(wish.name)
    if wish.organization_id is not None:
        check_organization_id(wish.organization_id)
    attempt = _prepare(place, wish)
    token = _log_in(place, attempt)
    files = read_files(place.settings.mappings)
    try:
        found = ask_organization(attempt.known, token.text, files, place.settings.http_timeout_s)
    except (RemoteError, RecordError) as error:
        raise attempt.fault_of(error) from None
    known_id = attempt.known.organization_id or wish.organization_id
    if known_id is not None and not same_organization(found.id, known_id):
        raise refusal("sf_organization", found=found.id, name=wish.name, known=known_id)
    kind = {True: ", a sandbox", False: ", production", None: ""}[found.is_sandbox]
    what = f"{found.name or 'the organization'} ({found.id}{kind})"
    confirm(
        f"Connect {wish.name} with {what}, as {found.username}?",
        what,
        is_given=wish.is_sure or known_id is not None,
    )
    return _store(place, attempt, found, files)


def _prepare(place: Place, wish: OrganizationWish) -> _Attempt:
    """Return the login that the wish and what is stored make; what is missing is asked for."""
    with place.database.transaction() as tx:
        rows = [one for one in list_connections(tx) if one.name == wish.name]
        known = rows[0] if rows else Connection(id=0, name=wish.name)
        former = read_login(tx, place.keyring, known.id) if rows else None
        at = now(tx)
    url = organization_url(wish.url or known.sf_url or ask(_ADDRESS, "--url URL"))
    known = replace(
        known,
        sf_url=url,
        sf_login_url=wish.login_url or known.sf_login_url,
        profile=wish.profile or known.profile or place.settings.profile,
    )
    signs = wish.is_jwt or (
        former is not None and former.key_pair is not None and wish.consumer_key is None
    )
    key = None
    if signs:
        folder = place.settings.data_dir
        pair = former.key_pair if former is not None and not wish.has_new_key else None
        key = draft(folder, wish.name, at) if pair is None else stored(folder, wish.name, pair)
    app = App(
        url=url,
        is_sandbox=wish.is_sandbox,
        certificate=str(key.certificate_file) if key else None,
        public_url=place.settings.public_url,
    )
    return _Attempt(known, app, _login(wish, former, app, key), key)


def _login(wish: OrganizationWish, former: Login | None, app: App, key: Draft | None) -> Login:
    """Return what is logged in with; steps are shown where the app is not known yet."""
    known = {} if former is None or bool(former.key_pair) != bool(key) else dict(former.client)
    if key is None and known and wish.consumer_key is None:
        return Login(known)
    if wish.consumer_key is None or (key is not None and key.key_file is not None):
        for line in app_steps(app):
            tell(line)
    consumer_key = wish.consumer_key or ask(
        "Consumer key", "--consumer-key KEY", known.get("consumer_key")
    )
    if key is None:
        secret = ask_secret("Consumer secret", "it on standard input")
        return Login({"consumer_key": consumer_key, "consumer_secret": secret})
    username = wish.username or ask(
        "User name of the bridge's user in Salesforce", "--username NAME", known.get("username")
    )
    audience = audience_of(app.url, is_sandbox=wish.is_sandbox)
    if not wish.is_sandbox:  # it was said once
        audience = known.get("audience", audience)
    client = {"consumer_key": consumer_key, "username": username, "audience": audience}
    if wish.has_secret:
        client["consumer_secret"] = ask_secret("Consumer secret", "it on standard input")
    elif former is not None and former.client["consumer_key"] == consumer_key:
        client = {**former.client, **client}  # the secret serves people's log-in as before
    return Login(client, key.key_pair)


def _log_in(place: Place, attempt: _Attempt) -> Token:
    """Return a token, or say why there is none."""
    timeout_s = place.settings.http_timeout_s
    there = reach(attempt.login_url, of=SALESFORCE, timeout_s=timeout_s)
    with place.database.transaction() as tx:
        at = now(tx)
    if attempt.draft is not None:
        refuse_clock(there, at, of=SALESFORCE, within_s=CLOCK_S)
    try:
        token = fetch_token(attempt.login_url, attempt.login, at=at, timeout_s=timeout_s)
    except RemoteError as error:
        raise attempt.fault_of(error) from None
    if token.scopes and not token.scopes & API_SCOPES:
        raise refusal("sf_scope")
    return token


def _store(place: Place, attempt: _Attempt, found: Organization, files: dict[str, str]) -> Outcome:
    name, keyring = attempt.known.name, place.keyring
    with place.database.transaction() as tx:
        refuse_foreign_ring(tx, keyring)
        connection_id = add_connection(tx, keyring, name, found.id).id
        set_addresses(
            tx,
            connection_id,
            organization_id=found.id,
            sf_url=attempt.known.sf_url,
            sf_login_url=attempt.known.sf_login_url,
        )
        write_login(tx, keyring, connection_id, attempt.login)
        set_identity(tx, connection_id, organization_name=found.name, sf_user_id=found.user_id)
        set_profile(tx, connection_id, found.profile)
        set_people_marks(tx, connection_id, found.marks)
        resume(tx, connection_id)
        if active(tx, connection_id) is None:
            activate(tx, connection_id, files, by="connect")
        connection = load_connection(tx, connection_id)
        (endpoint,) = (
            one for one in read_endpoints(tx, keyring) if one.connection_id == connection_id
        )
    if attempt.draft is not None:
        attempt.draft.settle()
    return Outcome(
        facts={
            "connection": name,
            "organization_id": found.id,
            "organization_name": found.name,
            "kind": {True: "sandbox", False: "production", None: None}[found.is_sandbox],
            "user": found.username,
            "user_id": found.user_id,
            "flow": "assertion" if attempt.draft else "client credentials",
            "certificate_ends": (
                f"{attempt.draft.key_pair.ends_at:%Y-%m-%d}" if attempt.draft else None
            ),
            "profile": found.profile,
            "endpoint_path": endpoint.path,
            "state": connection.state,
        },
        notes=lacking(found),
        then=(
            "bridge doctor"
            if connection.cc_account_id or connection.api_application_id
            else f"bridge connect constant-contact {name}"
        ),
    )


def lacking(found: Organization) -> tuple[Fault, ...]:
    """Return the note about objects and fields that an organization does not have."""
    if not found.lacks:
        return ()
    return (
        refusal("sf_fields", count=len(found.lacks), profile=found.profile, first=found.lacks[0]),
    )
