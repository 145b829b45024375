"""The fields of one Interaction's record in Salesforce, in any of the three profiles. Pure.

`custom` is an object of its own, which is upserted by the bridge's key. `event` and `task` are
Salesforce's activities, which cannot be.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from bridge.errors import ConfigurationError
from reconciler.activities.compose import SUBJECT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bridge.mapping.names import InteractionNames
    from reconciler.activities.model import Composed, Receiver

_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_NAME_CHARACTERS = 80  # of the standard field Name
_LABELS = ("Subject", "Details", "When", "Contact", "Client")


def key_field(names: InteractionNames) -> str:
    """Return the field that holds the bridge's key.

    Raises:
        ConfigurationError: If the organization's names have none: nothing could be written once.
    """
    if names.external_id is None:
        message = "names.yaml: interaction.external_id is needed: records are found again by it"
        raise ConfigurationError(message)
    return names.external_id


def subject_characters(names: InteractionNames) -> int:
    """Return the most characters of the field that takes the subject."""
    return _NAME_CHARACTERS if names.subject == "Name" else SUBJECT_CHARACTERS


def record_fields(
    composed: Composed, receiver: Receiver, names: InteractionNames, zone: ZoneInfo
) -> dict[str, Any]:
    """Return what a record says; what is the same in all records is added when it is created."""
    values = (
        composed.subject,
        composed.details,
        _when(composed.at, names, zone),
        receiver.contact_id,
        receiver.account_id,
    )
    return {name: values[place] for name, place in _places(names)}


def record_names(names: InteractionNames, constants: Iterable[str]) -> list[str]:
    """Return the fields that a record may have, those with constants among them."""
    return sorted({*constants, *(name for name in _api_names(names) if name is not None)})


def fingerprint_of(names: InteractionNames, fields: Mapping[str, Any]) -> bytes:
    """Return the digest by which a record is known to say this already."""
    return hashlib.sha256(_encode([names.object, dict(fields)]).encode()).digest()


def change_of(
    names: InteractionNames, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Return label -> (old, new) of what differs; what stood there before may not be known."""
    before = before or {}
    return {
        label: (before.get(name), after[name])
        for label, name in zip(_LABELS, _api_names(names), strict=True)
        if name is not None and before.get(name) != after[name]
    }


@cache
def _places(names: InteractionNames) -> list[tuple[str, int]]:
    """Return the fields of a record by name, each with the place of its value."""
    return sorted((name, place) for place, name in enumerate(_api_names(names)) if name is not None)


def _api_names(names: InteractionNames) -> tuple[str | None, ...]:
    return names.subject, names.details, names.when, names.contact, names.client


def _when(at: datetime, names: InteractionNames, zone: ZoneInfo) -> str:
    """Return the time as the profile's field takes it: a task has a day, the others a moment."""
    if names.profile == "task":
        return at.astimezone(zone).date().isoformat()
    return at.isoformat(timespec="milliseconds")
