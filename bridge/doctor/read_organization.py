"""Ask Salesforce once for whatever a check of a connection looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bridge.clock import now
from bridge.connections.profile import propose_profile
from bridge.doctor.facts import Organization
from bridge.doctor.findings import fault
from bridge.doctor.objects import find
from bridge.errors import (
    Forbidden,
    MappingError,
    NotFoundRemotely,
    QuotaSpent,
    RecordRefused,
    RemoteError,
    Retryable,
)
from bridge.mapping.compiled import read_files
from bridge.salesforce.outbound_messages import read_outbound_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta
    from pathlib import Path

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.doctor.facts import Description
    from bridge.doctor.findings import Fault
    from bridge.doctor.needs import Need
    from bridge.salesforce.client import Salesforce

    T = TypeVar("T")

_GIVEN = (
    "SELECT COUNT() FROM PermissionSetAssignment WHERE AssigneeId = '{user_id}' "
    "AND PermissionSet.Permissions{permission} = true"
)
_SEND_MESSAGES, _RUN_REPORTS = "EnableNotifications", "RunReports"
# The package has no published names of its jobs; what is known is whose integration it is.
_SCHEDULED = (
    "SELECT CronJobDetail.Name, State FROM CronTrigger "
    "WHERE CronJobDetail.Name LIKE '%Constant%Contact%'"
)
_RUNNING = (
    "SELECT ApexClass.Name, Status FROM AsyncApexJob "
    "WHERE ApexClass.Name LIKE '%Constant%Contact%' AND JobType != 'ScheduledApex'"
)
_ENDED = frozenset({"COMPLETE", "DELETED", "ERROR", "Completed", "Failed", "Aborted"})
_TRIGGER_SETTING = "PractiFI_Trigger_Setting__c"
_OFF_WORDS = ("disable", "bypass", "skip", "off_")


def read_organization(
    connection: Connection,
    database: Database,
    salesforce: Salesforce,
    needs: Iterable[Need],
    *,
    namespace: str,
    mappings: Path,
) -> Organization | Fault:
    """Return what an organization says, or why it says nothing.

    Args:
        connection: Whose organization it is.
        database: Tells our time, which the organization's is compared with.
        salesforce: The organization.
        needs: The fields whose objects are described, with those above their relationships.
        namespace: Of the package whose own integration may be on.
        mappings: The folder of the mapping files, for the profile that fits.
    """
    asked = _Asked(connection, salesforce)
    try:
        return asked.all(database, needs, namespace=namespace, mappings=mappings)
    except RemoteError as error:
        return _unseen(connection, error)


def _unseen(connection: Connection, error: RemoteError) -> Fault:
    if isinstance(error, Retryable):
        return fault("salesforce_unreachable", str(error), url=connection.sf_url)
    if isinstance(error, QuotaSpent):
        return fault("salesforce_calls", str(error))
    if isinstance(error, Forbidden):
        return fault("salesforce_forbids", str(error))
    return fault("salesforce_refuses", str(error))


class _Asked:
    def __init__(self, connection: Connection, salesforce: Salesforce) -> None:
        self._connection = connection
        self._salesforce = salesforce
        self._described: dict[str, Description | None] = {}
        self._unseen: list[str] = []

    def all(
        self, database: Database, needs: Iterable[Need], *, namespace: str, mappings: Path
    ) -> Organization:
        there = self._salesforce
        identity = there.identity()
        ahead = _ahead(database, there)
        names = there.objects()
        for need in needs:
            find(need.path, need.object, self._describe)
        return Organization(
            identity=identity,
            is_sandbox=self._optionally(self._is_sandbox),
            proposed_profile=_proposed(mappings, names),
            described=self._described,
            may_send=self._seen(
                "permission sets", lambda: self._given(_SEND_MESSAGES, identity.user_id)
            ),
            may_run_reports=self._optionally(lambda: self._given(_RUN_REPORTS, identity.user_id)),
            calls=self._optionally(there.calls_of_the_day),
            ahead=ahead,
            messages=self._optionally(lambda: tuple(read_outbound_messages(there.metadata))),
            jobs=self._jobs(),
            switch=self._switch(namespace, names),
            unseen=tuple(self._unseen),
        )

    def _describe(self, name: str) -> Description | None:
        """Describe an object, where that was not done."""
        if name not in self._described:
            try:
                self._described[name] = self._salesforce.describe(name)
            except NotFoundRemotely:
                self._described[name] = None
        return self._described[name]

    def _optionally(self, ask: Callable[[], T]) -> T | None:
        """Return what a question is answered that not every user may ask."""
        try:
            return ask()
        except (Forbidden, NotFoundRemotely, RecordRefused):
            return None

    def _seen(self, what: str, ask: Callable[[], T]) -> T | None:
        """Return what a part of Setup says, or note that our user may not see it."""
        found = self._optionally(ask)
        if found is None:
            self._unseen.append(what)
        return found

    def _given(self, permission: str, user_id: str) -> int:
        """Count the profiles and permission sets that give a user a permission."""
        return self._salesforce.count(_GIVEN.format(user_id=user_id, permission=permission))

    def _is_sandbox(self) -> bool | None:
        found = next(self._salesforce.query("SELECT Id, IsSandbox FROM Organization"), {})
        return {"true": True, "false": False}.get(str(found.get("IsSandbox")).lower())

    def _jobs(self) -> tuple[str, ...]:
        def ask(soql: str, name: str, state: str) -> list[str]:
            return [
                str(row[name])
                for row in self._salesforce.query(soql)
                if str(row[state]) not in _ENDED
            ]

        scheduled = self._seen(
            "scheduled jobs", lambda: ask(_SCHEDULED, "CronJobDetail.Name", "State")
        )
        running = self._seen("Apex jobs", lambda: ask(_RUNNING, "ApexClass.Name", "Status"))
        return tuple(dict.fromkeys([*(scheduled or ()), *(running or ())]))

    def _switch(self, namespace: str, names: set[str]) -> tuple[str, tuple[str, ...]] | None:
        """Return the package's setting for its triggers, and what of it is on for our business."""
        wanted = f"{namespace}{_TRIGGER_SETTING}".lower()
        setting = next((name for name in names if name.lower() == wanted), None)
        description = None if setting is None else self._optionally(lambda: self._of(setting))
        if setting is None or description is None:
            return None
        boxes = [
            str(one["name"])
            for one in description["fields"]
            if one.get("type") == "boolean" and "constantcontact" in _bare(str(one["name"]))
        ]
        if not boxes:
            return None
        soql = f"SELECT {', '.join(boxes)} FROM {setting}"  # noqa: S608 -- names of describe
        rows = self._seen(setting, lambda: list(self._salesforce.query(soql))) or []
        is_on = {
            box: any((str(row[box]) == "true") != _turns_off(box) for row in rows) for box in boxes
        }
        return setting, tuple(box for box in boxes if is_on[box])

    def _of(self, name: str) -> Description:
        return self._salesforce.describe(name)


def _bare(name: str) -> str:
    return name.lower().replace("_", "")


def _turns_off(name: str) -> bool:
    """Tell whether a check box with this name turns something off when it is ticked.

    >>> _turns_off("practifi__Disable_Constant_Contact__c")
    True
    """
    return any(word in name.lower() for word in _OFF_WORDS)


def _ahead(database: Database, salesforce: Salesforce) -> timedelta | None:
    answered_at = salesforce.answered_at
    if answered_at is None:
        return None
    with database.transaction() as tx:
        return answered_at - now(tx)


def _proposed(mappings: Path, names: set[str]) -> str | None:
    try:
        return propose_profile(read_files(mappings), names)
    except MappingError:
        return None  # told by the check of the mapping
