"""The parts that are in the org: those that were deployed, and those of the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.queue import Queue

ID_PREFIXES = {
    "CspTrustedSite": "08y",
    "CustomField": "00N",
    "CustomObject": "01I",
    "CustomTab": "01r",
    "Flow": "300",
    "Layout": "00h",
    "ListView": "00B",
    "NamedCredential": "0XA",
    "PermissionSet": "0PS",
    "RemoteSiteSetting": "0rp",
    "ValidationRule": "03d",
    "WebLink": "00b",
    "WorkflowOutboundMessage": "04k",
    "WorkflowRule": "01Q",
}
"""Type of a part -> first characters of its id; of others they do not matter."""

_OTHER_PREFIX = "0A2"
_MESSAGE = "WorkflowOutboundMessage"


@dataclass(frozen=True, kw_only=True)
class Component:
    """One part that is in the org.

    Attributes:
        component_id: Its id; empty for what was there from the start.
        source: The file that it came in, or None for what was there from the start.
    """

    type: str
    full_name: str
    file_name: str
    user_id: str
    created_at: datetime
    changed_at: datetime
    component_id: str = ""
    source: bytes | None = None


class Components:
    """All parts of the org, by type and name.

    Attributes:
        deployed: Those that a package brought.
    """

    def __init__(
        self, org: Org, queue: Queue, *, endpoint: Callable[[], str | None], username: str
    ) -> None:
        """Look after the parts of an org.

        Args:
            org: The org.
            queue: What its outbound messages are sent from.
            endpoint: Where messages go that name no address of their own.
            username: As whom they are sent where they name nobody.
        """
        self._org = org
        self._queue = queue
        self._endpoint = endpoint
        self._username = username
        self.deployed: dict[tuple[str, str], Component] = {}

    def new_id(self, kind: str) -> str:
        """Return an id for a new part."""
        return self._org.serials.new(ID_PREFIXES.get(kind, _OTHER_PREFIX))

    def exists(self, kind: str, full_name: str) -> bool:
        """Tell whether a part is in the org."""
        if (kind, full_name) in self.deployed:
            return True
        return any(name == full_name for name, _ in self._of_the_start(kind))

    def of(self, kind: str, user_id: str) -> list[Component]:
        """Return the parts of one type by name; those of the start belong to this user."""
        found = {name: each for (type_, name), each in self.deployed.items() if type_ == kind}
        for name, file_name in self._of_the_start(kind):
            if name not in found:
                found[name] = Component(
                    type=kind,
                    full_name=name,
                    file_name=file_name,
                    user_id=user_id,
                    created_at=self._org.now(),
                    changed_at=self._org.now(),
                    component_id=self._message_id(name) if kind == _MESSAGE else "",
                )
        return [found[name] for name in sorted(found)]

    def _message_id(self, full_name: str) -> str:
        found = self._queue.definition(full_name)
        return "" if found is None else found.action_id

    def shown_message(self, full_name: str) -> str:
        """Return an outbound message as `readMetadata` shows it, or nothing."""
        found = self._queue.definition(full_name)
        if found is None:
            return ""
        parts: list[tuple[str, str]] = [
            ("fullName", found.full_name),
            ("apiVersion", found.api_version),
            ("endpointUrl", found.endpoint_url or self._endpoint() or ""),
            *(("fields", each) for each in found.carries),
            ("includeSessionId", "true" if found.sends_session else "false"),
            ("integrationUser", found.integration_user or self._username),
            ("name", found.name),
            ("protected", "false"),
            ("useDeadLetterQueue", "false"),
        ]
        inner = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts)
        return f'<records xsi:type="WorkflowOutboundMessage">{inner}</records>'

    def _of_the_start(self, kind: str) -> Iterable[tuple[str, str]]:
        """Return the names that the org itself tells, and the files they would be in."""
        definitions = self._queue.definitions
        found: Iterable[tuple[str, str]] = ()
        match kind:
            case "CustomObject":
                found = [(each.name, f"objects/{each.name}.object") for each in self._org.schema]
            case "CustomField":
                found = [
                    (f"{each.name}.{field.name}", f"objects/{each.name}.object")
                    for each in self._org.schema
                    for field in each.fields
                    if field.custom
                ]
            case "WorkflowOutboundMessage":
                found = [
                    (each.full_name, f"workflows/{each.object}.workflow") for each in definitions
                ]
            case "Workflow":
                found = {
                    each.object: f"workflows/{each.object}.workflow" for each in definitions
                }.items()
            case "Flow":
                names = dict.fromkeys((*self._queue.trigger_names, *self._org.flows))
                found = [(name, f"flows/{name}.flow") for name in names if ">" not in name]
            case "PermissionSet":
                found = [
                    (str(row["Name"]), f"permissionsets/{row['Name']}.permissionset")
                    for row in self._org.tables["PermissionSet"]
                    if not row["IsOwnedByProfile"]
                ]
            case _:
                pass
        return found
