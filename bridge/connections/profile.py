"""Which object profile an organization has, told by the objects that it shows us. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mapping.compiled import load_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from bridge.connections.model import Profile

_MOST_SPECIAL_FIRST: tuple[Profile, ...] = ("practifi", "bridge")


def propose_profile(files: Mapping[str, str], objects: AbstractSet[str]) -> Profile:
    """Return the first profile whose lists and memberships are there; `plain` needs none.

    Raises:
        MappingError: If the mapping files have faults.
    """
    there = {name.lower() for name in objects}
    for profile in _MOST_SPECIAL_FIRST:
        names = load_mapping(files, profile=profile, overrides={}).names
        if {names.list.object.lower(), names.membership.object.lower()} <= there:
            return profile
    return "plain"
