"""`bridge integrity`: scores night by night, and what differed at the last one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError
from bridge.integrity import cli
from bridge.integrity.text import CAUSES

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings


@pytest.fixture(autouse=True)
def firm(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A firm with two nights; of the second, one record is unexplained and flaps."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name, state) VALUES ('firm', 'active')")
        for agreeing in (1_000, 998):
            tx.execute(
                """
                WITH night AS (
                  INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state,
                    finished_at)
                  SELECT id, 'contacts', 'apply', 'schedule', 'schedule', app_now(), 'done',
                    app_now()
                  FROM connection
                  RETURNING connection_id, id)
                INSERT INTO integrity_score
                SELECT connection_id, id, 'contacts', app_now(), 1000, %(agreeing)s,
                  '{"no_message": 1, "unexplained": 1}',
                  '{"last_name": {"differing": 2, "flapping": 1}}'
                FROM night
                """,
                {"agreeing": agreeing},
            )
        tx.execute(
            "INSERT INTO integrity_difference SELECT connection_id, max(run_id), 'contact', "
            "'0035g00000Ada00AAA', 'unexplained', '{last_name}', '{last_name}' "
            "FROM integrity_score GROUP BY connection_id"
        )


def test_the_newest_night_is_shown_with_what_differed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    head, newest, *details = capsys.readouterr().out.splitlines()
    assert head == "firm, contacts"
    assert newest.endswith("99.80%  998 of 1,000 agree, 1 unexplained")
    assert [line.strip() for line in details[:4]] == [
        "1  changed in Practifi without a message",
        "1  unexplained",
        "2  differ in last_name, flaps in 1",
        "0035g00000Ada00AAA  unexplained: last_name (flaps)",
    ]
    assert details[-1].endswith("100.00%  1,000 of 1,000 agree, 1 unexplained")


def test_json_has_every_night_and_the_records_of_the_newest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["--json", "--connection", "firm"]) == 0
    newest, before = json.loads(capsys.readouterr().out)
    assert (newest["share"], before["share"]) == (0.998, 1.0)
    assert [record["sf_id"] for record in newest["records"]] == ["0035g00000Ada00AAA"]
    assert "records" not in before


def test_as_many_nights_as_asked_for_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--nights", "1", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


def test_every_cause_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    table = page.partition("| cause |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(CAUSES)


def test_a_connection_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no connection 'other'"):
        cli.main(["--connection", "other"])
