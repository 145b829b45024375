"""A snapshot of both sides: whole, read again, and the way back to it after damage of each kind."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import ConfigurationError
from bridge.plans.choose import Choice
from bridge.plans.store import approve_plan, find_plan
from bridge.runs.store import load_run
from reconciler.kept.cli import main as snapshot
from reconciler.kept.files import SnapshotDamaged, read_rows
from reconciler.kept.manifest import NAME, read_manifest, verify
from reconciler.kept.restore_cli import Restorer
from reconciler.kept.restoring import refuse_other
from reconciler.kept.take import take
from reconciler.runs.execute import execute
from reconciler.runs.store import claim
from reconciler.terminal import DONE, Terminal
from tests.journey.firm import LIST
from tests.journey.first_days import signed_up
from tests.journey.reconciling import reconcile

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.runs.model import RunRecord
    from reconciler.kept.manifest import Manifest
    from tests.journey.firm import Firm

ADA, BEN, CY, DAN, EVE = (f"{name}@example.org" for name in ("ada", "ben", "cy", "dan", "eve"))
PARTS = ("first_name", "last_name", "job_title", "phone_numbers", "street_addresses")


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


@pytest.fixture
def letter(deaf: Firm) -> str:
    """A list with people on it whom both sides have; its record."""
    record = deaf.new_list("Letter")
    for email in (ADA, BEN, CY, DAN):
        deaf.member(email, record, FirstName=email.partition("@")[0].title(), Phone="+15550100")
    reconcile(deaf)
    signed_up(deaf, EVE, deaf.cc_list_id(record), first_name="Eve", job_title="Baker")
    return record


def terminal(firm: Firm) -> Terminal:
    return Terminal(firm.bridge.database, firm.bridge.connection_id, is_json=True, shows_plan=False)


def taken(firm: Firm, folder: Path) -> Manifest:
    bridge = firm.bridge
    return take(bridge.installation, bridge.connection, folder, terminal(firm))


def planned(firm: Firm, folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Plan a restore; return job -> plan, and what is left."""
    restorer = Restorer(firm.bridge.installation, firm.bridge.connection, terminal(firm), by="ann")
    assert restorer.look() == DONE
    restoring = restorer.restoring(folder, verify(folder))
    plans = restorer.plan(restoring)
    left = {reason: count for reason, count in restoring.left.items() if count}
    return {plan.job: plan.id for plan in plans}, left


def approved(firm: Firm, plan_id: int) -> RunRecord:
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        run_id, _ = approve_plan(tx, find_plan(tx, plan_id), Choice(), by="ann")
        lease = claim(tx, bridge.connection_id, run_id, 60)
    assert lease is not None
    execute(bridge.installation, lease)
    with bridge.database.transaction() as tx:
        return load_run(tx, bridge.connection_id, run_id)


def restored(firm: Firm, folder: Path) -> dict[str, int]:
    """Restore from a snapshot and return what was left."""
    plans, left = planned(firm, folder)
    for plan_id in plans.values():
        assert approved(firm, plan_id).state == "done"
    rows = firm.bridge.rows(
        "SELECT state, outcome FROM step WHERE plan_id = ANY(%(ids)s) AND state <> 'confirmed'",
        ids=list(plans.values()),
    )
    assert rows == []
    return left


def as_they_are(firm: Firm, *emails: str) -> dict[str, Any]:
    """Return what the contacts there hold of what a snapshot puts back."""
    found = {email: firm.there(email) for email in emails}
    return {
        email: {
            **{name: contact.get(name) for name in PARTS if name in {"first_name", "last_name"}},
            "job_title": contact.get("job_title"),
            "phones": [row["phone_number"] for row in contact.get("phone_numbers") or ()],
            "lists": sorted(contact.get("list_memberships") or ()),
        }
        for email, contact in found.items()
    }


def test_a_snapshot_is_whole_and_its_owners_alone(deaf: Firm, letter: str, tmp_path: Path) -> None:
    manifest = taken(deaf, tmp_path / "kept")
    assert verify(tmp_path / "kept") == manifest
    files = list((tmp_path / "kept").iterdir())
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    rows = read_rows(tmp_path / "kept" / manifest.file_of("constant_contact", "contacts"))
    ada = next(row for row in rows if row["email_address"]["address"] == ADA)
    assert ada["list_memberships"] == [deaf.cc_list_id(letter)]
    assert ada["email_address"]["opt_in_source"]
    here = read_rows(tmp_path / "kept" / manifest.file_of("practifi", "list"))
    assert [row["practifi__Constant_Contact_List_ID__c"] for row in here] == [
        deaf.cc_list_id(letter)
    ]
    assert not list(tmp_path.glob("*.partial"))


def test_one_that_is_there_is_not_written_over(deaf: Firm, tmp_path: Path) -> None:
    taken(deaf, tmp_path / "kept")
    with pytest.raises(ConfigurationError, match="is there already"):
        taken(deaf, tmp_path / "kept")


