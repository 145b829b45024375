"""`bridge consent` and the erasing part of `bridge audit`, in a terminal and for scripts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bridge.consent import cli as audit
from bridge.consent.box import BoxChange
from bridge.consent.coming_back import cli
from bridge.consent.coming_back.answer import NotAnswerable
from bridge.consent.record import record_box_changes
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings

ADA, EMAIL = "003000000000001AAA", "ada@example.org"
AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def firm(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> int:
    """A firm with one held request; commands find its database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
        assert row is not None
        told = [
            (
                BoxChange(
                    contact_id=ADA,
                    changed_at=AT.replace(minute=minute),
                    ticked=ticked,
                    user_id="005000000000001AAA",
                    seen_by="notification",
                ),
                EMAIL,
                "04lA",
            )
            for minute, ticked in ((15, True), (16, False))
        ]
        record_box_changes(tx, int(row[0]), told, own_user_id=None, cause_kind="notification")
        tx.execute("UPDATE resubscription SET state = 'held', reason = 'waits for an approver'")
    return int(row[0])


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert cli.main([*arguments]) == 0
    return capsys.readouterr().out


def state(database: Database) -> tuple[object, ...]:
    with database.transaction() as tx:
        row = tx.execute("SELECT state, approved_by FROM resubscription").fetchone()
    assert row is not None
    return tuple(row)


def test_held_requests_are_a_table_and_a_json_value(capsys: pytest.CaptureFixture[str]) -> None:
    head, line = run(capsys, "held").splitlines()
    assert head.split() == [
        "request",
        "connection",
        "contact",
        "address",
        "unticked",
        "by",
        "stands",
    ]
    assert line.split()[1:6] == ["firm", ADA, EMAIL, "2026-11-02", "09:16"]
    [request] = json.loads(run(capsys, "held", "--json"))
    assert (request["state"], request["unticked_by"]) == ("held", "005000000000001AAA")
    assert run(capsys, "waiting") == "nothing is waiting\n"


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        pytest.param(
            "state = 'waiting_person', person_asked_at = '2026-11-02 10:00Z'",
            "waiting for the person since 2026-11-02 10:00 UTC",
            id="the person",
        ),
        pytest.param(
            "state = 'waiting_evidence', reason = 'waits for evidence'",
            "waits for evidence",
            id="evidence",
        ),
        pytest.param(
            "state = 'confirmed', finished_at = app_now(), reason = 'reactivated', "
            "evidence_due_at = '2026-11-09 10:00Z'",
            "evidence outstanding, due 2026-11-09; reactivated",
            id="outstanding",
        ),
    ],
)
def test_what_waits_says_for_what(
    database: Database, capsys: pytest.CaptureFixture[str], change: str, stands: str
) -> None:
    with database.transaction() as tx:
        tx.execute(f"UPDATE resubscription SET {change}".encode())  # noqa: S608
    assert run(capsys, "waiting").rstrip().endswith(stands)
    assert run(capsys, "held") == "nothing is held\n"


def test_an_approval_makes_the_address_dirty_in_the_consent_lane(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "approve", "--all", "--by", "Olive").startswith("approved 1 request: ")
    assert state(database) == ("sending", "Olive")
    with database.transaction() as tx:
        assert tx.execute("SELECT key, lane, wanted - done FROM work").fetchall() == [(EMAIL, 0, 1)]
    assert run(capsys, "approve", "--all") == "approved nothing: no request is held\n"


def test_a_refusal_is_final(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    [request] = json.loads(run(capsys, "held", "--json"))
    run(capsys, "refuse", str(request["id"]), "--by", "Olive")
    assert state(database) == ("refused", None)
    with pytest.raises(NotAnswerable, match="not held: it is refused"):
        cli.main(["approve", str(request["id"])])
    with pytest.raises(NotAnswerable, match="no request 999"):
        cli.main(["refuse", "999"])


def test_evidence_is_recorded_once_and_not_for_a_day_to_come(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    number = str(json.loads(run(capsys, "held", "--json"))[0]["id"])
    said = ("evidence", number, "--via", "telephone", "--on", "2026-11-02", "--by", "Olive")
    with pytest.raises(ConfigurationError, match="a day to come"):
        cli.main([*said[:5], "2999-01-01"])
    run(capsys, *said)
    with pytest.raises(NotAnswerable, match="has its evidence"):
        cli.main([*said])
    with database.transaction() as tx:
        rows = tx.execute("SELECT asked_via, evidence_by FROM resubscription").fetchall()
    assert rows == [("telephone", "Olive")]


def test_the_rules_are_shown_and_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "policy") == "firm  practifi; more than 10 within 10 minutes are held\n"
    run(capsys, "policy", "--set", "policy=confirm", "--set", "country.germany=evidence")
    assert run(capsys, "policy").startswith("firm  confirm; DE evidence; ")
    run(capsys, "policy", "--set", "country.DE=", "--set", "mass_limit=3")
    [rules] = json.loads(run(capsys, "policy", "--json"))
    assert (rules["by_country"], rules["mass_limit"]) == ({}, 3)
    for fault in ("policy=never", "mass_minutes=0", "country.Atlantis=confirm", "nothing"):
        with pytest.raises(ConfigurationError):
            cli.main(["policy", "--set", fault])


def test_an_approval_names_requests_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["approve"])
    assert "required" in capsys.readouterr().err


def test_whoever_is_under_hold_is_erased_only_after_the_release(
    capsys: pytest.CaptureFixture[str],
) -> None:
    about = ("--contact", EMAIL, "--by", "Olive")
    assert audit.main(["hold", *about, "--reason", "a complaint"]) == 0
    with pytest.raises(Exception, match="under hold: a complaint"):
        audit.main(["erase", *about])
    assert audit.main(["release", *about, "--reason", "settled"]) == 0
    assert audit.main(["erase", *about]) == 0
    assert "erased: nobody in Practifi; 1 addresses; nobody mails them" in capsys.readouterr().out
    assert run(capsys, "held") == "nothing is held\n"
