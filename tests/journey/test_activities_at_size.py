"""Engagement of many mailings and many people: what it costs, and what waits for a word."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.runs.store import ask_run, load_run
from reconciler.runs import store
from reconciler.runs.execute import execute, run_now
from reconciler.runs.halt import Halt, RunCancelled
from tests.journey.mailings import DETAILS, SUBJECT, Mailings, a_household, clicked, opened
from tests.journey.planning import approve, plan_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

ADA, BEN, EVE = "ada@example.org", "ben@example.org", "eve@example.org"


@pytest.fixture
def mailings(firm: Firm) -> Mailings:
    return a_household(firm)


def reading_calls(mailings: Mailings, since: int = 0) -> Counter[str]:
    """Return the calls of the bridge to Constant Contact, by what they ask for."""
    calls = mailings.firm.sandbox.calls("constant_contact")[since:]
    own = [call["path"] for call in calls if call["owner"] == "bridge"]
    words = ("tracking/", "stats/", "emails/activities/", "emails/", "emails")
    return Counter(next((word for word in words if word in path), path) for path in own)


def test_a_night_reads_a_page_of_what_moved_and_no_more(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    burst = [opened(ADA, after_s=second) for second in range(501)]  # within the overlap
    late = (opened(ADA, after_s=4000), clicked(ADA, after_s=4000))
    mailings.send(*burst, *late, name="First")
    mailings.send(opened(ADA), name="Second")
    mailings.firm.sandbox.advance(600)
    mailings.run()
    mailings.firm.sandbox.advance(4000)
    before = len(mailings.firm.sandbox.calls("constant_contact"))
    mailings.run()
    assert reading_calls(mailings, before) == {"emails": 1, "stats/": 1, "tracking/": 2}
    assert "Opened 502 times" in mailings.interactions()[0][DETAILS]


_HOLE = """
WITH oldest AS (
  DELETE FROM engagement_event
  WHERE kind = 'open'
    AND occurred_at = (SELECT min(occurred_at) FROM engagement_event WHERE kind = 'open')
  RETURNING *)
INSERT INTO engagement_event
SELECT connection_id, campaign_activity_id, kind, gen_random_uuid(), occurred_at, url_id, detail
FROM oldest
"""
_LEFT_OVER = """
UPDATE campaign_activity SET detail = jsonb_set(detail, '{reading,due}', '["open"]')
"""


def test_after_a_reading_that_broke_off_the_counts_are_not_believed(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(*(opened(ADA, after_s=second) for second in (*range(600), 4000)))
    mailings.firm.sandbox.advance(700)
    mailings.run()
    with mailings.firm.bridge.database.transaction() as tx:
        tx.execute(_HOLE)  # as many are held as are told, and one is missing
        tx.execute(_LEFT_OVER)
    mailings.firm.sandbox.advance(4000)
    mailings.run()
    assert "Opened 601 times" in mailings.one()[DETAILS]


def test_a_backfill_waits_for_a_word_with_what_it_takes(mailings: Mailings) -> None:
    bridge = mailings.firm.bridge
    few = bridge.installation.settings.model_copy(update={"storage_above": 1})
    installation = replace(bridge.installation, settings=few)
    for email in (ADA, BEN):
        mailings.member(email)
    mailings.firm.settle()
    mailings.send(opened(ADA), opened(BEN))
    record = run_now(installation, bridge.connection_id, "activities")
    assert record.state == "waiting"
    assert record.reason is not None
    assert "2 new records, about 0 MB of Salesforce data storage" in record.reason
    assert mailings.interactions() == []
    assert approve(mailings.firm, plan_of(mailings.firm, record)).state == "done"
    assert len(mailings.interactions()) == 2


def loaded(mailings: Mailings) -> Mailings:
    """Return the firm with three people who opened a mailing, in a plan that goes in bulk."""
    for email in (ADA, BEN, EVE):
        mailings.member(email)
    mailings.firm.settle()
    mailings.send(opened(ADA), clicked(BEN), opened(EVE))
    return mailings


def run_in_bulk(mailings: Mailings) -> RunRecord:
    bridge = mailings.firm.bridge
    few = bridge.installation.settings.model_copy(update={"bulk_from": 2})
    return run_now(replace(bridge.installation, settings=few), bridge.connection_id, "activities")


def test_very_many_go_in_bulk_and_are_the_same(mailings: Mailings) -> None:
    loaded(mailings)
    before = mailings.salesforce_writes()
    record = run_in_bulk(mailings)
    assert record.state == "done", record.reason
    assert mailings.salesforce_writes() == before
    found = [one[SUBJECT].rpartition(" - ")[2] for one in mailings.interactions()]
    assert found == ["Clicked", "Opened", "Opened"]
    assert mailings.run().counters["unchanged"] == 3


def test_a_job_whose_answer_was_lost_is_made_again(mailings: Mailings) -> None:
    loaded(mailings)
    mailings.firm.sandbox.faults(
        {"side": "salesforce", "path": ".*jobs/ingest/.*", "kind": "drop_after", "times": 1}
    )
    record = run_in_bulk(mailings)
    assert record.state == "done", record.reason
    assert len(mailings.interactions()) == 3
    assert mailings.run().counters["unchanged"] == 3


def test_what_a_job_has_not_said_is_asked_again(mailings: Mailings) -> None:
    loaded(mailings)
    mailings.firm.sandbox.faults(
        {"side": "salesforce", "path": ".*successfulResults", "kind": "drop_before", "times": 1}
    )
    record = run_in_bulk(mailings)
    assert record.state == "done", record.reason
    rows = mailings.firm.bridge.rows("SELECT DISTINCT state FROM interaction_step")
    assert rows == [{"state": "confirmed"}]
    ingested = [
        call for call in mailings.firm.sandbox.calls("salesforce") if "ingest" in call["path"]
    ]
    assert sum(call["method"] == "POST" for call in ingested) == 1


class WhileWaiting(Halt):
    """Lets something happen in Salesforce whenever the run waits."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act = act

    def wait(self, seconds: float) -> None:  # noqa: ARG002 -- nothing is waited for
        self._act()
        self.check()


