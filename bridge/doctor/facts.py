"""What the doctor read of a connection, once: frozen values that every check judges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from bridge.connections.model import Connection, Endpoint
    from bridge.doctor.findings import Fault
    from bridge.mapping.model import Mapping as CompiledMapping
    from bridge.pauses.store import Pause
    from bridge.policies.policy import Policies
    from bridge.salesforce.model import Identity
    from bridge.salesforce.outbound_messages import OutboundMessage
    from bridge.status.model import Alarm, Budget

Description: TypeAlias = "Mapping[str, Any]"
"""What `describe` says of an object."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The field list of an outbound message as it is recorded here.

    Attributes:
        lane: 0 where it fires only when a consent field changes.
    """

    action_id: str
    version: int
    object: str
    fields: frozenset[str]
    lane: int


@dataclass(frozen=True, kw_only=True)
class StoredSecret:
    """When a secret was stored, and when the certificate of a key ends (UTC)."""

    kind: str
    stored_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OldIds:
    """Ids of the V2 API that records hold, which the product before has left.

    Attributes:
        kind: `contact` or `list`.
        count: How many records hold one.
        numbers: Those that are looked up, at most 500.
        known: Number -> id there, for those that the account still has; None: not looked up.
    """

    kind: str
    count: int
    numbers: tuple[str, ...]
    known: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What the database knows of a connection.

    Attributes:
        at: The installation's time (UTC).
        outages: Service, since when and why it answers nobody.
        list_count: Lists that the account had when it was read last.
        alarms: What `bridge status` says of it.
    """

    at: datetime
    policies: Policies
    endpoint: Endpoint
    recorded: tuple[Recorded, ...] = ()
    outages: tuple[tuple[str, datetime, str], ...] = ()
    list_count: int = 0
    secrets: tuple[StoredSecret, ...] = ()
    pauses: tuple[Pause, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    budget: Budget | None = None
    old_ids: tuple[OldIds, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The mapping of a connection.

    Attributes:
        says: Which version it is.
        mapping: Compiled; None where there is none that can be used.
        files: Name -> text, as they came into force.
        faults: What is wrong with it, or with the files in the folder.
    """

    says: str = ""
    mapping: CompiledMapping | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Organization:
    """What Salesforce said.

    Attributes:
        identity: Who the bridge is there.
        is_sandbox: None where it does not say.
        proposed_profile: The profile that fits its objects; None where the files have faults.
        described: What each object is made of; None for one that is not there.
        may_send: How many profiles and permission sets let our user send outbound messages; None
            where it may not see them.
        may_run_reports: The same of running reports.
        calls: API calls of the last 24 hours that are left, and how many there are.
        ahead: By how much its clock is ahead of ours; None where it does not say.
        messages: The outbound messages; None where our user may not see them.
        jobs: Names of scheduled or running jobs of the package's own integration.
        switch: The package's setting, and its fields that are on.
        unseen: The parts of Setup that our user may not see.
    """

    identity: Identity
    is_sandbox: bool | None = None
    proposed_profile: str | None = None
    described: Mapping[str, Description | None] = field(default_factory=dict)
    may_send: int | None = 0
    may_run_reports: int | None = None
    calls: tuple[int, int] | None = None
    ahead: timedelta | None = None
    messages: tuple[OutboundMessage, ...] | None = None
    jobs: tuple[str, ...] = ()
    switch: tuple[str, tuple[str, ...]] | None = None
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CustomFieldThere:
    """A custom field that an account has."""

    id: str
    name: str
    label: str
    type: str

    def as_row(self) -> dict[str, str]:
        """Return it as the vendor's answers have it."""
        return {
            "custom_field_id": self.id,
            "name": self.name,
            "label": self.label,
            "type": self.type,
        }


@dataclass(frozen=True, kw_only=True)
class Account:
    """What Constant Contact said.

    Attributes:
        scopes: Those of the token; None where it does not tell.
        privileges: Those of the user who allowed the application; None where nobody tells.
        custom_fields: Those that it has; None where it does not tell.
        ahead: By how much its clock is ahead of ours; None where it does not say.
    """

    account_id: str
    name: str
    custom_fields: tuple[CustomFieldThere, ...] | None = None
    scopes: frozenset[str] | None = None
    privileges: frozenset[str] | None = None
    ahead: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything about a connection.

    Attributes:
        organization: What Salesforce said, or why it said nothing; None: it was not asked.
        account: The same of Constant Contact.
        public_url: Where Salesforce reaches the server; None where nobody says.
    """

    connection: Connection
    stored: Stored
    in_force: InForce
    organization: Organization | Fault | None = None
    account: Account | Fault | None = None
    public_url: str | None = None
    directory: str = "mappings"

    @property
    def seen(self) -> Organization | None:
        """What Salesforce said, if it did."""
        found = self.organization
        return found if isinstance(found, Organization) else None

    @property
    def there(self) -> Account | None:
        """What Constant Contact said, if it did."""
        return self.account if isinstance(self.account, Account) else None
