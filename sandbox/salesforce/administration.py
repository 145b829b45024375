"""What an administrator does with rules and records in Setup, by control calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.salesforce import firm, ids, merging
from sandbox.salesforce.features import FeatureSwitches
from sandbox.salesforce.metadata.objects import Objects
from sandbox.salesforce.record_access import Level  # noqa: TC001 - pydantic reads it
from sandbox.salesforce.reports.shelf import Shelf
from sandbox.salesforce.setting_up import change

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.features import Features
    from sandbox.salesforce.firm import Staff
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.queue import Queue
    from sandbox.salesforce.reports.shelf import Report
    from sandbox.salesforce.saving_rules import SavingRules
    from sandbox.salesforce.setting_up import OrgSetup
    from sandbox.salesforce.usage import Usage


class Merge(BaseModel):
    """A wish to merge records."""

    model_config = ConfigDict(extra="forbid")

    master_id: str
    loser_ids: list[str] = Field(min_length=1)
    fields: dict[str, Any] = Field(default_factory=dict, description="what changes in the master")


class Undelete(BaseModel):
    """A wish to take records out of the recycle bin."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(min_length=1)


class Hire(BaseModel):
    """A wish for one more user."""

    model_config = ConfigDict(extra="forbid")

    first_name: str = Field(min_length=1, max_length=40)
    last_name: str = Field(min_length=1, max_length=80)


class AccessLimit(BaseModel):
    """What a user may at most do with a record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: str
    record_id: str
    level: Level


class Administration:
    """Serves one org.

    Attributes:
        shelf: The reports that are there.
    """

    def __init__(self, org: Org, queue: Queue, staff: Callable[[], Staff], usage: Usage) -> None:
        self._org = org
        self._queue = queue
        self.shelf = Shelf(org)
        self._switches = FeatureSwitches(org, Objects(org, queue))
        self._staff = staff
        self._usage = usage

    @property
    def saving_rules(self) -> SavingRules:
        """The duplicate rules and validation rules of the org."""
        return self._org.saving_rules

    def keep_saving_rules(self, rules: SavingRules) -> None:
        """Have these rules and no others.

        Raises:
            ApiError: If they name what is not there.
        """
        with self._org.lock:
            self._org.saving_rules = rules.known_to(self._org.schema)

    def limited_access(self) -> list[AccessLimit]:
        """Return what users may not do with records, as `UserRecordAccess` tells it."""
        return [
            AccessLimit(user_id=user_id, record_id=record_id, level=level)
            for (user_id, record_id), level in self._org.access.items()
        ]

    def limit_access(self, limits: list[AccessLimit]) -> None:
        """Have these limits and no others."""
        with self._org.lock:
            self._org.access = {
                (ids.canonical(each.user_id) or "", ids.canonical(each.record_id) or ""): each.level
                for each in limits
            }

    def set_up(self, asked: OrgSetup) -> None:
        """Change the org as Setup does.

        Raises:
            ApiError: If it names an object or a field that is not there.
        """
        with self._org.lock:
            change(self._org, asked, self._staff().bridge_user_id)
            if asked.daily_requests is not None:
                self._usage.allowed = asked.daily_requests
            if asked.used_requests is not None:
                self._usage.add(asked.used_requests)
            for name in asked.removed_messages:
                for trigger in self._queue.triggers_of(name):
                    self._queue.untrigger(trigger)
                self._queue.undefine(name)

    def forget(self) -> None:
        """Have neither reports nor features: the org has begun anew."""
        self.shelf.clear()
        self._switches.forget()

    @property
    def features(self) -> Features:
        """The features that are turned on."""
        return self._switches.on

    def turn_on(self, features: Features) -> None:
        """Turn features on; those that are on stay so."""
        self._switches.turn_on(features)

    def reports(self) -> list[dict[str, object]]:
        """Return the reports of the org."""
        return self.shelf.listed()

    def keep_reports(self, reports: list[Report]) -> None:
        """Have these reports and no others."""
        self.shelf.replace(reports, self._staff().observer_user_id)

    def hire(self, asked: Hire) -> str:
        """Give the org one more user, who may do what its advisers may, and return the id."""
        return firm.hire(self._org, self._staff(), asked.first_name, asked.last_name)

    def merge(self, asked: Merge) -> dict[str, object]:
        """Merge records as the administrator.

        Raises:
            ApiError: If they cannot be merged.
        """
        with self._org.transaction(self._staff().observer_user_id) as tx:
            done = merging.merge(tx, asked.master_id, asked.loser_ids, asked.fields)
        return {"id": done.master, "merged_ids": done.losers, "moved_ids": done.moved}

    def undelete(self, asked: Undelete) -> list[str]:
        """Take records out of the recycle bin, all or none.

        Raises:
            ApiError: If one of them is not there.
        """
        with self._org.transaction(self._staff().observer_user_id) as tx:
            return [merging.undelete(tx, each) for each in asked.ids]
