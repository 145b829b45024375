"""Bulk activities of the Constant Contact V3 API: begun here, worked off there, asked about later.

What an activity does is not told by its answer, so whoever lost that answer knows it again only by
when it was made and by how many rows it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.constant_contact.answers import unavailable
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bridge.constant_contact.client import ConstantContact

State: TypeAlias = Literal[
    "initialized", "processing", "completed", "failed", "cancelled", "timed_out"
]

_ENDED = frozenset({"completed", "failed", "cancelled", "timed_out", "time_out"})
_A_PAGE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """A bulk activity as the vendor shows it.

    Attributes:
        state: The vendor's word.
        errors: A line for each row that was refused; their wording is published nowhere.
        counters: Numbers by name, such as `items_total_count`.
        created_at: When it was taken in, by the vendor's clock (UTC); `started_at` and
            `completed_at` are there once they have come.
    """

    activity_id: str
    state: str
    errors: tuple[str, ...] = ()
    counters: Mapping[str, int] | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in _ENDED

    @property
    def is_complete(self) -> bool:
        """Whether every row had its turn; some may have been refused."""
        return self.state == "completed"

    @property
    def rows(self) -> int | None:
        """How many rows or contacts were taken in, where the vendor says so."""
        return (self.counters or {}).get("items_total_count")


def import_contacts(
    there: ConstantContact, rows: Sequence[Mapping[str, Any]], list_ids: Sequence[str]
) -> Activity:
    """Begin an import: each row makes a contact, or changes what it names of the one that exists.

    Permissions stay as they are, memberships are only added. At most 40,000 rows and 4 MB: what is
    beyond is dropped in silence, so cut before.

    Raises:
        Throttled: If a thousand activities wait already, or too many calls were made.
        RecordRefused: If the import is refused as a whole.
        RemoteError: Whatever else `read_answer` says.
    """
    body = {"import_data": list(rows), "list_ids": list(list_ids)}
    return _activity(there.post("activities/contacts_json_import", body))


def add_to_lists(
    there: ConstantContact, contact_ids: Sequence[str], list_ids: Sequence[str]
) -> Activity:
    """Begin to add at most 500 contacts to at most 50 lists; nobody who opted out is added.

    Raises:
        RemoteError, RecordRefused: As `import_contacts`.
    """
    return _memberships(there, "add_list_memberships", contact_ids, list_ids)


def remove_from_lists(
    there: ConstantContact, contact_ids: Sequence[str], list_ids: Sequence[str]
) -> Activity:
    """Begin to take at most 500 contacts off at most 50 lists.

    Raises:
        RemoteError, RecordRefused: As `import_contacts`.
    """
    return _memberships(there, "remove_list_memberships", contact_ids, list_ids)


def delete_list(there: ConstantContact, list_id: str) -> Activity:
    """Begin to delete a list; it is there as before until the activity has ended.

    Raises:
        NotFoundRemotely: If it is not there.
        RemoteError: Whatever else `read_answer` says.
    """
    return _activity(there.delete(f"contact_lists/{list_id}"))


def get_activity(there: ConstantContact, activity_id: str) -> Activity:
    """Return an activity of the last ten days.

    Raises:
        NotFoundRemotely: If it is older, or never was.
    """
    return _activity(there.get(f"activities/{activity_id}"))


def newest_activities(there: ConstantContact) -> Iterator[Activity]:
    """Yield the activities of the last ten days, the newest first; a call for each hundred."""
    params = {"limit": str(_A_PAGE)}
    for row in there.walk("activities", params, "activities", "activity_id"):
        yield _activity(row)


def _memberships(
    there: ConstantContact, name: str, contact_ids: Sequence[str], list_ids: Sequence[str]
) -> Activity:
    body = {"source": {"contact_ids": list(contact_ids)}, "list_ids": list(list_ids)}
    return _activity(there.post(f"activities/{name}", body))


def _activity(answer: Any) -> Activity:
    is_one = isinstance(answer, dict) and {"activity_id", "state"} <= answer.keys()
    if not is_one:
        raise unavailable("an answer without activity_id and state")
    counters = answer.get("status")
    return Activity(
        activity_id=str(answer["activity_id"]),
        state=str(answer["state"]).lower(),
        errors=tuple(_text(error) for error in answer.get("activity_errors") or ()),
        counters=counters if isinstance(counters, dict) else None,
        created_at=parse_moment(answer.get("created_at")),
        started_at=parse_moment(answer.get("started_at")),
        completed_at=parse_moment(answer.get("completed_at")),
    )


def _text(error: object) -> str:
    """Return the words of an error; a text, or an object with a message (both are documented)."""
    return str(error.get("message", "")) if isinstance(error, dict) else str(error)
