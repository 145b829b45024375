"""`bridge policy`, in a terminal and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import ConfigurationError
from bridge.policies import cli
from bridge.policies.policy import MEANINGS, NUMBERS, Policies

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings


@pytest.fixture(autouse=True)
def firm(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A firm whose database the command finds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name) VALUES ('firm')")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert cli.main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_policy_has_a_meaning_and_its_default_is_told_first() -> None:
    defaults = Policies().as_json()
    assert defaults.keys() == MEANINGS.keys() | NUMBERS.keys()
    assert all(next(iter(values)) == defaults[name] for name, values in MEANINGS.items())


def test_a_policy_that_is_set_is_shown_with_what_it_means(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cli.main(["set", "removals_percent=5"])
    capsys.readouterr()
    cli.main(["show"])
    (line,) = [row for row in capsys.readouterr().out.splitlines() if "removals_percent" in row]
    assert line.split()[1:3] == ["5", "%"]
    assert line.endswith(NUMBERS["removals_percent"])


def test_a_change_of_one_policy_leaves_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, "set", "removals_above=50", "--by", "ann")
    (now,) = printed(capsys, "set", "opt_outs_above=5", "--by", "ben")
    assert (now["removals_above"], now["opt_outs_above"]) == (50, 5)
    history = printed(capsys, "history")
    assert [(one["name"], one["old"], one["new"], one["changed_by"]) for one in history] == [
        ("opt_outs_above", "20", "5", "ben"),
        ("removals_above", "20", "50", "ann"),
    ]


@pytest.mark.parametrize("assignment", ["removals_above", "removals_percent=101", "nothing=1"])
def test_what_is_no_policy_changes_nothing(
    capsys: pytest.CaptureFixture[str], assignment: str
) -> None:
    with pytest.raises(ConfigurationError):
        cli.main(["set", "opt_outs_above=5", assignment])
    (now,) = printed(capsys, "show")
    assert now == {"connection": "firm"} | Policies().as_json()


def test_with_several_connections_a_change_names_one(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name) VALUES ('other')")
    with pytest.raises(ConfigurationError, match="firm, other"):
        cli.main(["set", "opt_outs_above=5"])
