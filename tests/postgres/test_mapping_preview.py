"""What files would change is counted; how they come into force: for all, or new changes only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.connections.store import load_connection
from bridge.edits.foresee import foresee
from bridge.edits.pending import arrive, pending_of, reject
from bridge.edits.put_to_work import put_to_work
from bridge.mapping.cli import main
from bridge.mapping.versions import activate, activations, active, version_in_force
from tests.postgres.test_mapping_edits import NEW, OLD, PEOPLE, a_folder, a_person, expected
from tests.unit.mapping_builders import contact_yaml, files_with

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings

    Tx = psycopg.Connection[Any]

UPPER = contact_yaml("first_name: {from: FirstName, transform: [upper]}")
OWNERS = sum(number % 7 != 0 for number in range(PEOPLE))


@pytest.fixture
def firm(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A connection that works, with people, whose first plan was carried out."""
    monkeypatch.setenv("DATABASE_URL", str(settings.database_url))
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name, state) VALUES ('default', 'active')")
        firm = load_connection(tx, "default")
        activate(tx, firm.id, files_with(contact=OLD), by="ada")
        for number in range(PEOPLE):
            a_person(tx, firm.id, number)
        tx.execute(
            "INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state,"
            " finished_at) VALUES (%s, 'contacts', 'apply', 'cli', 'ada', app_now(), 'done',"
            " app_now())",
            (firm.id,),
        )
    return firm


def runs(tx: Tx) -> list[tuple[str, str, str]]:
    return tx.execute(
        "SELECT job, mode, extent FROM run WHERE state = 'queued' ORDER BY id"
    ).fetchall()


def test_a_preview_counts_kinds_fields_and_calls(database: Database, firm: Connection) -> None:
    with database.transaction() as tx:
        found = foresee(tx, firm, files_with(contact=NEW))
    assert dict(found.tally.counts) == expected()
    assert dict(found.tally.fields) == {"first_name": expected()["changed"]}
    assert (found.version_id, found.tally.looked, found.lists) == (1, OWNERS, 0)
    assert found.price.calls == 2 * sum(expected().values())
    assert len(found.tally.samples["first_name"]) == 3


@pytest.mark.usefixtures("firm")
def test_the_command_names_people_only_where_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_folder(tmp_path / "m", files_with(contact=UPPER))
    assert main(["preview", str(folder)]) == 0
    text = capsys.readouterr().out
    changed = OWNERS - sum(n % 5 == 0 for n in range(PEOPLE) if n % 7)
    assert f"{changed} of {OWNERS} contacts change" in text
    assert "ANN" not in text
    main(["preview", str(folder), "--show-values", "--record", "p1@example.org", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["samples"] == {
        "first_name": [{"id": "003" + "1".zfill(15), "before": "Ann", "after": "ANN"}]
    }


def test_an_activation_asks_for_a_run_over_everybody(database: Database, firm: Connection) -> None:
    with database.transaction() as tx:
        files = files_with(contact=NEW)
        done = put_to_work(
            tx, firm, files, by="ada", origin="files", foreseen=foresee(tx, firm, files)
        )
        assert (done.version_id, done.is_news) == (2, True)
        assert runs(tx) == [("contacts", "apply", "full")]
        again = put_to_work(tx, firm, files, by="ada", origin="files")
    assert (again.version_id, again.is_news, again.run_id) == (2, False, None)


def test_new_changes_only_leaves_whoever_was_not_saved_since(
    database: Database, firm: Connection
) -> None:
    with database.transaction() as tx:
        put_to_work(tx, firm, files_with(contact=UPPER), by="ada", origin="files", applies_to="new")
        found = active(tx, firm.id)
        assert found is not None
        project = found.mapping.contact.project
        ((moment,),) = tx.execute("SELECT app_now()").fetchall()
        record = {"Email": "ada@example.org", "FirstName": "Ada"}
        names = [
            project({**record, "SystemModstamp": stamp})["first_name"]
            for stamp in ("2020-01-01T00:00:00.000+0000", moment.isoformat())
        ]
        assert (found.version_id, names, runs(tx)) == (2, ["Ada", "ADA"], [])
        assert project(record)["first_name"] == "ADA"
        put_to_work(tx, firm, files_with(contact=UPPER), by="ada", origin="files")
        found = active(tx, firm.id)
        assert found is not None
        assert found.mapping.contact.project({**record, "SystemModstamp": "2020-01-01"}) == (
            project(record)
        )
        assert runs(tx) == [("contacts", "apply", "full")]
        comment = files_with(contact=UPPER + "# a comment\n")
        assert put_to_work(tx, firm, comment, by="ada", origin="files").run_id is None


def many_more(tx: Tx, connection_id: int) -> None:
    for number in range(PEOPLE, 3 * PEOPLE):
        a_person(tx, connection_id, number)


def test_files_that_come_by_themselves_wait_where_they_change_too_much(
    database: Database, firm: Connection
) -> None:
    with database.transaction() as tx:
        many_more(tx, firm.id)
        assert arrive(tx, firm, files_with(contact=UPPER), by="bridge up") is None
        waiting = pending_of(tx, firm.id)
        assert waiting is not None
        assert "contacts would change" in waiting.reason
        assert version_in_force(tx, firm.id) == 1
        assert reject(tx, firm.id, by="ann")
        assert arrive(tx, firm, files_with(contact=UPPER), by="bridge up") is None
        assert pending_of(tx, firm.id) is None, "who turned it down is not asked again"
        small = files_with(contact=OLD + "# a comment\n")
        done = arrive(tx, firm, small, by="bridge up")
        assert done is not None
        assert (done.version_id, version_in_force(tx, firm.id)) == (2, 2)


def test_files_that_loosen_consent_wait_however_few_they_change(
    database: Database, firm: Connection
) -> None:
    with database.transaction() as tx:
        activate(tx, firm.id, files_with(contact=NEW), by="ada")
        assert arrive(tx, firm, files_with(contact=OLD), by="bridge up") is None
        waiting = pending_of(tx, firm.id)
        assert waiting is not None
        assert waiting.loosens == ["contact.yaml: contacts that were left out (gone) may take part"]
        assert arrive(tx, firm, files_with(contact=NEW), by="bridge up") is not None
        assert pending_of(tx, firm.id) is None, "the folder is what is in force again"


def test_what_waits_is_approved_by_a_command(
    database: Database, firm: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as tx:
        many_more(tx, firm.id)
        arrive(tx, firm, files_with(contact=UPPER), by="bridge up")
    assert main(["pending"]) == 0
    assert "+  first_name: {from: FirstName, transform: [upper]}" in capsys.readouterr().out
    assert main(["approve"]) == 0
    said = capsys.readouterr().out
    assert "version 2 is active" in said
    assert "it will wait for approval" in said
    with database.transaction() as tx:
        assert version_in_force(tx, firm.id) == 2


def test_history_diff_and_restore(
    database: Database, firm: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_folder(tmp_path / "m", files_with(contact=UPPER))
    assert main(["diff", str(1)]) == 0
    assert capsys.readouterr().out == ""
    main(["activate", str(folder), "--new-only"])
    capsys.readouterr()
    assert main(["diff", "1", "--exit-code"]) == 3
    assert "-  first_name: FirstName\n" in capsys.readouterr().out
    assert main(["restore", "1"]) == 0
    assert "version 1 is active" in capsys.readouterr().out
    main(["history"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "1"]
    assert "restored" in lines[0]
    assert lines[1].endswith("(new changes only)")
    with database.transaction() as tx:
        assert [one.origin for one in activations(tx, firm.id)] == ["restore", "files", "files"]
