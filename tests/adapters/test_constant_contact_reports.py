"""Campaigns and reports of Constant Contact, against the sandbox and with broken answers."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import responses

from bridge.connections.model import Connection
from bridge.constant_contact.client import ConstantContact
from bridge.constant_contact.reports import MAILINGS_A_CALL, Reports
from bridge.constant_contact.tokens import Tokens
from bridge.errors import NotFoundRemotely, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.db.database import Database
    from bridge.mapping.interaction import EventKind
    from tests.fix_sandbox import RunningSandbox

UNKNOWN = UUID("00000000-0000-4000-8000-000000000000")
MAILING = UUID(int=7)
LINK = "https://www.example.com/rates"
URL = "http://127.0.0.1:9/v3"
ROW = {
    "contact_id": str(UUID(int=1)),
    "campaign_activity_id": str(MAILING),
    "tracking_activity_type": "em_opens",
    "email_address": "ada@example.org",
    "created_time": "2026-11-02T09:15:00.000Z",
}


@pytest.fixture
def reports(
    sandbox: RunningSandbox, connection: Connection, database: Database, keyring: KeyRing
) -> Iterator[Reports]:
    sandbox.lift_limits()
    client = ConstantContact(connection, Tokens(connection, database, keyring, 5), nullcontext, 5)
    yield Reports(client)
    client.close()


def mailed(sandbox: RunningSandbox, *activities: dict[str, object]) -> UUID:
    """Send a campaign to a list of one person, Ada, and let her act."""
    made = sandbox.constant_contact("POST", "/contact_lists", {"name": "Letter"}).json()
    contact = {
        "email_address": {"address": "ada@example.org", "permission_to_send": "implicit"},
        "create_source": "Account",
        "list_memberships": [made["list_id"]],
    }
    assert sandbox.constant_contact("POST", "/contacts", contact).status_code == 201
    campaign = {
        "name": "Market letter",
        "subject": "What markets did",
        "list_ids": [made["list_id"]],
        "activities": [activity | {"email": "ada@example.org"} for activity in activities],
    }
    sent = sandbox.control("POST", "/constant-contact/campaigns", campaign)
    return UUID(sent["campaign_activity_id"])


def test_a_campaign_leads_to_its_mailing(reports: Reports, sandbox: RunningSandbox) -> None:
    mailing_id = mailed(sandbox)
    campaign = next(iter(reports.campaigns()))
    assert (campaign.name, campaign.status) == ("Market letter", "done")
    assert datetime.now(UTC) - campaign.updated_at < timedelta(minutes=5)  # noqa: TID251 -- theirs
    roles = {
        one.role: one.campaign_activity_id
        for one in reports.campaign_activities(campaign.campaign_id)
    }
    assert roles["primary_email"] == mailing_id
    details = reports.mailing(mailing_id)
    assert details.subject == "What markets did"
    assert details.from_email.count("@") == 1
    assert (details.permalink or "").startswith("https://conta.cc/")
    assert len(details.list_ids) == 1


def test_events_of_each_kind_are_read_with_what_belongs_to_them(
    reports: Reports, sandbox: RunningSandbox
) -> None:
    mailing_id = mailed(
        sandbox,
        {"kind": "open", "device_type": "mobile"},
        {"kind": "click", "link_url": LINK},
        {"kind": "forward"},
        {"kind": "optout", "reason": "Too many"},
    )
    found: dict[EventKind, Any] = {}
    kinds: tuple[EventKind, ...] = ("send", "open", "click", "forward", "optout", "bounce")
    for kind in kinds:
        page = reports.events(mailing_id, kind)
        assert page.next_href is None
        found[kind] = [(row.email_address, dict(row.detail)) for row in page.rows]
    ada = "ada@example.org"
    assert found == {
        "send": [(ada, {})],
        "open": [(ada, {"device_type": "mobile"})],
        "click": [(ada, {"link_url": LINK})],
        "forward": [(ada, {})],
        "optout": [(ada, {"opt_out_reason": "Too many"})],
        "bounce": [],
    }
    (click,) = reports.events(mailing_id, "click").rows
    assert click.url_id.isdigit()


def test_pages_are_newest_first_and_followed_by_their_address(
    reports: Reports, sandbox: RunningSandbox
) -> None:
    opens: list[dict[str, object]] = [{"kind": "open", "after_s": second} for second in range(501)]
    mailing_id = mailed(sandbox, *opens)
    sandbox.advance(600)
    first = reports.events(mailing_id, "open")
    assert first.next_href is not None
    second = reports.events(mailing_id, "open", first.next_href)
    assert (len(first.rows), len(second.rows), second.next_href) == (500, 1, None)
    times = [row.occurred_at for row in (*first.rows, *second.rows)]
    assert times == sorted(times, reverse=True)


def test_counts_tell_each_open_not_each_person(reports: Reports, sandbox: RunningSandbox) -> None:
    mailing_id = mailed(sandbox, {"kind": "open"}, {"kind": "open"}, {"kind": "bounce"})
    assert reports.counts([mailing_id]) == {
        mailing_id: {"send": 1, "open": 2, "click": 0, "bounce": 1, "optout": 0, "forward": 0}
    }


def test_one_unknown_mailing_fails_the_counts_of_all(
    reports: Reports, sandbox: RunningSandbox
) -> None:
    mailing_id = mailed(sandbox)
    with pytest.raises(NotFoundRemotely):
        reports.counts([mailing_id, UNKNOWN])


def test_more_mailings_than_a_call_takes_are_refused_here(reports: Reports) -> None:
    with pytest.raises(ValueError, match="151 mailings, and 150 are possible"):
        reports.counts([UNKNOWN] * (MAILINGS_A_CALL + 1))


def test_what_is_not_there_is_not_found(reports: Reports) -> None:
    for ask in (reports.campaign_activities, reports.mailing):
        with pytest.raises(NotFoundRemotely):
            ask(UNKNOWN)
    with pytest.raises(NotFoundRemotely):
        reports.events(UNKNOWN, "open")


class OneToken:
    """A token that never ends."""

    def access_token(self) -> str:
        return "token"

    def renew(self, _stale: str) -> str:
        return "token"


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def broken() -> Iterator[Reports]:
    connection = Connection(id=1, name="acme", cc_url=URL)
    client = ConstantContact(connection, OneToken(), nullcontext, 5)
    yield Reports(client)
    client.close()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="a list"),
        pytest.param({}, id="no rows"),
        pytest.param({"tracking_activities": None}, id="rows that are null"),
        pytest.param({"tracking_activities": ["x"]}, id="a row that is no object"),
        pytest.param({"tracking_activities": [ROW | {"contact_id": "x"}]}, id="no id"),
        pytest.param({"tracking_activities": [ROW | {"created_time": "soon"}]}, id="no time"),
        pytest.param({"tracking_activities": [ROW | {"created_time": None}]}, id="null time"),
    ],
)
def test_a_report_that_is_not_the_vendors_is_asked_for_again_later(
    broken: Reports, vendor: responses.RequestsMock, answer: object
) -> None:
    url = f"{URL}/reports/email_reports/{MAILING}/tracking/opens"
    vendor.get(url, json=answer)
    with pytest.raises(Unavailable):
        broken.events(MAILING, "open")


@pytest.mark.parametrize("links", [{}, None, {"next": None}, {"next": {"href": None}}])
def test_the_last_page_is_known_by_any_of_its_forms(
    broken: Reports, vendor: responses.RequestsMock, links: object
) -> None:
    url = f"{URL}/reports/email_reports/{MAILING}/tracking/opens"
    vendor.get(url, json={"tracking_activities": [ROW], "_links": links})
    page = broken.events(MAILING, "open")
    assert page.next_href is None
    assert page.rows[0].occurred_at == datetime(2026, 11, 2, 9, 15, tzinfo=UTC)


def test_counts_that_are_not_told_are_left_out(
    broken: Reports, vendor: responses.RequestsMock
) -> None:
    row = {"campaign_activity_id": str(MAILING), "stats": {"em_sends": 3, "em_optouts": None}}
    vendor.get(f"{URL}/reports/stats/email_campaign_activities/{MAILING}", json={"results": [row]})
    assert broken.counts([MAILING]) == {MAILING: {"send": 3}}


@pytest.mark.parametrize(
    ("code", "is_test"), [(57, True), ("57", True), (10, False), (None, False)]
)
def test_a_test_of_subject_lines_is_known_by_its_type(
    broken: Reports, vendor: responses.RequestsMock, code: object, *, is_test: bool
) -> None:
    campaign = {"campaign_id": str(MAILING), "updated_at": "2026-11-02T09:15:00.000Z"}
    vendor.get(f"{URL}/emails", json={"campaigns": [campaign | {"type_code": code}]})
    (one,) = broken.campaigns()
    assert one.is_subject_test is is_test


def test_pages_of_campaigns_that_go_round_are_noticed(
    broken: Reports, vendor: responses.RequestsMock
) -> None:
    page = {"campaigns": [], "_links": {"next": {"href": "/v3/emails?cursor=x"}}}
    vendor.get(f"{URL}/emails", json=page)
    vendor.get(f"{URL}/emails", json=page)
    with pytest.raises(Unavailable, match="circle"):
        list(broken.campaigns())
