"""What connecting works with, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Profile
    from bridge.db.database import Database
    from bridge.errors import SetupRefused, SetupUnavailable
    from bridge.settings import Settings

Fault: TypeAlias = "SetupRefused | SetupUnavailable"


class Place(NamedTuple):
    """The installation that is set up."""

    settings: Settings
    database: Database
    keyring: KeyRing


@dataclass(frozen=True, kw_only=True)
class AccountWish:
    """Which account shall be connected, and how a person is asked.

    Attributes:
        name: Of the connection.
        client_id: Of the API application; None: the stored one, or it is asked for.
        is_device: By a code that is entered elsewhere; else in a browser here.
        port: Where a browser comes back to; 0: any free one.
        opens_browser: Whether it is opened, or its address only printed.
        wait_s: Seconds to wait for somebody to come back from the browser.
        is_sure: The account needs no confirmation.
        by: Who gives the command; None: the user that it runs as.
        api_url: Base address of the API, if it is not the service's own.
        auth_url: Address of the authorization server, if it is not the service's own.
    """

    name: str
    client_id: str | None = None
    is_device: bool = False
    port: int = 0
    opens_browser: bool = False
    wait_s: float = 300
    is_sure: bool = False
    by: str | None = None
    api_url: str | None = None
    auth_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrganizationWish:
    """Which organization shall be connected, and by which flow.

    Attributes:
        name: Of the connection.
        url: Of the organization, as a person gives it; None: the stored one, or it is asked for.
        login_url: Of its token end point, if that is elsewhere.
        is_sandbox: It is a sandbox: assertions are made out to another host.
        consumer_key: Of the External Client App.
        username: With it an assertion is signed; else by client credentials.
        is_jwt: By an assertion that is signed with a key.
        has_new_key: A new key, although there is one.
        has_secret: The app's secret is stored beside the key: by it people log in to the console.
        organization_id: That it has to be.
        profile: What objects it has; None: the stored one, or it is asked.
        is_sure: The organization needs no confirmation.
    """

    name: str
    url: str | None = None
    login_url: str | None = None
    is_sandbox: bool = False
    consumer_key: str | None = None
    username: str | None = None
    is_jwt: bool = False
    has_new_key: bool = False
    has_secret: bool = False
    organization_id: str | None = None
    profile: Profile | None = None
    is_sure: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was connected.

    Attributes:
        facts: Names and ids, in the order in which they are shown.
        notes: What is stored all the same, and has to be looked at.
        then: The next step.
    """

    facts: dict[str, str | None]
    then: str
    notes: tuple[Fault, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One side of a connection, tried with what is stored.

    Attributes:
        says: What was found where it is well.
        fault: Why it is not.
    """

    connection: str
    side: Literal["Salesforce", "Constant Contact"]
    says: str = ""
    fault: Fault | None = field(default=None)
