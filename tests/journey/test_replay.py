"""Replays: by today's mapping or as accepted, one or all of a cause, and never an untick."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.inbox import cli
from bridge.inbox.causes import NoSuchCause
from bridge.inbox.replay import BATCH, NothingToReplay, replay, replay_causes
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS
from tests.unit.mapping_builders import without_tests

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journey.firm import Firm

ADA = "ada@example.org"
NO_NUMBER = "9" * 40
CAUSE = "conversion-error:MobilePhone"


def activate_with(firm: Firm, line: str, instead: str) -> None:
    """Activate the shipped mapping with one line of the contact's changed."""
    files = read_files(MAPPINGS)
    assert line in files["contact.yaml"]
    files["contact.yaml"] = without_tests(files["contact.yaml"]).replace(line, instead)
    with firm.bridge.database.transaction() as tx:
        activate(tx, firm.bridge.connection_id, files, by="test")


def last_of(firm: Firm, record_id: str) -> str:
    """Return the id of the last notification of a record."""
    own = [one for one in firm.notifications() if one["record_id"] == record_id]
    return str(own[-1]["notification_id"])


def end_of(firm: Firm, notification_id: str) -> tuple[str, str | None]:
    [row] = firm.bridge.rows(
        "SELECT state, reason FROM notification WHERE notification_id = %(id)s", id=notification_id
    )
    return row["state"], row["reason"]


def dead_of(firm: Firm, count: int) -> list[str]:
    """Have people given up whose telephone cannot be converted; return their addresses."""
    letter = firm.new_list()
    addresses = [f"person{number}@example.org" for number in range(count)]
    for address in addresses:
        firm.member(address, letter, MobilePhone=NO_NUMBER)
    firm.settle()
    return addresses