def run_waiting(mailings: Mailings, halt: Halt) -> RunRecord:
    """Run the job in bulk, with a job there that is not ended before somebody does something."""
    bridge = mailings.firm.bridge
    bridge.sandbox.control("PUT", "/salesforce/policy", {"bulk_waits_s": 600})
    few = bridge.installation.settings.model_copy(update={"bulk_from": 2})
    with bridge.database.transaction() as tx:
        run_id, _ = ask_run(
            tx, bridge.connection_id, "activities", mode="apply", origin="cli", asked_by="test"
        )
        lease = store.claim(tx, bridge.connection_id, run_id, 60)
    assert lease is not None
    execute(replace(bridge.installation, settings=few), lease, halt=halt)
    with bridge.database.transaction() as tx:
        return load_run(tx, bridge.connection_id, run_id)


def jobs(mailings: Mailings) -> list[dict[str, Any]]:
    answer = mailings.firm.sandbox.salesforce("GET", "/services/data/v66.0/jobs/ingest")
    records: list[dict[str, Any]] = answer.json()["records"]
    return records


def test_what_a_job_did_not_look_at_goes_in_collections(mailings: Mailings) -> None:
    def abort() -> None:
        for job in jobs(mailings):
            path = f"/services/data/v66.0/jobs/ingest/{job['id']}"
            mailings.firm.sandbox.salesforce("PATCH", path, {"state": "Aborted"})

    loaded(mailings)
    before = mailings.salesforce_writes()
    record = run_waiting(mailings, WhileWaiting(abort))
    assert record.state == "done", record.reason
    assert mailings.salesforce_writes() == before + 1
    assert len(mailings.interactions()) == 3


def test_a_run_that_is_cancelled_takes_its_job_along(mailings: Mailings) -> None:
    loaded(mailings)
    halt = WhileWaiting(lambda: halt.ask(RunCancelled()))
    assert run_waiting(mailings, halt).state == "cancelled"
    assert [job["state"] for job in jobs(mailings)] == ["Aborted"]
    mailings.firm.sandbox.advance(700)
    assert mailings.interactions() == []
    mailings.run()
    assert len(mailings.interactions()) == 3


def test_a_refusal_in_bulk_has_salesforces_sentence(mailings: Mailings) -> None:
    mailings.maps("source: interaction\nfields: {custom: {practifi__Method_Picklist__c: Pigeon}}\n")
    run_in_bulk(loaded(mailings))
    steps = mailings.firm.bridge.rows("SELECT DISTINCT state, outcome FROM interaction_step")
    assert [step["state"] for step in steps] == ["refused"]
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: " in steps[0]["outcome"]
    assert "Pigeon" in steps[0]["outcome"]


def test_a_resend_is_a_mailing_of_its_own_that_names_the_first(mailings: Mailings) -> None:
    for email in (ADA, BEN):
        mailings.member(email)
    mailings.firm.settle()
    sent = mailings.send(opened(ADA))
    mailings.firm.sandbox.advance(3600)
    path = f"/constant-contact/campaigns/{sent['campaign_id']}/send"
    body = {"to": "non_openers", "subject": "Once more", "activities": [opened(BEN)]}
    mailings.firm.sandbox.control("POST", path, body)
    mailings.run()
    resend, first, second = mailings.interactions()
    assert resend[SUBJECT] == "Constant Contact: Market letter (resend) - Opened"
    assert "Resend: to those who had not opened the mailing that was sent " in resend[DETAILS]
    assert [first[SUBJECT][-6:], second[SUBJECT][-6:]] == ["Opened", "- Sent"]
