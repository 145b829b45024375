"""The way back: what was deployed is switched off first, and then taken out. Pure.

Salesforce deletes no flow that is active, and no message that a flow sends. So there are two steps:
the first leaves no version of a flow active, which no file of a flow itself can do; the second
names everything of ours.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.salesforce.package.fields import is_ours
from bridge.salesforce.package.forms import manifest, metadata_files
from bridge.salesforce.package.model import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bridge.salesforce.package.model import Package

_ORDER = (
    "Flow",
    "WorkflowOutboundMessage",
    "CustomTab",
    "ApexPage",
    "PermissionSet",
    "WebLink",
    "ListView",
    "CspTrustedSite",
    "CustomField",
    "CustomObject",
)
"""Whatever refers to something else goes before it."""

_NONE_ACTIVE = (("activeVersionNumber", "0"),)
_PARTS_OF_AN_OBJECT = frozenset({"CustomField", "ListView", "WebLink"})


def switched_off(package: Package, flows: Iterable[str] | None = None) -> dict[str, bytes]:
    """Return the files of the first step: no version of a flow is active any more.

    Args:
        package: What was deployed.
        flows: Those that are active; None: all of the package.
    """
    names = [part.full_name for part in package.of("Flow")] if flows is None else flows
    definitions = [
        Part(kind="FlowDefinition", full_name=name, why="", body=_NONE_ACTIVE) for name in names
    ]
    return metadata_files(replace(package, parts=tuple(definitions)))


def taken_out(
    package: Package, versions: Mapping[str, Sequence[int]] | None = None
) -> dict[str, bytes]:
    """Return the files of the second step: a list of what goes, beside an empty package.

    What belongs to an object of ours goes with it, and so do its records.

    Args:
        package: What was deployed.
        versions: Flow -> its versions, each of which is deleted by itself; None: the first of each.
    """
    gone: list[Part] = []
    for part in package.parts:
        if part.kind == "Flow":
            numbers = (1,) if versions is None else versions.get(part.full_name, ())
            gone += [replace(part, full_name=f"{part.full_name}-{number}") for number in numbers]
        elif not _goes_along(part):
            gone.append(part)
    return {
        "destructiveChanges.xml": manifest(gone, package.api_version, kinds=_ORDER),
        "package.xml": manifest((), package.api_version),
    }


def _goes_along(part: Part) -> bool:
    return part.kind in _PARTS_OF_AN_OBJECT and is_ours(part.owner)
