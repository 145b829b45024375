"""`bridge budget`: what it shows is what is so, and what it sets is what the next grant goes by."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from bridge.constant_contact import cli
from bridge.constant_contact.budget import ask, exhausted
from bridge.delivery.work import mark
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings

WEBHOOK, RECONCILE = 2, 3


@pytest.fixture
def budget(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Run the command in this test's database; return what it printed, JSON as its value."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")

    def run(*arguments: str) -> Any:
        assert cli.main(list(arguments)) == 0
        printed = capsys.readouterr().out
        return json.loads(printed) if "--json" in arguments else printed

    return run


@pytest.fixture
def busy(database: Database, connection: Connection) -> None:
    """The connection `acme` has made 3 calls, and 1,200 addresses wait; `beacon` does nothing."""
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO connection (name, api_application_id, state)"
            " VALUES ('beacon', %s, 'active')",
            [connection.api_application_id],
        )
        for lane in (WEBHOOK, WEBHOOK, RECONCILE):
            tx.execute("UPDATE api_application SET next_at = app_now()")
            assert ask(tx, connection.api_application_id or 0, connection.id, lane).granted
        subjects = {("address", f"person{number}@example.org"): False for number in range(1_200)}
        mark(tx, connection.id, subjects)  # type: ignore[arg-type]


@pytest.mark.usefixtures("busy")
def test_the_screen_tells_who_used_what_and_when_all_is_done(budget: Callable[..., Any]) -> None:
    printed = budget()
    head, pace, day, kept, _, lanes, acme, beacon, waiting, _, forecast = printed.splitlines()
    assert head.startswith("API application of acme, beacon at 20")
    assert pace == "pace      4 calls a second, one each 260 ms"
    assert day == "day       3 of 10,000 calls are used"
    assert kept == "kept      500 for consent, 250 for people, 750 for what they save"
    assert lanes.split()[2:7] == ["consent", "interactive", "webhook", "reconcile", "engagement"]
    assert acme.split()[:8] == ["acme", "0", "0", "2", "1", "0", "3", "50%"]
    assert beacon.split()[:8] == ["beacon", "0", "0", "0", "0", "0", "0", "50%"]
    assert waiting.split() == ["waiting", "0", "0", "1,200", "0", "0"]
    assert re.fullmatch(
        r"forecast  backlog of 1,200 ends (today|tomorrow) \d\d:\d\d with 2,400 calls", forecast
    )


@pytest.mark.usefixtures("busy")
def test_json_is_one_value_with_the_same(budget: Callable[..., Any]) -> None:
    [found] = budget("--json", "--connection", "acme")
    assert found["used"] == 3
    assert found["limits"]["per_day"] == 10_000
    acme, beacon = found["connections"]
    assert (acme["used"]["webhook"], acme["used"]["reconcile"]) == (2, 1)
    assert 4625 <= beacon["calls_left"]["webhook"] <= 9247
    assert found["waiting"]["webhook"] == found["forecast"]["subjects"] == 1_200
    assert found["paused_until"] is None


def test_a_refusal_of_the_vendor_is_shown(
    budget: Callable[..., Any], connection: Connection, database: Database
) -> None:
    with database.transaction() as tx:
        exhausted(tx, connection.api_application_id or 0)
    assert "refused   by Constant Contact until 20" in budget()
    [found] = budget("--json")
    assert set(found["connections"][0]["calls_left"].values()) == {0}


@pytest.mark.usefixtures("connection")
def test_what_is_set_is_what_the_next_grant_goes_by(
    budget: Callable[..., Any], connection: Connection, database: Database
) -> None:
    options = ("--per-second", "10", "--per-day", "50000", "--consent-reserve", "49000")
    [found] = budget("set", *options, "--interactive-reserve", "100", "--json")
    assert found["limits"] == {
        "per_second": 10,
        "per_day": 50_000,
        "consent_reserve": 49_000,
        "interactive_reserve": 100,
        "webhook_reserve": 750,
        "gap_ms": 104,
    }
    with database.transaction() as tx:
        assert ask(tx, connection.api_application_id or 0, connection.id, WEBHOOK).granted
        refused = ask(tx, connection.api_application_id or 0, connection.id, WEBHOOK)
    assert refused.wait_s <= 0.104


@pytest.mark.usefixtures("busy")
def test_a_share_is_one_connections(budget: Callable[..., Any]) -> None:
    [found] = budget("set", "--connection", "beacon", "--share", "3", "--json")
    assert {one["name"]: one["share"] for one in found["connections"]} == {"acme": 1, "beacon": 3}


REFUSED = [
    (["set"], "nothing to set"),
    (["set", "--per-day", "200"], "set lower ones"),
    (["set", "--per-second", "0"], "at least one call"),
    (["set", "--share", "2"], "--connection"),
    (["set", "--connection", "acme", "--share", "0"], "at least 1"),
    (["--connection", "nobody"], "there is no connection"),
]


@pytest.mark.usefixtures("busy")
def test_what_cannot_be_set_says_why_and_changes_nothing(budget: Callable[..., Any]) -> None:
    before = budget("--json")
    for arguments, said in REFUSED:
        with pytest.raises(ConfigurationError, match=said):
            budget(*arguments)
    after = budget("--json")
    assert [one["limits"] for one in after] == [one["limits"] for one in before]
    assert [one["connections"] for one in after] == [one["connections"] for one in before]


def test_of_several_applications_one_is_to_be_named(
    budget: Callable[..., Any], connection: Connection, database: Database
) -> None:
    with database.transaction() as tx:
        tx.execute(
            "WITH made AS (INSERT INTO api_application (client_id) VALUES ('other') RETURNING id)"
            " INSERT INTO connection (name, api_application_id) SELECT 'beacon', id FROM made"
        )
    with pytest.raises(ConfigurationError, match="2 API applications"):
        budget("set", "--per-second", "8")
    [found] = budget("set", "--per-second", "8", "--connection", connection.name, "--json")
    assert found["limits"]["per_second"] == 8
    assert [one["limits"]["per_second"] for one in budget("--json")] == [8, 4]


def test_without_an_application_it_says_what_to_do(budget: Callable[..., Any]) -> None:
    assert "bridge connect constant-contact" in budget()
