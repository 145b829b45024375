"""Mailings as campaigns in Salesforce, whose members say what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.runs.execute import run_now
from tests.journey.mailings import Mailings, a_household, clicked, opened

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN, EVE, KIM, ROY = (f"{name}@example.org" for name in ("ada", "ben", "eve", "kim", "roy"))
WANTED = "source: interaction\ncampaign_members: true\n"


@pytest.fixture
def mailings(firm: Firm) -> Mailings:
    made = a_household(firm)
    made.maps(WANTED)
    return made


def found(mailings: Mailings, soql: str) -> list[dict[str, Any]]:
    answer = mailings.firm.sandbox.salesforce("GET", "/services/data/v66.0/query", q=soql)
    assert answer.status_code == 200, answer.text
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


def members(mailings: Mailings) -> dict[str, tuple[str, bool]]:
    """Return the status of each member of any campaign, and whether it is a response."""
    soql = "SELECT ContactId, Status, HasResponded FROM CampaignMember"
    rows = found(mailings, soql)
    statuses = {row["ContactId"]: (row["Status"], row["HasResponded"]) for row in rows}
    assert len(statuses) == len(rows)
    return statuses


def test_a_mailing_is_a_campaign_and_who_got_it_its_members(mailings: Mailings) -> None:
    people = {email: mailings.member(email) for email in (ADA, BEN, EVE, KIM, ROY)}
    mailings.firm.settle()
    mailings.send(
        opened(ADA),
        clicked(BEN),
        {"email": EVE, "kind": "bounce", "bounce_code": "B"},
        opened(KIM),
        {"email": KIM, "kind": "optout"},
        {"email": ROY, "kind": "bounce", "bounce_code": "V"},
    )
    mailings.run()
    (campaign,) = found(mailings, "SELECT Name, Type FROM Campaign")
    assert (campaign["Name"], campaign["Type"]) == ("Market letter", "Email")
    assert members(mailings) == {
        people[ADA]: ("Opened", False),
        people[BEN]: ("Clicked", True),
        people[EVE]: ("Bounced", False),
        people[KIM]: ("Opted Out", False),
        people[ROY]: ("Sent", False),
    }


def test_a_second_run_writes_no_member_and_a_later_click_one(mailings: Mailings) -> None:
    person = mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA), clicked(ADA, after_s=4000))
    mailings.run()
    before = mailings.salesforce_writes()
    mailings.run()
    assert mailings.salesforce_writes() == before
    mailings.firm.sandbox.advance(4100)
    mailings.run()
    assert members(mailings) == {person: ("Clicked", True)}
    assert mailings.salesforce_writes() == before + 2  # the Interaction, and the member


def test_members_whose_answer_was_lost_are_there_once(mailings: Mailings) -> None:
    for email in (ADA, BEN):
        mailings.member(email)
    mailings.firm.settle()
    mailings.send(opened(ADA), opened(BEN))
    fault = {"side": "salesforce", "method": "POST", "path": ".*composite.*", "times": 2}
    mailings.firm.sandbox.faults(fault | {"kind": "drop_after"})
    mailings.run()
    assert len(members(mailings)) == 2
    (campaign,) = found(mailings, "SELECT Id FROM Campaign")
    labels = [row["Label"] for row in found(mailings, "SELECT Label FROM CampaignMemberStatus")]
    assert campaign["Id"]
    assert sorted(labels) == ["Bounced", "Clicked", "Opened", "Opted Out", "Responded", "Sent"]


def test_whoever_is_a_member_already_keeps_that_record(mailings: Mailings) -> None:
    person = mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA), clicked(ADA, after_s=4000))
    mailings.run()
    with mailings.firm.bridge.database.transaction() as tx:  # as after an older backup
        tx.execute("DELETE FROM campaign_member")
        tx.execute("DELETE FROM mailing_campaign")
    mailings.firm.sandbox.advance(4100)
    mailings.run()
    assert members(mailings) == {person: ("Clicked", True)}
    assert len(found(mailings, "SELECT Id FROM Campaign")) == 1


def test_nothing_of_it_happens_unasked(mailings: Mailings) -> None:
    mailings.maps("source: interaction\n")
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA))
    mailings.run()
    assert found(mailings, "SELECT Id FROM Campaign") == []


def test_where_campaigns_are_the_lists_it_is_refused(mailings: Mailings) -> None:
    bridge = mailings.firm.bridge
    bridge.rows(
        'UPDATE connection SET object_names = \'{"campaign.object": '
        '"practifi__Constant_Contact_List__c"}\' WHERE id = %(connection_id)s RETURNING id'
    )
    record = run_now(bridge.installation, bridge.connection_id, "activities")
    assert record.state == "failed"
    assert "each mailing would become a list" in (record.reason or "")
