"""The fields of one Interaction's record in Salesforce, in any of the three profiles. Pure.

`custom` is an object of its own, which is upserted by the bridge's key. `event` and `task` are
Salesforce's activities, which cannot be.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.constant_contact.results import SUBJECT_CHARACTERS
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bridge.mapping.names import InteractionNames

_NAME_CHARACTERS = 80  # of the standard field Name


class Record(NamedTuple):
    """What the record of one Interaction says; a tuple, for there may be a million.

    Attributes:
        at: When it was, as the field takes it.
    """

    subject: str | None
    details: str | None
    at: str | None
    contact_id: str
    account_id: str | None


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


@cache
def written_fields(names: InteractionNames) -> Mapping[str, int]:
    """Return the fields of a record by name, each with the place of its value in a `Record`."""
    places = (names.subject, names.details, names.when, names.contact, names.client)
    return {
        name: place
        for name, place in sorted((name or "", place) for place, name in enumerate(places))
        if name
    }


def fields_of(names: InteractionNames, record: Record) -> dict[str, Any]:
    """Return field -> value; what is the same in all records is added when it is created."""
    return {name: record[place] for name, place in written_fields(names).items()}


def when(at: datetime, names: InteractionNames, zone: ZoneInfo) -> str:
    """Return the time as the profile's field takes it: a task has a day, the others a moment."""
    if names.profile == "task":
        return at.astimezone(zone).date().isoformat()
    return at.isoformat(timespec="milliseconds")


class Fingerprints:
    """Makes the digests by which records are known to say something already.

    It is that of the JSON text of object and fields, put together from texts that many records of a
    mailing have in common.
    """

    def __init__(self, names: InteractionNames) -> None:
        self._head = f"[{json_text(names.object)}, {{"
        self._fields = [
            (f"{json_text(name)}: ", place) for name, place in written_fields(names).items()
        ]

    def of(self, *texts: str) -> bytes:
        """Return the digest of a record whose values, in the order of `Record`, have these texts.

        >>> from bridge.mapping.names import InteractionNames
        >>> names = InteractionNames(profile="custom", object="I", contact="C", subject="S")
        >>> texts = [json_text(text) for text in ("A letter", None, None, "003", None)]
        >>> same = hashlib.sha256(b'["I", {"C": "003", "S": "A letter"}]').digest()
        >>> Fingerprints(names).of(*texts) == same
        True
        """
        fields = ", ".join([name + texts[place] for name, place in self._fields])
        return hashlib.sha256(f"{self._head}{fields}}}]".encode()).digest()


json_text = json.JSONEncoder(ensure_ascii=False).encode
"""A value as JSON; its characters as they are."""
