"""interaction.yaml: what engagement becomes in Salesforce, and how its records are worded.

Every key has a default, so an installation that was set up before the file existed goes on with
what ships: `source: interaction` alone means the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from pydantic import Field

from bridge.mapping.checks import is_zone, zones
from bridge.mapping.rules import ApiName, Strict
from bridge.mapping.yaml_tree import Path, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.mapping.names import Names

EventKind: TypeAlias = Literal["send", "open", "click", "bounce", "optout", "forward"]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
Grain: TypeAlias = Literal["campaign", "event"]
Shared: TypeAlias = Literal["owner", "each"]
Constant: TypeAlias = bool | int | float | str

_DEFAULT_ZONE = "UTC"
_CHARACTERS = 32_000  # what the description of an event or a task holds
_CUSTOM: dict[ApiName, Constant] = {
    "practifi__Direction_Picklist__c": "Outbound",
    "practifi__Method_Picklist__c": "Email",
}
_EVENT: dict[ApiName, Constant] = {"DurationInMinutes": 1}
_TASK: dict[ApiName, Constant] = {"Status": "Completed", "TaskSubtype": "Email"}


class ConstantFields(Strict):
    """Fields that get the same value in every new record, by the kind of record that is written."""

    custom: dict[ApiName, Constant] = Field(
        default_factory=lambda: dict(_CUSTOM),
        max_length=50,
        description="an object of its own, such as Practifi's Interaction",
    )
    event: dict[ApiName, Constant] = Field(
        default_factory=lambda: dict(_EVENT),
        max_length=50,
        description="Salesforce's Event; it needs a duration",
    )
    task: dict[ApiName, Constant] = Field(
        default_factory=lambda: dict(_TASK),
        max_length=50,
        description="Salesforce's Task",
    )


class InteractionFile(Strict):
    """interaction.yaml: what people did with the mailings they were sent becomes Interactions."""

    source: Literal["interaction"]
    grain: Grain = Field(
        "campaign",
        description="`campaign`: one record a contact and mailing; `event`: one for each event",
    )
    shared: Shared = Field(
        "owner",
        description="several people use one address and all of them were meant: `owner`: one "
        "record that names the others; `each`: one for each of them",
    )
    kinds: list[EventKind] = Field(
        default_factory=lambda: list(EVENT_KINDS), min_length=1, description="events that count"
    )
    zone: str = Field(_DEFAULT_ZONE, description="the time zone of the times in Details")
    details_max: int = Field(
        _CHARACTERS, ge=1000, le=131_000, description="most characters of Details"
    )
    campaign_members: bool = Field(
        False,  # noqa: FBT003 -- the default
        description="besides, a campaign for each mailing, whose members say what they did",
    )
    fields: ConstantFields = ConstantFields()


@dataclass(frozen=True, kw_only=True)
class InteractionMapping:
    """What engagement becomes in one organization.

    Attributes:
        grain: `campaign`: one record a contact and mailing; `event`: one for each event.
        shared: Whether only the `owner` of a shared address gets the record, or `each`.
        kinds: The events that count.
        zone: The time zone of the times in Details.
        details_max: Most characters of Details.
        constants: API name -> value of the fields that every new record gets.
        campaign_members: Whether each mailing is shown as a campaign with members too.
    """

    grain: Grain
    shared: Shared
    kinds: tuple[EventKind, ...]
    zone: ZoneInfo
    details_max: int
    constants: Mapping[str, Constant]
    campaign_members: bool = False


def default_file() -> InteractionFile:
    """Return what holds where there is no interaction.yaml."""
    return InteractionFile(source="interaction")


def check_interaction(file: InteractionFile) -> Iterator[tuple[Path, str]]:
    """Yield path and cause of each thing in the file that cannot work."""
    if not is_zone(file.zone):
        yield ("zone",), f"no time zone {file.zone}{nearest(file.zone, zones())}"
    for number, kind in enumerate(file.kinds):
        if kind in file.kinds[:number]:
            yield ("kinds", number), f"`{kind}` stands here twice: take one out"


def interaction_mapping(
    file: InteractionFile, names: Names, *, written_namespace: str
) -> InteractionMapping:
    """Return the mapping of a sound file.

    Args:
        file: What was read.
        names: The names of the connection: they say which kind of record is written.
        written_namespace: The namespace of the profile as names.yaml writes it, for which that of
            the connection is put into the names of fields.
    """
    constants: dict[str, Constant] = getattr(file.fields, names.interaction.profile)
    return InteractionMapping(
        grain=file.grain,
        shared=file.shared,
        kinds=tuple(kind for kind in EVENT_KINDS if kind in file.kinds),
        zone=ZoneInfo(file.zone),
        details_max=file.details_max,
        campaign_members=file.campaign_members,
        constants=MappingProxyType(
            {
                _renamed(name, written_namespace, names.namespace): value
                for name, value in constants.items()
            }
        ),
    )


def _renamed(name: str, written: str, actual: str) -> str:
    return actual + name[len(written) :] if written and name.startswith(written) else name
