"""An org as it was before the bridge's package: without its fields, objects, messages and flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.metadata import permissions
from sandbox.salesforce.metadata.objects import Objects

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.queue import Queue

_OURS = "CC_Bridge"


def strip(org: Org, queue: Queue) -> None:
    """Take out whatever of the bridge's an org has from the start; the records stay."""
    for name in list(queue.trigger_names):
        queue.untrigger(name)
    for definition in queue.definitions:
        queue.undefine(definition.full_name)
    org.flows.clear()
    objects = Objects(org, queue)
    for name in [each.name for each in org.schema if each.name.startswith(_OURS)]:
        if org.schema.find(name) is not None:
            objects.remove(name)
    for sobject in list(org.schema):
        for field in [each.name for each in sobject.fields if each.name.startswith(_OURS)]:
            objects.remove_field(sobject.name, field)
    with org.transaction("") as tx:
        permissions.remove_permission_set(tx, _OURS)
