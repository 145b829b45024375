"""The score of a night: what agrees, and of what differs why it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.inbox.triage import triage_batch
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS
from tests.journey.reconciling import reconcile, run
from tests.unit.mapping_builders import without_tests

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"
DROPPED = {"side": "outbound", "kind": "drop", "times": None}


@pytest.fixture
def ada(firm: Firm) -> str:
    """Ada and Ben, on a list on both sides; Salesforce tells of what changes."""
    list_id = firm.new_list("Letter")
    ada = firm.member(ADA, list_id, LastName="Lovelace")
    firm.member(BEN, list_id, LastName="Moran")
    firm.settle()
    reconcile(firm)
    firm.sandbox.advance(600)
    return ada


def score(firm: Firm, job: Any = "contacts") -> dict[str, Any]:
    """Compare both sides without a change, and return the score."""
    record = run(firm, job, "plan")
    rows = firm.bridge.rows("SELECT * FROM integrity_score WHERE run_id = %(run)s", run=record.id)
    return rows[0]


def stop_telling(firm: Firm) -> None:
    firm.sandbox.control("PUT", "/faults", [DROPPED])


def test_what_was_delivered_agrees(firm: Firm, ada: str) -> None:
    assert ada
    for job, linked in (("contacts", 2), ("lists", 1)):
        found = score(firm, job)
        assert (found["linked"], found["agreeing"], found["causes"]) == (linked, linked, {})


def test_what_was_saved_without_a_message_is_named_so(firm: Firm, ada: str) -> None:
    stop_telling(firm)
    firm.change(ada, LastName="Byron")
    found = score(firm)
    assert (found["agreeing"], found["causes"]) == (1, {"no_message": 1})
    assert found["fields"] == {"last_name": {"differing": 1, "flapping": 0}}


def test_what_was_typed_over_there_is_named_so(firm: Firm, ada: str) -> None:
    assert ada
    firm.put(firm.there(ADA), last_name="Typo")
    assert score(firm)["causes"] == {"changed_there": 1}


def test_what_is_on_its_way_is_named_so(firm: Firm, ada: str) -> None:
    firm.change(ada, LastName="Byron")
    firm.bridge.receive()
    assert score(firm)["causes"] == {"on_its_way": 1}
    while triage_batch(firm.bridge.database, consent=False):
        pass
    assert score(firm)["causes"] == {"on_its_way": 1}


def test_what_was_deleted_there_is_named_so(firm: Firm, ada: str) -> None:
    assert ada
    firm.remove(f"/contacts/{firm.there(ADA)['contact_id']}")
    assert score(firm)["causes"] == {"gone_there": 1}


def test_a_list_that_was_renamed_there_is_named_so(firm: Firm, ada: str) -> None:
    assert ada
    (linked,) = firm.bridge.rows("SELECT cc_id FROM link WHERE kind = 'list'")
    path = f"/contact_lists/{linked['cc_id']}"
    assert firm.sandbox.constant_contact("PUT", path, {"name": "Newsletter"}).ok
    found = score(firm, "lists")
    assert (found["linked"], found["causes"]) == (1, {"changed_there": 1})


def test_what_another_mapping_says_otherwise_is_named_so(firm: Firm, ada: str) -> None:
    assert ada
    files = dict(read_files(MAPPINGS))
    text = without_tests(files["contact.yaml"])
    files["contact.yaml"] = text.replace("job_title: {from: Title", "job_title: {from: LastName")
    with firm.bridge.database.transaction() as tx:
        activate(tx, firm.bridge.connection_id, files, by="test")
    assert score(firm)["causes"] == {"mapping_changed": 2}


def test_a_write_that_was_answered_and_not_kept_is_unexplained(firm: Firm, ada: str) -> None:
    lie = {"side": "constant_contact", "kind": "lie", "method": "PUT", "times": 1}
    firm.sandbox.control("PUT", "/faults", [lie])
    firm.change(ada, LastName="Byron")
    firm.settle()
    found = score(firm)
    assert (found["agreeing"], found["causes"]) == (1, {"unexplained": 1})


def test_a_field_that_is_set_to_the_same_value_again_and_again_flaps(firm: Firm, ada: str) -> None:
    assert ada
    for _ in range(2):
        firm.put(firm.there(ADA), last_name="Typo")
        run(firm, "contacts")
        firm.sandbox.advance(4 * 86_400)  # too rare to be paused for it
    assert score(firm)["fields"] == {}
    firm.put(firm.there(ADA), last_name="Typo")
    assert score(firm)["fields"] == {"last_name": {"differing": 1, "flapping": 1}}


def test_whoever_holds_a_value_that_cannot_be_sent_does_not_agree(firm: Firm, ada: str) -> None:
    files = dict(read_files(MAPPINGS))
    cut = "last_name: {from: LastName, transform: [squeeze], too_long: cut}"
    files["contact.yaml"] = files["contact.yaml"].replace(cut, "last_name: LastName")
    with firm.bridge.database.transaction() as tx:
        activate(tx, firm.bridge.connection_id, files, by="test")
    stop_telling(firm)
    firm.change(ada, LastName="x" * 60)
    assert score(firm)["causes"] == {"rejected": 1}


def test_a_run_of_another_job_has_no_score(firm: Firm, ada: str) -> None:
    assert ada
    record = run(firm, "activities")
    assert firm.bridge.rows("SELECT FROM integrity_score WHERE run_id = %(id)s", id=record.id) == []
