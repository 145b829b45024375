"""Checks of an organization's objects, fields and picklists against names and mapping. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.doctor import needs
from bridge.doctor.constants import named_values
from bridge.doctor.objects import (
    faults_of_fields,
    faults_of_new_records,
    faults_of_rights,
    faults_of_values,
    find,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.doctor.facts import Facts
    from bridge.doctor.findings import Fault, Outcome

_CHOSEN = frozenset({"picklist", "multipicklist"})


def objects(facts: Facts) -> Iterator[Outcome]:
    """Whether everything is there that lists, contacts and memberships need."""
    mapping = facts.in_force.mapping
    if facts.seen is None or mapping is None:
        return
    describe, policies = facts.seen.described.get, facts.stored.policies
    names = mapping.names
    found = [
        *faults_of_fields(
            [*needs.needs_of_names(names), *needs.needs_of_mapping(mapping)], describe
        ),
        *faults_of_rights(needs.rights(names, policies), describe),
        *faults_of_new_records(needs.filled_in_new_records(mapping, policies), describe),
    ]
    yield from found
    if not found:
        yield "all there"


def picklists(facts: Facts) -> Iterator[Outcome]:
    """Whether every value that the mapping files name is one that can be chosen."""
    mapping = facts.in_force.mapping
    if facts.seen is None or mapping is None:
        return
    count = 0
    told: set[str] = set()
    for named in named_values(facts.in_force.files, mapping.names):
        found = find(named.path, named.object, facts.seen.described.get)
        if found is None or found.field.get("type") not in _CHOSEN:
            continue
        count += 1
        about = f"{named.object}.{named.path}"
        for each in faults_of_values(about, found.field, [named.value], f"{named.file} names"):
            if each.about not in told:
                told.add(each.about)
                yield each
    if count and not told:
        yield "every value that the mapping names is there"


def interactions(facts: Facts) -> Iterator[Outcome]:
    """Whether engagement can become Interactions."""
    mapping = facts.in_force.mapping
    if facts.seen is None or mapping is None:
        return
    describe, name = facts.seen.described.get, mapping.names.interaction.object
    found = [
        *faults_of_fields(needs.needs_of_interactions(mapping), describe),
        *faults_of_rights(needs.rights_of_interactions(mapping.names), describe),
        *faults_of_new_records({name: needs.filled_in_interactions(mapping)}, describe),
    ]
    yield from _kept_from("interactions", found)
    if not found:
        yield f"{name} takes them"


def campaigns(facts: Facts) -> Iterator[Outcome]:
    """Whether mailings can be shown as campaigns, where that is wanted."""
    mapping = facts.in_force.mapping
    if facts.seen is None or mapping is None or not mapping.interaction.campaign_members:
        return
    found = list(
        faults_of_fields(needs.needs_of_campaigns(mapping.names), facts.seen.described.get)
    )
    yield from _kept_from("campaigns", found)
    if not found:
        yield "mailings can be campaigns"


def _kept_from(check: str, found: Iterable[Fault]) -> Iterator[Fault]:
    """Yield faults that keep one thing from being shown, and nothing else from working."""
    for one in found:
        yield replace(one, of=check)
