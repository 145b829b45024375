"""`bridge status`: one screen that is right, whole, and has an exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.delivery.work import mark
from bridge.status import cli

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings

REASON = "Constant Contact refuses first_name: too long"


@pytest.fixture(autouse=True)
def firm(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> int:
    """A firm with a worker, work in two lanes, a dead letter, a run and a day that began."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.delenv("BROKER_URL", raising=False)
    with database.transaction() as tx:
        row = tx.execute(
            """
            WITH application AS (
              INSERT INTO api_application (client_id, day, used)
              VALUES ('key', (app_now() AT TIME ZONE 'UTC')::date, 312)
              RETURNING id)
            INSERT INTO connection (name, state, api_application_id)
            SELECT 'firm', 'active', id FROM application
            RETURNING id
            """
        ).fetchone()
        assert row is not None
        firm = int(row[0])
        given = {"firm": firm, "reason": REASON}
        tx.execute("INSERT INTO dramatiq.worker VALUES (gen_random_uuid(), now())")
        tx.execute(
            "INSERT INTO mapping_version VALUES (%(firm)s, 4, '', '{}', app_now(), 'a test', "
            "app_now(), 'a test', true)",
            given,
        )
        tx.execute(
            "INSERT INTO notification (connection_id, notification_id, origin, received_at, "
            "first_received_at, state, reason, finished_at) VALUES "
            "(%(firm)s, '04l1', 'poll', app_now(), app_now(), 'dead', %(reason)s, app_now()), "
            "(%(firm)s, '04l2', 'poll', app_now(), app_now(), 'waiting', NULL, NULL)",
            given,
        )
        tx.execute(
            "INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, "
            "finished_at) VALUES (%(firm)s, 'contacts', 'apply', 'cli', 'olga', app_now(), "
            "'done', app_now())",
            given,
        )
        mark(tx, firm, {("address", "ada@example.org"): True, ("address", "b@example.org"): False})
    return firm


def status(capsys: pytest.CaptureFixture[str], *, code: int = 0) -> dict[str, Any]:
    assert cli.main(["--json"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_screen_tells_what_waits_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    for words in (
        "no alarm",
        "firm             active, mapping version 4",
        "  consent        1 waiting",
        "  webhook        1 waiting",
        "1 dead, 1 waiting",
        f"1 x {REASON}",
        "run 1, apply done",
        "312 of 10,000 used today, 9,188 left, 500 kept for opt-outs",
        "last seen 0 s ago",
    ):
        assert words in shown
    assert "ada@example.org" not in shown


def test_json_has_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    found = status(capsys)
    assert found["ok"] is True
    assert found["alarms"] == []
    assert [(each["lane"], each["waiting"]) for each in found["lanes"]] == [
        ("consent", 1),
        ("webhook", 1),
    ]
    assert found["dead_letters"][0]["reason"] == REASON
    assert (found["budgets"][0]["used"], found["budgets"][0]["left"]) == (312, 9_188)
    assert found["connections"][0]["oldest_consent_at"] is not None
    assert found["runs"][0]["job"] == "contacts"


@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        ("UPDATE dramatiq.worker SET heartbeat_at = now() - interval '1 minute'", "no_worker"),
        ("UPDATE api_application SET used = day_limit", "day_spent"),
        ("UPDATE connection SET state = 'paused'", "connection_paused"),
        ("DELETE FROM mapping_version", "no_mapping"),
        (
            "INSERT INTO pause SELECT id, 0, app_now(), 'olga', NULL FROM connection",
            "opt_outs_paused",
        ),
        (
            "UPDATE work SET due_at = app_now() - interval '16 minutes' WHERE lane = 0",
            "consent_late",
        ),
        (
            "UPDATE work SET due_at = app_now() - interval '16 minutes' WHERE lane = 2",
            "deliveries_stuck",
        ),
    ],
)
def test_an_alarm_makes_the_exit_code_1(
    database: Database, capsys: pytest.CaptureFixture[str], statement: str, cause: str
) -> None:
    with database.transaction() as tx:
        tx.execute(statement)
    assert cause in [alarm["cause"] for alarm in status(capsys, code=1)["alarms"]]


def test_a_consent_change_that_was_given_up_is_still_open(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as tx:
        tx.execute(
            "UPDATE work SET blocked_reason = 'refused', due_at = app_now() - interval '1 day' "
            "WHERE lane = 0"
        )
    assert [alarm["cause"] for alarm in status(capsys, code=1)["alarms"]] == ["consent_late"]
