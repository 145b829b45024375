"""What a part of a package does to the org: its effect, and the loss of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.salesforce.metadata import automation, permissions
from sandbox.salesforce.metadata.flow_versions import FlowVersions
from sandbox.salesforce.metadata.objects import Objects
from sandbox.salesforce.metadata.record_automation import record_flow
from sandbox.salesforce.metadata.xml import Problem, line_of, number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lxml import etree

    from sandbox.salesforce.metadata.package import Part
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.queue import Queue
    from sandbox.salesforce.outbound.triggers import Trigger
    from sandbox.salesforce.policy import Policy
    from sandbox.salesforce.schema import SObject

ACTIVITY, ACTIVITIES = "Activity", ("Task", "Event")
"""What fields of tasks and events are defined on, and the objects that have them."""

_FLOW_STATUSES = frozenset({"Active", "Draft", "InvalidDraft", "Obsolete"})


class Effects:
    """Lets parts take effect in one org; types that are not named here are only kept.

    Attributes:
        flow_versions: The versions of its flows.
    """

    def __init__(self, org: Org, queue: Queue, policy: Callable[[], Policy]) -> None:
        self._org = org
        self._queue = queue
        self._policy = policy
        self._objects = Objects(org, queue)
        self.flow_versions = FlowVersions(org, queue)

    def put(self, part: Part, user_id: str) -> str:
        """Change the org as a part says; return the part's id where the org gives it one.

        Raises:
            Problem: If it cannot be deployed.
        """
        element = part.content
        if element is None:
            return ""
        match part.type:
            case "CustomObject":
                self._objects.put(part.full_name, element)
            case "CustomField":
                name = part.full_name.partition(".")[2]
                for owner in self._owners(part):
                    self._objects.put_field(owner, name, element)
            case "WorkflowOutboundMessage":
                return self._put_definition(self._owner(part), element)
            case "WorkflowRule":
                owner = self._owner(part)
                triggers = automation.rule_triggers(owner, element, self._is_deployed)
                self._put_triggers(part.full_name, triggers)
            case "Flow":
                self._put_flow(part, element)
            case "FlowDefinition":
                self._put_flow_definition(part.full_name, element)
            case "PermissionSet":
                with self._org.transaction(user_id) as tx:
                    permissions.put_permission_set(tx, part.full_name, element)
            case _:
                pass
        return ""

    def remove(self, kind: str, full_name: str) -> str | None:
        """Take a part's effect back; return the name of the part that is gone, if one is.

        Raises:
            Problem: If it cannot be deleted.
        """
        match kind:
            case "CustomObject":
                self._objects.remove(full_name)
            case "CustomField":
                owner, _, name = full_name.partition(".")
                for each in ACTIVITIES if owner == ACTIVITY else (owner,):
                    self._objects.remove_field(each, name)
            case "WorkflowOutboundMessage":
                users = self._queue.triggers_of(full_name)
                if users:
                    message = f"This outbound message is referenced elsewhere: {', '.join(users)}"
                    raise Problem(message)
                self._queue.undefine(full_name)
            case "WorkflowRule":
                self._put_triggers(full_name, [])
            case "Flow":
                return self.flow_versions.remove(full_name)
            case "PermissionSet":
                with self._org.transaction("") as tx:
                    permissions.remove_permission_set(tx, full_name)
            case _:
                pass
        return full_name

    def _put_flow_definition(self, name: str, element: etree._Element) -> None:
        if number(element, "activeVersionNumber", 0):
            message = "Only 0 can be evaluated: no version is active then"
            raise Problem(message, line=line_of(element, "activeVersionNumber"))
        self.flow_versions.deactivate(name)

    def _put_flow(self, part: Part, element: etree._Element) -> None:
        name = part.full_name
        acts = record_flow(self._org, name, element)
        triggers = automation.flow_triggers(self._org, name, element, self._is_deployed)
        status = automation.status_of(element)
        if status not in _FLOW_STATUSES:
            message = (
                f"Error parsing file: '{status}' is not a valid value for the enum "
                "'FlowVersionStatus'"
            )
            raise Problem(message, line=line_of(element, "status"))
        if status == "Active" and not self._policy().flows_deploy_active:
            status = "Draft"
        self.flow_versions.put(name, status, part.source, triggers, acts)

    def _put_definition(self, owner: SObject, element: etree._Element) -> str:
        made = automation.definition(self._org, owner, element)
        known = self._queue.definition(made.full_name)
        action_id = known.action_id if known else self._org.serials.new("04k")
        self._queue.define(replace(made, action_id=action_id))
        return action_id

    def _put_triggers(self, name: str, triggers: Sequence[Trigger]) -> None:
        for each in self._triggers_of(name):
            self._queue.untrigger(each)
        for trigger in triggers:
            self._queue.trigger(trigger)

    def _triggers_of(self, name: str) -> list[str]:
        return [
            each
            for each in self._queue.trigger_names
            if each == name or each.startswith(f"{name}>")
        ]

    def _owners(self, part: Part) -> list[SObject]:
        """Return the objects that get a field: those of activities are defined for both kinds."""
        if part.full_name.partition(".")[0] == ACTIVITY:
            return [self._org.schema.get(each) for each in ACTIVITIES]
        return [self._owner(part)]

    def _owner(self, part: Part) -> SObject:
        name = part.full_name.partition(".")[0]
        found = self._org.schema.find(name)
        if found is None:
            message = f"no CustomObject named {name} found"
            raise Problem(message, line=part.first_line)
        return found

    def _is_deployed(self, full_name: str) -> bool:
        return self._queue.definition(full_name) is not None