def mend(firm: Firm) -> None:
    """Let the mapping leave that telephone out."""
    activate_with(firm, "    mobile: {from: MobilePhone, transform: [phone]}\n", "")


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run `bridge inbox` and return the one JSON value that it printed."""
    capsys.readouterr()
    cli.main([*arguments, "--json"])
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def _commands(firm: Firm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let commands find the database of this test, and no `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", firm.bridge.installation.settings.database_url or "")


@pytest.mark.usefixtures("_commands")
def test_dead_letters_are_told_by_cause(firm: Firm, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "causes") == []
    dead_of(firm, 3)
    [cause] = asked(capsys, "causes")
    assert (cause["cause"], cause["connection"]) == (CAUSE, "firm")
    assert (cause["notifications"], cause["people"]) == (3, 3)
    assert cause["since"] <= cause["latest"]
    assert "MobilePhone" in cause["reason"]
    capsys.readouterr()
    cli.main(["causes"])
    assert CAUSE in capsys.readouterr().out


def test_all_dead_letters_of_a_cause_are_replayed_once_it_is_mended(firm: Firm) -> None:
    addresses = dead_of(firm, 4)
    settings = firm.bridge.installation.settings
    with pytest.raises(NoSuchCause):
        replay_causes(settings, "another cause")
    mend(firm)
    progress: list[tuple[int, int]] = []
    some = replay_causes(settings, CAUSE, limit=1)
    more = replay_causes(settings, "phone", progress=lambda done, of: progress.append((done, of)))
    assert (len(some), len(more), progress) == (1, 3, [(3, 3)])
    firm.settle()
    assert [len(firm.all_there(address)) for address in addresses] == [1] * 4
    assert {one["state"] for one in firm.notifications()} == {"done"}
    with pytest.raises(NoSuchCause):
        replay_causes(settings, CAUSE)


def test_what_dies_again_is_not_replayed_again_by_the_same_call(firm: Firm) -> None:
    dead_of(firm, 3)
    settled: list[int] = []

    def work(done: int, _: int) -> None:
        firm.settle()
        settled.append(done)

    replayed = replay_causes(firm.bridge.installation.settings, CAUSE, progress=work)
    assert (len(replayed), settled) == (3, [3])
    assert BATCH > 3
    dead = [one for one in firm.notifications() if one["state"] == "dead"]
    assert len(dead) == 3


@pytest.mark.usefixtures("_commands")
@pytest.mark.parametrize("is_mended", [True, False])
def test_one_of_a_cause_is_tried_and_its_end_is_told(
    firm: Firm,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_mended: bool,
) -> None:
    dead_of(firm, 2)
    if is_mended:
        mend(firm)

    def work(_: float) -> None:
        firm.settle()

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=work)
    monkeypatch.setattr("bridge.inbox.replay.time", clock)
    capsys.readouterr()
    code = cli.main(["replay", "--cause", CAUSE, "--try-one", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["state"]) == ((0, "done") if is_mended else (1, "dead"))
    assert len([one for one in firm.notifications() if one["state"] == "dead"]) == 2 - is_mended


def test_as_accepted_is_the_message_s_values_by_the_mapping_of_its_acceptance(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), Title="Countess", FirstName="Ada")
    firm.settle()
    line = "  job_title: {from: Title, transform: [squeeze], too_long: cut}"
    activate_with(firm, line, "  job_title: {from: FirstName}")
    accepted, settings = last_of(firm, person), firm.bridge.installation.settings
    replay(settings, accepted)
    firm.settle()
    assert firm.there(ADA)["job_title"] == "Ada"
    replay(settings, accepted, mode="as_accepted")
    firm.settle()
    assert firm.there(ADA)["job_title"] == "Countess"
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert firm.there(ADA)["job_title"] == "Augusta"
    [step] = firm.bridge.rows("SELECT count(DISTINCT mapping_version_id) AS versions FROM step")
    assert step["versions"] == 2


def test_as_accepted_takes_no_later_save_back(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), FirstName="Ada")
    firm.settle()
    accepted = last_of(firm, person)
    firm.sandbox.advance(5)
    firm.change(person, FirstName="Augusta")
    firm.settle()
    replay(firm.bridge.installation.settings, accepted, mode="as_accepted")
    firm.settle()
    assert end_of(firm, accepted) == (
        "superseded",
        "a newer state is known already: replay it with today's mapping",
    )
    replay(firm.bridge.installation.settings, accepted)
    firm.settle()
    assert end_of(firm, accepted)[0] == "done"
    assert firm.there(ADA)["first_name"] == "Augusta"


def test_a_replay_ends_although_its_former_address_was_given_up(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    accepted = last_of(firm, person)
    firm.sandbox.advance(5)
    firm.change(person, Email="augusta@example.org")
    firm.settle()
    firm.bridge.rows(
        "UPDATE work SET done = 0, wanted = 9, blocked_reason = 'refused' "
        "WHERE key = %(key)s RETURNING 1",
        key=ADA,
    )
    firm.bridge.rows("UPDATE notification_subject SET generation = 9 RETURNING 1")
    replay(firm.bridge.installation.settings, accepted)
    firm.settle()
    assert end_of(firm, accepted)[0] == "done"


def test_as_accepted_needs_the_mapping_of_the_acceptance(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.bridge.rows("UPDATE notification SET mapping_version_id = NULL RETURNING seq")
    with pytest.raises(NothingToReplay, match="by which mapping"):
        replay(firm.bridge.installation.settings, last_of(firm, person), mode="as_accepted")


@pytest.mark.parametrize("mode", ["as_accepted", "todays_mapping"])
def test_no_replay_is_an_untick(firm: Firm, mode: Any) -> None:
    """The message of an untick says the same again, after the person has unsubscribed."""
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.sandbox.advance(5)
    firm.untick(person)
    firm.settle()
    unticked = last_of(firm, person)
    firm.unsubscribes(ADA)
    before = firm.ledger()
    for one in [one["notification_id"] for one in firm.notifications()]:
        replay(firm.bridge.installation.settings, one, mode=mode)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert end_of(firm, unticked)[0] == "done"
    assert [entry["change"] for entry in firm.ledger()[len(before) :]] in ([], ["opted_out"])


def test_a_replayed_message_with_a_clear_box_does_not_clear_a_ticked_one(firm: Firm) -> None:
    """Its message is the newest that the bridge knows of, and a person has ticked since."""
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    accepted = last_of(firm, person)
    firm.bridge.rows("UPDATE practifi_record SET modstamp = NULL RETURNING sf_id")
    firm.sandbox.faults({"side": "outbound", "kind": "drop"})
    firm.tick(person)
    firm.bridge.receive()
    replay(firm.bridge.installation.settings, accepted, mode="as_accepted")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
