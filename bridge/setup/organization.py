"""What an organization tells about itself by a token that nothing is stored of yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from bridge.connections.profile import propose_profile
from bridge.doctor.needs import needs_of_names
from bridge.doctor.objects import faults_of_fields
from bridge.doctor.people import marks_in
from bridge.errors import NotFoundRemotely, RemoteError, Unauthorized
from bridge.mapping.compiled import load_mapping
from bridge.salesforce.client import Salesforce
from bridge.salesforce.login import SYSTEM
from bridge.salesforce.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.connections.model import Connection, Profile
    from bridge.mapping.marks import Mark

_ABOUT = "SELECT Name, IsSandbox FROM Organization"


class OneToken:
    """The token of a login that nothing is stored of yet."""

    def __init__(self, text: str) -> None:
        self._text = text

    def access_token(self) -> str:
        """Return it."""
        return self._text

    def renew(self, _refused: str | None) -> NoReturn:
        """Raise: it was made a moment ago, so another one would be refused as well."""
        raise Unauthorized("Salesforce: the new session is refused", system=SYSTEM)


class Organization(NamedTuple):
    """Who an organization is, and who the bridge is there.

    Attributes:
        name: None where the bridge's user may not read it.
        is_sandbox: None likewise.
        lacks: What its profile names and it does not have, each a sentence.
        marks: How it marks people who take no part.
    """

    id: str
    user_id: str
    username: str
    profile: Profile
    name: str | None = None
    is_sandbox: bool | None = None
    lacks: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


def ask_organization(
    connection: Connection, token: str, files: Mapping[str, str], timeout_s: float
) -> Organization:
    """Return what an organization tells.

    Args:
        connection: Where it is; its profile, if it has one, is taken as given.
        token: An access token of it.
        files: The mapping files, whose names are looked for.
        timeout_s: Seconds to wait for each part of an answer.

    Raises:
        RemoteError: If it does not answer, or the API is closed to the bridge's user.
        MappingError: If the mapping files have faults.
    """
    salesforce = Salesforce(Session(connection, OneToken(token), timeout_s))
    try:
        who = salesforce.identity()
        profile = connection.profile or propose_profile(files, salesforce.objects())
        name, is_sandbox = _about(salesforce)
        names = load_mapping(files, profile=profile, overrides=connection.particulars).names
        described: dict[str, dict[str, Any] | None] = {}

        def describe(name: str) -> dict[str, Any] | None:
            if name not in described:
                try:
                    described[name] = salesforce.describe(name)
                except NotFoundRemotely:
                    described[name] = None
            return described[name]

        lacks = tuple(one.says for one in faults_of_fields(needs_of_names(names), describe))
        marks = marks_in(names, describe)
    finally:
        salesforce.close()
    return Organization(
        who.organization_id, who.user_id, who.username, profile, name, is_sandbox, lacks, marks
    )


def _about(salesforce: Salesforce) -> tuple[str | None, bool | None]:
    """Return name and kind of an organization, as far as the bridge's user may read them."""
    try:
        row = next(salesforce.query(_ABOUT), None)
    except Unauthorized:
        raise
    except RemoteError:
        row = None
    if row is None:
        return None, None
    name, is_sandbox = row.get("Name"), row.get("IsSandbox")
    return (
        str(name) if name else None,
        None if is_sandbox is None else str(is_sandbox).lower() == "true",
    )
