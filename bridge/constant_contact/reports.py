"""Campaigns and what people did with their mailings, as the Constant Contact V3 API reports it.

Thin, as the client is: each method is one call and takes no decision. A *mailing* here is what the
vendor calls a campaign activity. Its tracking rows have no id of their own, come newest first and
cannot be filtered by time (developer guide, "Email Campaign Reporting").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from uuid import UUID

from bridge.constant_contact.answers import next_href, rows_of, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bridge.constant_contact.client import ConstantContact
    from bridge.mapping.interaction import EventKind

T = TypeVar("T")

MAILINGS_A_CALL = 150
"""Most mailings whose counts one call tells."""

_CAMPAIGNS_A_PAGE = 500
_ROWS_A_PAGE = 500
_SUBJECT_TEST = "57"  # developer guide, "Create an A/B Test for an Email Campaign Activity"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_DETAILS = ("device_type", "link_url", "bounce_code", "opt_out_reason")
_COUNTS: Mapping[EventKind, str] = {
    "send": "em_sends",
    "open": "em_opens_all",
    "click": "em_clicks_all",
    "bounce": "em_bounces",
    "optout": "em_optouts",
    "forward": "em_forwards",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """A campaign; what was mailed are its activities.

    Attributes:
        status: In lower case: the vendor spells it in two ways.
        updated_at: When it or its status last changed (UTC).
        is_subject_test: Some recipients get it with another subject line, and the rest with
            whichever of the two is opened more; no report says who got which.
    """

    campaign_id: UUID
    name: str
    status: str
    updated_at: datetime
    is_subject_test: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignActivity:
    """One mailing of a campaign; only `primary_email` and `resend` have reports."""

    campaign_activity_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MailingDetails:
    """What people see of a mailing, and the lists that it goes to."""

    subject: str
    from_name: str
    from_email: str
    permalink: str | None
    list_ids: tuple[UUID, ...]


class TrackingRow(NamedTuple):
    """One event of one contact; a tuple, for a large mailing has a hundred thousand.

    Attributes:
        contact_id: In the spelling of a UUID, lower case.
        occurred_at: Aware, UTC.
        email_address: The contact's address at that time.
        url_id: Which link was clicked; empty for every other kind.
        detail: What else the vendor says of it, by its own names.
    """

    contact_id: str
    occurred_at: datetime
    email_address: str
    url_id: str = ""
    detail: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackingPage:
    """Events of one kind, newest first, and the address of the page with older ones."""

    rows: tuple[TrackingRow, ...]
    next_href: str | None


class Reports:
    """Campaigns and reports of one account. Every method raises the errors of `read_answer`."""

    def __init__(self, client: ConstantContact) -> None:
        self._client = client

    def campaigns(self) -> Iterator[Campaign]:
        """Yield all campaigns, removed ones too; one may come twice while campaigns change."""
        pages = self._client.walk("emails", {"limit": str(_CAMPAIGNS_A_PAGE)}, "campaigns")
        return (_read(_campaign, row) for row in pages)

    def campaign_activities(self, campaign_id: UUID) -> list[CampaignActivity]:
        """Return the mailings of a campaign.

        Raises:
            NotFoundRemotely: If there is no such campaign.
        """
        answer = self._client.get(f"emails/{campaign_id}")
        return [_read(_activity, row) for row in rows_of(answer, "campaign_activities")]

    def mailing(self, campaign_activity_id: UUID) -> MailingDetails:
        """Return what people see of a mailing.

        Raises:
            NotFoundRemotely: If there is no such mailing.
        """
        path = f"emails/activities/{campaign_activity_id}"
        return _read(_mailing, self._client.get(path, {"include": "permalink_url"}))

    def counts(self, campaign_activity_ids: Sequence[UUID]) -> dict[UUID, dict[EventKind, int]]:
        """Return how many events of each kind up to 150 mailings have, as far as it is told.

        The figures are cached there, for some hours. Opens and clicks count each time, not each
        person: a second open moves them.

        Raises:
            NotFoundRemotely: If one of the mailings is unknown.
            ValueError: If there are more than 150.
        """
        if len(campaign_activity_ids) > MAILINGS_A_CALL:
            message = f"{len(campaign_activity_ids)} mailings, and {MAILINGS_A_CALL} are possible"
            raise ValueError(message)
        joined = ",".join(str(each) for each in campaign_activity_ids)
        answer = self._client.get(f"reports/stats/email_campaign_activities/{joined}")
        return dict(_read(_counts, row) for row in rows_of(answer, "results"))

    def events(
        self, campaign_activity_id: UUID, kind: EventKind, href: str | None = None
    ) -> TrackingPage:
        """Return a page of events of a mailing: the newest ones, or the page at `href`."""
        if href is None:
            path = f"reports/email_reports/{campaign_activity_id}/tracking/{kind}s"
            answer = self._client.get(path, {"limit": str(_ROWS_A_PAGE)})
        else:
            answer = self._client.get(href)
        rows = tuple(_read(_row, row) for row in rows_of(answer, "tracking_activities"))
        return TrackingPage(rows=rows, next_href=next_href(answer))


def _read(convert: Callable[[dict[str, Any]], T], part: Any) -> T:
    """Return a part of an answer as a value of ours.

    Raises:
        Unavailable: If it is not what the vendor's contract says.
    """
    try:
        return convert(part)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise unavailable(f"a report without what it must have ({convert.__name__[1:]})") from None


def _campaign(row: dict[str, Any]) -> Campaign:
    return Campaign(
        campaign_id=UUID(row["campaign_id"]),
        name=str(row.get("name") or ""),
        status=str(row.get("current_status") or "").lower(),
        updated_at=_moment(row.get("updated_at") or row["created_at"]),
        is_subject_test=str(row.get("type_code")) == _SUBJECT_TEST,
    )


def _activity(row: dict[str, Any]) -> CampaignActivity:
    return CampaignActivity(
        campaign_activity_id=UUID(row["campaign_activity_id"]), role=str(row["role"]).lower()
    )


def _mailing(answer: dict[str, Any]) -> MailingDetails:
    return MailingDetails(
        subject=str(answer.get("subject") or ""),
        from_name=str(answer.get("from_name") or ""),
        from_email=str(answer.get("from_email") or ""),
        permalink=answer.get("permalink_url") or None,
        list_ids=tuple(UUID(each) for each in answer.get("contact_list_ids") or ()),
    )


def _counts(row: dict[str, Any]) -> tuple[UUID, dict[EventKind, int]]:
    stats = row["stats"]
    told = {kind: stats.get(name) for kind, name in _COUNTS.items()}
    return UUID(row["campaign_activity_id"]), {
        kind: count for kind, count in told.items() if isinstance(count, int)
    }


def _row(row: dict[str, Any]) -> TrackingRow:
    contact_id = row["contact_id"].lower()
    if not _UUID(contact_id):  # a fifth of the time that UUID() takes
        raise ValueError(contact_id)
    return TrackingRow(
        contact_id,
        _moment(row["created_time"]),
        str(row.get("email_address") or ""),
        str(row.get("url_id") or ""),
        {name: str(row[name]) for name in _DETAILS if row.get(name)},
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
