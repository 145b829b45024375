"""The way back: what was deployed is switched off first, and then taken out. Pure.

Salesforce deletes no flow that is active, and no message that a flow sends. So there are two steps:
the first deploys the same flows as obsolete, the second names everything of ours.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.salesforce.package.fields import is_ours
from bridge.salesforce.package.forms import elements_of, manifest, metadata_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.salesforce.package.model import Package, Part

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

_PARTS_OF_AN_OBJECT = frozenset({"CustomField", "ListView", "WebLink"})


def switched_off(package: Package, flows: Sequence[Part] | None = None) -> dict[str, bytes]:
    """Return the files of the first step: flows, obsolete; without a choice every one."""
    flows = tuple(_obsolete(part) for part in (package.of("Flow") if flows is None else flows))
    return metadata_files(replace(package, parts=flows))


def taken_out(package: Package) -> dict[str, bytes]:
    """Return the files of the second step: a list of what goes, beside an empty package.

    What belongs to an object of ours goes with it, and so do its records.
    """
    gone = [part for part in package.parts if not _goes_along(part)]
    return {
        "destructiveChanges.xml": manifest(gone, package.api_version, kinds=_ORDER),
        "package.xml": manifest((), package.api_version),
    }


def _goes_along(part: Part) -> bool:
    return part.kind in _PARTS_OF_AN_OBJECT and is_ours(part.owner)


def _obsolete(flow: Part) -> Part:
    body = tuple(
        ("status", "Obsolete") if name == "status" else (name, content)
        for name, content in elements_of(flow)
    )
    return replace(flow, body=body)
