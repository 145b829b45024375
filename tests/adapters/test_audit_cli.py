"""`bridge audit`: the ledger in a terminal, in files and for scripts."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from bridge.consent import cli
from bridge.consent.ledger import Entry, Subjects, append
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings

ADA = "003000000000001AAA"


@pytest.fixture(autouse=True)
def firm(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> int:
    """A firm with a tick in its ledger; commands find its database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
        assert row is not None
        connection_id = int(row[0])
        person_id = Subjects(tx, connection_id).subject("person", ADA)
        entry = Entry(
            side="practifi",
            change="ticked",
            acted_by="firm",
            cause_kind="notification",
            cause_id="04lA",
            person_id=person_id,
        )
        append(tx, connection_id, entry)
    return connection_id


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run a command, check its exit code, and return what it printed."""
    assert cli.main([*arguments]) == code
    return capsys.readouterr().out


def break_chain(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute("UPDATE consent_head SET seq = 2")


def test_a_chain_that_holds_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "verify") == "firm  1 entries: holds\n"
    assert json.loads(run(capsys, "verify", "--json")) == [
        {"connection": "firm", "holds": True, "entries": 1, "anchored": 0, "faults": [], "gaps": []}
    ]


def test_hours_that_a_restore_has_lost_are_told_beside_a_chain_that_holds(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO restoration (restored_at, taken_at, digest, restored_by) "
            "VALUES ('2026-11-29 09:00Z', '2026-11-29 03:15Z', 'd', 'ann')"
        )
    assert run(capsys, "verify").splitlines() == [
        "firm  1 entries: holds",
        "  nothing is entered from 2026-11-29 03:15 to 2026-11-29 09:00 UTC: a backup was restored",
    ]
    [told] = json.loads(run(capsys, "verify", "--json"))
    assert told["gaps"] == [
        {"taken_at": "2026-11-29T03:15:00+00:00", "restored_at": "2026-11-29T09:00:00+00:00"}
    ]


def test_a_broken_chain_ends_with_1_and_says_where(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    break_chain(database)
    assert run(capsys, "verify", code=1).splitlines() == [
        "firm  1 entries: BROKEN",
        "  entry 1 is the last entry, though the chain's head names 2",
    ]
    assert not json.loads(run(capsys, "verify", "--json", code=1))[0]["holds"]


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_an_export_is_a_file_that_verify_takes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "ledger"
    run(capsys, "export", "--all", "--format", kind, "--output", str(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = json.load(file) if kind == "json" else list(csv.DictReader(file))
    assert [(row["change"], row["contact_id"]) for row in rows] == [("ticked", ADA)]
    assert run(capsys, "verify", "--against", str(path)) == (
        "firm  1 entries, 1 of them as exported: holds\n"
    )


def test_an_export_of_nobody_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(run(capsys, "export", "--contact", "nobody@example.org")) == []


def test_with_several_connections_an_export_asks_which(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name) VALUES ('other')")
    with pytest.raises(ConfigurationError, match="--connection NAME; there are: firm, other"):
        cli.main(["export", "--all"])
    assert len(json.loads(run(capsys, "export", "--all", "--connection", "firm"))) == 1


def test_lags_say_what_is_not_confirmed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "lag") == "firm  ticked: none confirmed, 0 sent\n"
    assert json.loads(run(capsys, "lag", "--json"))[0]["confirmed"] == 0