def test_one_that_is_cut_off_or_changed_is_refused(deaf: Firm, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    manifest = taken(deaf, folder)
    file = folder / manifest.file_of("practifi", "contact")
    whole = file.read_bytes()
    for broken in (whole[:-9], whole[:40] + b"x" + whole[41:], b""):
        file.write_bytes(broken)
        with pytest.raises(SnapshotDamaged):
            verify(folder)
    file.write_bytes(whole)
    said = json.loads((folder / NAME).read_text())
    said["files"][0]["name"] = "../kept/manifest.json"
    (folder / NAME).write_text(json.dumps(said))
    with pytest.raises(SnapshotDamaged):
        read_manifest(folder)


def test_after_damage_a_restore_leads_to_the_same_state(
    deaf: Firm, letter: str, tmp_path: Path
) -> None:
    there = deaf.cc_list_id(letter)
    other = str(deaf.post("/contact_lists", name="Other")["list_id"])
    before = as_they_are(deaf, ADA, BEN, CY, DAN, EVE)
    taken(deaf, tmp_path / "kept")
    deaf.put(deaf.there(ADA), list_memberships=[], first_name="Wrong")
    deaf.put(deaf.there(BEN), list_memberships=[there, other], phone_numbers=[])
    deaf.put(deaf.there(EVE), list_memberships=[], job_title="")
    deaf.remove(f"/contacts/{deaf.there(CY)['contact_id']}")
    kept_name = {"name": "Renamed", "favorite": False, "description": ""}
    deaf.sandbox.constant_contact("PUT", f"/contact_lists/{there}", kept_name)
    signed_up(deaf, "new@example.org", there)
    left = restored(deaf, tmp_path / "kept")
    assert as_they_are(deaf, ADA, BEN, CY, DAN, EVE) == before
    names = deaf.sandbox.constant_contact("GET", f"/contact_lists/{there}").json()["name"]
    assert names == "Letter"
    assert left == {"contacts that came since: they stay as they are": 1}
    assert planned(deaf, tmp_path / "kept") == ({}, left)


def test_whoever_has_opted_out_or_left_since_is_not_put_back(
    deaf: Firm, letter: str, tmp_path: Path
) -> None:
    there = deaf.cc_list_id(letter)
    taken(deaf, tmp_path / "kept")
    for email in (ADA, BEN, CY):
        deaf.put(deaf.there(email), list_memberships=[])
    deaf.unsubscribes(ADA)
    deaf.put(deaf.there(BEN), list_memberships=[there])
    deaf.sandbox.advance(60)
    deaf.leaves(BEN, there)
    deaf.leaves(EVE, there)  # whom Practifi has never known
    left = restored(deaf, tmp_path / "kept")
    assert deaf.permission(ADA) == "unsubscribed"
    assert deaf.lists_of(ADA) == deaf.lists_of(BEN) == deaf.lists_of(EVE) == set()
    assert deaf.lists_of(CY) == {there}
    assert sum(left.values()) == 3, left


@pytest.mark.usefixtures("letter")
def test_a_tick_in_practifi_is_stronger_than_a_snapshot(deaf: Firm, tmp_path: Path) -> None:
    taken(deaf, tmp_path / "kept")
    deaf.put(deaf.there(ADA), list_memberships=[])
    (row,) = deaf.bridge.rows("SELECT sf_id FROM practifi_record WHERE email_key = %(e)s", e=ADA)
    deaf.tick(row["sf_id"])
    restored(deaf, tmp_path / "kept")
    assert deaf.lists_of(ADA) == set()


def test_ids_and_statuses_that_practifi_lost_come_back(
    deaf: Firm, letter: str, tmp_path: Path
) -> None:
    deaf.bridge.settle()
    before = deaf.record(LIST, letter)
    taken(deaf, tmp_path / "kept")
    cleared = dict.fromkeys(("practifi__Constant_Contact_List_ID__c", "CC_Bridge_Status__c"))
    deaf.save(LIST, letter, **cleared)
    restored(deaf, tmp_path / "kept")
    after = deaf.record(LIST, letter)
    assert {name: after[name] for name in cleared} == {name: before[name] for name in cleared}
    assert before["CC_Bridge_Status__c"] == "Confirmed"


@pytest.mark.usefixtures("letter")
def test_what_changed_beside_a_planned_step_stays(deaf: Firm, tmp_path: Path) -> None:
    taken(deaf, tmp_path / "kept")
    deaf.put(deaf.there(ADA), first_name="Wrong")
    plans, _ = planned(deaf, tmp_path / "kept")
    deaf.put(deaf.there(ADA), last_name="Hill")
    approved(deaf, plans["contacts"])
    assert (deaf.there(ADA)["first_name"], deaf.there(ADA)["last_name"]) == ("Ada", "Hill")


def test_one_of_another_account_is_refused(deaf: Firm, tmp_path: Path) -> None:
    manifest = taken(deaf, tmp_path / "kept")
    deaf.bridge.rows("UPDATE connection SET organization_id = '00D5g00000ZZzzZEAX' RETURNING id")
    with pytest.raises(ConfigurationError, match="another organization"):
        refuse_other(deaf.bridge.connection, manifest)


def test_verifying_by_command_needs_no_database(
    deaf: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = taken(deaf, tmp_path / "kept")
    capsys.readouterr()
    assert snapshot(["verify", str(tmp_path / "kept"), "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["account_id"] == manifest.account_id
    (tmp_path / "kept" / NAME).unlink()
    with pytest.raises(SnapshotDamaged):
        snapshot(["verify", str(tmp_path / "kept")])
