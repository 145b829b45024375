"""`bridge unresolved`, in a terminal and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import ConfigurationError
from bridge.unresolved import cli
from bridge.unresolved.keep import keep_found

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings
    from bridge.unresolved.keep import Kind

ADA, BEN = "003000000000001AAA", "003000000000002AAA"
HOME = "home@example.org"


@pytest.fixture(autouse=True)
def firm(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> int:
    """A firm with an address that two people have; the command finds its database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    connection_id = int(row[0])
    found(database, connection_id, "shared_address", HOME, ADA, BEN)
    return connection_id


def found(database: Database, connection_id: int, kind: Kind, about: str, *contacts: str) -> None:
    candidates = [{"contact": contact} for contact in contacts]
    with database.transaction() as tx:
        keep_found(tx, connection_id, kind, [(about, candidates)])


def listed(capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    assert cli.main(["list", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_what_is_unresolved_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = listed(capsys)
    assert (row["kind"], row["about"]) == ("shared_address", HOME)
    assert row["candidates"] == [{"contact": ADA}, {"contact": BEN}]
    cli.main(["list"])
    assert f"bridge unresolved choose {row['id']} CONTACT" in capsys.readouterr().out


def test_a_choice_has_the_address_looked_at_before_what_a_run_left(
    capsys: pytest.CaptureFixture[str], database: Database
) -> None:
    (row,) = listed(capsys)
    assert cli.main(["choose", str(row["id"]), BEN[:15], "--by", "ann"]) == 0
    assert listed(capsys) == []
    with database.transaction() as tx:
        work = tx.execute("SELECT kind, key, lane, origin FROM work").fetchall()
    assert work == [("address", HOME, 1, "cli")]


def test_a_choice_is_taken_back_once(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = listed(capsys)
    cli.main(["choose", str(row["id"]), BEN])
    assert cli.main(["undo", str(row["id"])]) == 0
    assert [one["id"] for one in listed(capsys)] == [row["id"]]
    with pytest.raises(ConfigurationError, match="nobody was chosen"):
        cli.main(["undo", str(row["id"])])


def test_only_who_has_the_address_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = listed(capsys)
    with pytest.raises(ConfigurationError, match="none of the records"):
        cli.main(["choose", str(row["id"]), "003000000000009AAA"])
    with pytest.raises(ConfigurationError, match="nothing is known as 999"):
        cli.main(["choose", "999", ADA])
    assert len(listed(capsys)) == 1


def test_lists_of_one_name_are_settled_in_practifi(
    capsys: pytest.CaptureFixture[str], database: Database, firm: int
) -> None:
    found(database, firm, "list_name", "letter", ADA)
    (row,) = [one for one in listed(capsys) if one["kind"] == "list_name"]
    with pytest.raises(ConfigurationError, match="rename or delete"):
        cli.main(["choose", str(row["id"]), ADA])
