"""Versions of flows: one is active, a deployment adds one, and each is deleted by its number."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from sandbox.salesforce.metadata.xml import Problem
from sandbox.salesforce.values import initial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.queue import Queue
    from sandbox.salesforce.outbound.triggers import Trigger
    from sandbox.salesforce.record_flows import RecordFlow
    from sandbox.salesforce.values import Row

DEFINITIONS, VERSIONS = "FlowDefinitionView", "FlowVersionView"
_VERSION = re.compile(r"(\w+)-(\d{1,6})", re.ASCII)
_DIGEST = "(digest)"
"""Beside the fields of a version: what tells whether a file says anything new."""


class FlowVersions:
    """Keeps the versions of an org's flows, in the records that queries show."""

    def __init__(self, org: Org, queue: Queue) -> None:
        self._org = org
        self._queue = queue

    def put(
        self,
        name: str,
        status: str,
        source: bytes,
        triggers: Sequence[Trigger],
        acts: RecordFlow | None,
    ) -> None:
        """Add a version, in the place of the latest where that is a draft.

        Only an active one takes effect; any other leaves in force what was active before.
        """
        definition = self._definition(name)
        versions = self._versions(name)
        latest = versions[-1] if versions else None
        digest = hashlib.sha256(source).hexdigest()
        if latest is not None and (latest[_DIGEST], latest["Status"]) == (digest, status):
            return
        number = int(str(latest["VersionNumber"])) if latest is not None else 0
        if latest is None or latest["Status"] != "Draft":
            number, latest = number + 1, None
        if status == "Active":
            self.deactivate(name)
            for trigger in triggers:
                self._queue.trigger(trigger)
            if acts is not None:
                self._org.flows[name] = acts
        values = {
            "DurableId": "" if latest is None else latest["DurableId"],
            "FlowDefinitionViewId": definition["Id"],
            "VersionNumber": number,
            "Status": status,
            _DIGEST: digest,
        }
        self._put(VERSIONS, values, record_id=None if latest is None else str(latest["Id"]))
        self._show(name)

    def deactivate(self, name: str) -> None:
        """Let no version of a flow be active."""
        for each in self._queue.trigger_names:
            if each == name or each.startswith(f"{name}>"):
                self._queue.untrigger(each)
        self._org.flows.pop(name, None)
        for version in self._versions(name):
            if version["Status"] == "Active":
                obsolete: Row = {"Status": "Obsolete"}
                self._put(VERSIONS, version | obsolete, record_id=str(version["Id"]))
        self._show(name)

    def exists(self, full_name: str) -> bool:
        """Tell whether there is a version by its name and number: `CC_Bridge_Contact-2`."""
        return self._version(full_name) is not None

    def remove(self, full_name: str) -> str | None:
        """Remove a version; return the name of the flow where it was the last one.

        Raises:
            Problem: If a flow is named without a version, or the version is active.
        """
        match, version = _VERSION.fullmatch(full_name), self._version(full_name)
        if match is None or version is None:
            message = "insufficient access rights on cross-reference id"
            raise Problem(message)
        if version["Status"] == "Active":
            message = "An active flow cannot be deleted: deactivate it first"
            raise Problem(message)
        self._org.tables[VERSIONS].put(str(version["Id"]), None)
        name = match[1]
        if self._versions(name):
            return None
        self._org.tables[DEFINITIONS].put(str(self._definition(name)["Id"]), None)
        return name

    def _definition(self, name: str) -> Row:
        """Return the record of a flow; one of the start gets its first version now."""
        found = self._found(name)
        if found is not None:
            return found
        is_there = name in self._queue.trigger_names or name in self._org.flows
        made = self._put(DEFINITIONS, {"ApiName": name, "Label": name, "IsActive": is_there})
        if is_there:
            values = {"FlowDefinitionViewId": made["Id"], "VersionNumber": 1, "Status": "Active"}
            self._put(VERSIONS, {**values, _DIGEST: ""})
        return made

    def _found(self, name: str) -> Row | None:
        rows = self._org.tables[DEFINITIONS]
        return next((row for row in rows if row["ApiName"] == name), None)

    def _versions(self, name: str) -> list[Row]:
        definition = self._found(name)
        if definition is None:
            return []
        rows = self._org.tables[VERSIONS]
        found = [row for row in rows if row["FlowDefinitionViewId"] == definition["Id"]]
        return sorted(found, key=lambda row: int(str(row["VersionNumber"])))

    def _version(self, full_name: str) -> Row | None:
        match = _VERSION.fullmatch(full_name)
        rows = [] if match is None else self._versions(match[1])
        number = int(match[2]) if match is not None else 0
        return next((row for row in rows if row["VersionNumber"] == number), None)

    def _show(self, name: str) -> None:
        """Have the record of a flow say which of its versions is active."""
        definition, versions = self._found(name), self._versions(name)
        if definition is None:
            return
        active = [row["DurableId"] for row in versions if row["Status"] == "Active"]
        values: Row = {
            "ActiveVersionId": active[0] if active else None,
            "IsActive": bool(versions) and versions[-1]["Status"] == "Active",
        }
        self._put(DEFINITIONS, definition | values, record_id=str(definition["Id"]))

    def _put(self, name: str, values: Row, *, record_id: str | None = None) -> Row:
        sobject, table = self._org.schema.get(name), self._org.tables[name]
        new_id = record_id or self._org.serials.new(sobject.prefix)
        row: Row = {
            field.name: initial(field, user_id="", record_id=new_id) for field in sobject.fields
        }
        now = self._org.now()
        row |= {"IsDeleted": False, "CreatedDate": now, "LastModifiedDate": now}
        row |= {"SystemModstamp": now, **values, "Id": new_id, "DurableId": new_id}
        table.put(new_id, row)
        return row
