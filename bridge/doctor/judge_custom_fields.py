"""Whether the account has, or can have, the custom fields that the mapping fills. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.doctor.findings import fault
from bridge.doctor.uses import labels_of
from bridge.mapping.custom_fields import found_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.doctor.facts import CustomFieldThere, Facts
    from bridge.doctor.findings import Fault, Outcome
    from bridge.mapping.model import CustomField

MOST_IN_ACCOUNT = 100
"""Custom fields that an account may have (V3 API, `POST /contact_custom_fields`)."""

MOST_IN_CONTACT = 25
"""Custom fields of one contact that may have a value (V3 API, `ContactResource`)."""

_WILL_DO = {"string": frozenset({"string", "text_area"})}


def custom_fields(facts: Facts) -> Iterator[Outcome]:
    """Whether every custom field of the mapping is there, or can be made."""
    mapping = facts.in_force.mapping
    if facts.there is None or facts.there.custom_fields is None or mapping is None:
        return
    wanted, there = mapping.contact.custom_fields, facts.there.custom_fields
    places = labels_of(facts.in_force.files)
    lacking = [one for one in wanted if found_there(one, there) is None]
    is_asked = facts.stored.policies.custom_fields == "ask"
    found = [*_of_other_types(wanted, there, places), *_room(len(wanted), len(there), len(lacking))]
    if is_asked:
        found += [_missing(one, places) for one in lacking]
    yield from found
    if lacking and not is_asked:
        yield f"will be created: {', '.join(one.label for one in lacking)}"
    elif not found:
        yield "all there" if wanted else "the mapping fills none"


def _of_other_types(
    wanted: Sequence[CustomField], there: Sequence[CustomFieldThere], places: dict[str, str]
) -> Iterator[Fault]:
    for one in wanted:
        known = found_there(one, there)
        if known is not None and known.type not in _WILL_DO.get(one.type, {one.type}):
            says = (
                f"the custom field {one.label} is of the type {known.type} there, and the mapping "
                f"writes {one.type}"
            )
            place = places.get(one.name, "")
            yield fault("custom_field_type", says, one.label, place=place, type=known.type)


def _room(wanted: int, there: int, lacking: int) -> Iterator[Fault]:
    """Yield where there are more custom fields than the account, or a contact, can have."""
    if there + lacking > MOST_IN_ACCOUNT:
        says = (
            f"the account has {there} custom fields and lacks {lacking} of the mapping; it can "
            f"have {MOST_IN_ACCOUNT}"
        )
        yield fault("custom_fields_full", says)
    others = there - (wanted - lacking)
    if wanted and wanted + others > MOST_IN_CONTACT:
        says = (
            f"the mapping fills {wanted} custom fields, and the account has {others} others: a "
            f"contact with more than {MOST_IN_CONTACT} values is refused"
        )
        yield fault("custom_fields_many", says)


def _missing(one: CustomField, places: dict[str, str]) -> Fault:
    says = f"the account has no custom field {one.label}: its values are not sent"
    return fault("custom_field_missing", says, one.label, place=places.get(one.name, ""))
