"""What a connection is: one Salesforce organization and one Constant Contact account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from bridge.mapping.marks import PEOPLE

Profile: TypeAlias = Literal["practifi", "bridge", "plain"]
State: TypeAlias = Literal["unconnected", "active", "paused"]


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A row of the table `connection`; secrets are elsewhere (`bridge.connections.secrets`).

    Attributes:
        organization_id: The 18-character id of the organization whose messages are accepted.
        sf_url: Base address of the organization's API, without `/services`.
        sf_login_url: Base address of its token endpoint; None: the same as `sf_url`.
        sf_user_id: The bridge's own user there: its changes are not a person's act.
        cc_url: Base address of the Constant Contact API, ending in `/v3`.
        cc_auth_url: Address of its authorization server.
        api_application_id: The API application whose budget its calls spend.
        api_share: Weight of its share where connections use one application.
        profile: The object profile, or None until `describe` has told.
        object_names: Overrides of the profile's names, by group and role.
        people_marks: How the organization marks people who take no part, as stored; None: nobody
            has looked yet.
        state: `unconnected` until credentials for both sides are stored; `paused` with a reason.
    """

    id: int
    name: str
    organization_id: str | None = None
    organization_name: str | None = None
    sf_url: str | None = None
    sf_login_url: str | None = None
    sf_api_version: str = "66.0"
    sf_user_id: str | None = None
    cc_account_id: str | None = None
    cc_account_name: str | None = None
    cc_url: str | None = None
    cc_auth_url: str | None = None
    api_application_id: int | None = None
    api_share: int = 1
    profile: Profile | None = None
    object_names: dict[str, Any] = field(default_factory=dict)
    people_marks: list[dict[str, Any]] | None = None
    state: State = "unconnected"
    state_reason: str | None = None

    @property
    def particulars(self) -> dict[str, Any]:
        """What is particular to the organization, as mappings are compiled with it."""
        return self.object_names | {PEOPLE: self.people_marks}


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What the receiver needs to know of a connection.

    Attributes:
        secrets: Path secrets that are accepted now: two while one is being replaced.
    """

    connection_id: int
    name: str
    organization_id: str | None
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def path(self) -> str:
        """Return the path that Salesforce must POST to, with the newest secret.

        >>> Endpoint(connection_id=1, name="default", organization_id=None, secrets=("s",)).path
        '/outbound-messages/default/s'
        """
        return f"/outbound-messages/{self.name}/{self.secrets[-1]}"
