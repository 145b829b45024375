"""What an administrator makes of an org in Setup, by one control call: fields, rights, old jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from sandbox.salesforce.catalogue.packages import TRIGGER_SETTING
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.firm import put_record
from sandbox.salesforce.schema import FieldType  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org, Transaction
    from sandbox.salesforce.schema import SObject
    from sandbox.salesforce.values import Row


class FieldChange(BaseModel):
    """What becomes of a field; what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: FieldType | None = None
    length: int | None = None
    createable: bool | None = None
    updateable: bool | None = None
    nillable: bool | None = None
    unique: bool | None = None
    external_id: bool | None = None
    picklist: tuple[str, ...] | None = None
    restricted: bool | None = None
    refers_to: tuple[str, ...] | None = None


class ObjectChange(BaseModel):
    """What users may do with the records of an object; what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    createable: bool | None = None
    updateable: bool | None = None
    deletable: bool | None = None


class OrgSetup(BaseModel):
    """Changes of an org, made together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: dict[str, FieldChange] = Field(
        default_factory=dict, description="`Contact.Title` -> what becomes of it"
    )
    objects: dict[str, ObjectChange] = Field(
        default_factory=dict, description="API name -> what users may do with its records"
    )
    is_sandbox: bool | None = Field(default=None, description="what `Organization` says")
    scheduled_jobs: tuple[str, ...] = Field(
        default=(), description="names of scheduled Apex jobs that wait for their next time"
    )
    running_jobs: tuple[str, ...] = Field(
        default=(), description="names of Apex classes of which a job waits or runs"
    )
    ended_jobs: tuple[str, ...] = Field(
        default=(), description="names of such jobs that have been deleted, or are done"
    )
    package_trigger: bool | None = Field(
        default=None, description="the package's own trigger for Constant Contact is on"
    )
    sends_messages: bool | None = Field(
        default=None, description="the bridge's user has the permission Send Outbound Messages"
    )
    runs_reports: bool | None = Field(
        default=None, description="the bridge's user has the permission Run Reports"
    )
    daily_requests: int | None = Field(
        default=None, ge=0, description="requests that the org may make in any 24 hours"
    )
    used_requests: int | None = Field(
        default=None, ge=0, description="requests that others have made in this minute"
    )
    removed_messages: tuple[str, ...] = Field(
        default=(), description="outbound messages that go, with what sends them"
    )


def change(org: Org, asked: OrgSetup, bridge_user_id: str) -> None:
    """Change an org.

    Raises:
        ApiError: If an object or a field is named that is not there.
    """
    objects = {each.name: each for each in org.schema}
    for name, what in asked.fields.items():
        object_name, _, field_name = name.partition(".")
        sobject = objects[org.schema.named(object_name).name]
        objects[sobject.name] = _with_field(sobject, field_name, what)
    for name, rights in asked.objects.items():
        sobject = objects[org.schema.named(name).name]
        objects[sobject.name] = replace(sobject, **rights.model_dump(exclude_none=True))
    org.schema.replace(objects.values())
    with org.transaction(bridge_user_id) as tx:
        if asked.is_sandbox is not None:
            row = next(iter(org.tables["Organization"]))
            tx.put(objects["Organization"], str(row["Id"]), row | {"IsSandbox": asked.is_sandbox})
        for name in asked.scheduled_jobs:
            detail = put_record(tx, "CronJobDetail", {"Name": name, "JobType": "7"})
            put_record(tx, "CronTrigger", {"CronJobDetailId": detail, "State": "WAITING"})
        for name in asked.running_jobs:
            apex = put_record(tx, "ApexClass", {"Name": name})
            job: Row = {"ApexClassId": apex, "Status": "Queued", "JobType": "BatchApex"}
            put_record(tx, "AsyncApexJob", job)
        _end_jobs(tx, set(asked.ended_jobs))
        if asked.package_trigger is not None:
            settings = org.tables[TRIGGER_SETTING.name]
            for row in list(settings):
                settings.put(str(row["Id"]), None)
            switch: Row = {
                "SetupOwnerId": next(iter(org.tables["Organization"]))["Id"],
                "practifi__Constant_Contact_Trigger__c": asked.package_trigger,
            }
            put_record(tx, TRIGGER_SETTING.name, switch)
        given = {
            "PermissionsEnableNotifications": asked.sends_messages,
            "PermissionsRunReports": asked.runs_reports,
        }
        changed: Row = {name: value for name, value in given.items() if value is not None}
        if changed:
            sets = org.tables["PermissionSet"]
            row = next(each for each in sets if each["Name"] == "CC_Bridge")
            tx.put(objects["PermissionSet"], str(row["Id"]), row | changed)
        tx.changes.clear()


def _end_jobs(tx: Transaction, names: set[str]) -> None:
    for table, owners, owner, ended in (
        ("CronTrigger", "CronJobDetail", "CronJobDetailId", {"State": "DELETED"}),
        ("AsyncApexJob", "ApexClass", "ApexClassId", {"Status": "Completed"}),
    ):
        for row in list(tx.org.tables[table]):
            named = tx.org.tables[owners].get(str(row[owner]))
            if named is not None and named["Name"] in names:
                tx.put(tx.org.schema.get(table), str(row["Id"]), {**row, **ended})


def _with_field(sobject: SObject, name: str, what: FieldChange) -> SObject:
    known = sobject.field(name)
    if known is None:
        message = f"No such column '{name}' on sobject of type {sobject.name}"
        raise ApiError("INVALID_FIELD", message)
    made = replace(known, **what.model_dump(exclude_none=True))
    return replace(
        sobject, fields=tuple(made if each is known else each for each in sobject.fields)
    )
