"""Checks of the Salesforce side of a connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.connections.profile import propose_profile
from bridge.doctor.findings import Finding
from bridge.doctor.objects import (
    Need,
    faults,
    needs_of_campaigns,
    needs_of_interactions,
    needs_of_names,
)
from bridge.errors import MappingError, NotFoundRemotely, RemoteError, Unavailable
from bridge.identity import same_organization
from bridge.mapping.compiled import read_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.connections.model import Connection
    from bridge.doctor.findings import State
    from bridge.mapping.model import Mapping
    from bridge.salesforce.client import Salesforce

_MAY_SEND = (
    "SELECT COUNT() FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}' "
    "AND PermissionSet.PermissionsEnableNotifications = true"
)


def check_organization(
    connection: Connection, salesforce: Salesforce, mapping: Mapping | None, mappings: Path
) -> Iterator[Finding]:
    """Yield what holds of an organization: login, profile, objects and fields, no loop."""
    examination = _Examination(connection, salesforce)
    try:
        yield from examination.login()
        yield from examination.profile(mappings)
        if mapping is not None:
            yield from examination.objects(mapping)
        yield from examination.own_user()
    except RemoteError as error:
        yield examination.found("failed", "Salesforce", str(error), _advice(connection, error))


def _advice(connection: Connection, error: RemoteError) -> str:
    if isinstance(error, Unavailable):
        return f"see that {connection.sf_url} can be reached from here"
    return f"`bridge connection add {connection.name} --credentials FILE` with new credentials"


@dataclass
class _Examination:
    connection: Connection
    salesforce: Salesforce
    _described: dict[str, dict[str, Any] | None] = field(default_factory=dict)

    def found(
        self,
        state: State,
        check: str,
        says: str,
        advice: str | None = None,
    ) -> Finding:
        return Finding(
            subject=self.connection.name, check=check, state=state, says=says, advice=advice
        )

    def login(self) -> Iterator[Finding]:
        identity = self.salesforce.identity()
        if same_organization(identity.organization_id, self.connection.organization_id):
            yield self.found("ok", "Salesforce", f"logged in as {identity.user_id}")
        else:
            yield self.found(
                "failed",
                "Salesforce",
                f"the credentials open the organization {identity.organization_id}, messages are "
                f"accepted from {self.connection.organization_id}",
                "give the credentials of that organization, or add another connection",
            )

    def profile(self, mappings: Path) -> Iterator[Finding]:
        try:
            proposal = propose_profile(read_files(mappings), self.salesforce.objects())
        except MappingError:
            return  # told by the check of the mapping
        used = self.connection.profile or "practifi"
        if used == proposal:
            yield self.found("ok", "profile", used)
        else:
            yield self.found(
                "warning",
                "profile",
                f"{used}, but the organization's objects look like {proposal}",
                f"`bridge connection add {self.connection.name} --organization-id "
                f"{self.connection.organization_id} --profile {proposal}`",
            )

    def objects(self, mapping: Mapping) -> Iterator[Finding]:
        names = mapping.names
        mapped = [
            Need(part.object, path, "read")
            for part, paths in (
                (names.client, mapping.client.paths),
                (
                    names.contact,
                    (*mapping.contact.paths, *(one.path for one in mapping.contact.filters)),
                ),
                (names.list, mapping.list.paths),
                (names.membership, mapping.membership.paths),
            )
            for path in paths
        ]
        is_whole = True
        for says, advice in faults([*needs_of_names(names), *mapped], self._describe):
            is_whole = False
            yield self.found("failed", "objects and fields", says, advice)
        for says, advice in faults(needs_of_interactions(names), self._describe):
            is_whole = False
            yield self.found("warning", "interactions", says, advice)
        campaigns = needs_of_campaigns(names) if mapping.interaction.campaign_members else ()
        for says, advice in faults(campaigns, self._describe):
            is_whole = False
            yield self.found("warning", "campaigns", says, advice)
        if is_whole:
            yield self.found("ok", "objects and fields", "all there")

    def own_user(self) -> Iterator[Finding]:
        user_id = self.salesforce.own_user_id()
        assigned = self.salesforce.count(_MAY_SEND.format(user_id=user_id))
        if assigned == 0:
            yield self.found("ok", "no loop", "our own user sends no outbound messages")
        else:
            yield self.found(
                "failed",
                "no loop",
                f"our own user {user_id} has the permission Send Outbound Messages from {assigned} "
                "profile(s) or permission set(s): what the bridge writes comes back to it",
                "take the permission from its profile and permission sets",
            )

    def _describe(self, name: str) -> dict[str, Any] | None:
        if name not in self._described:
            try:
                self._described[name] = self.salesforce.describe(name)
            except NotFoundRemotely:
                self._described[name] = None
        return self._described[name]
