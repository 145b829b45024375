"""Checks of an organization's objects, fields and picklists against names and mapping. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.doctor import needs
from bridge.doctor.objects import faults_of_fields, faults_of_new_records, faults_of_rights
from bridge.doctor.people import marks_in
from bridge.doctor.rules import faults_of_choices, faults_of_uses, is_chosen
from bridge.doctor.uses import places_of, uses_of
from bridge.mapping.marks import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.doctor.facts import Facts
    from bridge.doctor.findings import Fault, Outcome


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
    yield from _placed(facts, found)
    if not found:
        yield "all there"


def picklists(facts: Facts) -> Iterator[Outcome]:
    """Whether every value that the mapping files name is one that records can have."""
    mapping = facts.in_force.mapping
    if facts.seen is None or mapping is None:
        return
    describe = facts.seen.described.get
    uses = list(uses_of(facts.in_force.files, mapping.names))
    found = list(faults_of_choices(uses, describe))
    yield from found
    if not found and any(is_chosen(use, describe) for use in uses):
        yield "every value that the mapping names is there"


def rules(facts: Facts) -> Iterator[Outcome]:
    """Whether what the mapping files do with fields suits the types of these fields."""
    mapping = facts.in_force.mapping
    if facts.seen is None or mapping is None:
        return
    uses = uses_of(facts.in_force.files, mapping.names)
    found = list(faults_of_uses(uses, facts.seen.described.get))
    yield from found
    if not found:
        yield "they suit the fields that they read"


def people(facts: Facts) -> Iterator[Outcome]:
    """Who takes no part beside whom the mapping leaves out: by the marks of the organization."""
    mapping = facts.in_force.mapping
    if facts.seen is None or mapping is None:
        return
    marks = marks_in(mapping.names, facts.seen.described.get)
    yield told(marks, is_marked=mapping.contact.is_marked)


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
    yield from _kept_from("interactions", _placed(facts, found))
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
    yield from _kept_from("campaigns", _placed(facts, found))
    if not found:
        yield "mailings can be campaigns"


def _placed(facts: Facts, found: Iterable[Fault]) -> Iterator[Fault]:
    """Yield faults with the rule that names what they are about, where a file does."""
    mapping = facts.in_force.mapping
    places = {} if mapping is None else places_of(facts.in_force.files, mapping.names)
    for one in found:
        # A value is told of by its field: `Contact.Type__c: Client`.
        about = one.about.partition(": ")[0]
        yield replace(one, place=places.get(about, ""))


def _kept_from(check: str, found: Iterable[Fault]) -> Iterator[Fault]:
    """Yield faults that keep one thing from being shown, and nothing else from working."""
    for one in found:
        yield replace(one, of=check)
