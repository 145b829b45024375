"""The secret of the endpoint's path is replaced while messages come in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.connections import cli
from bridge.connections.rotate import MESSAGES_COME
from bridge.errors import ConfigurationError
from tests.fix_inbox import eventually
from tests.outbound import message, notification

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fix_inbox import RunningReceiver


@pytest.fixture(autouse=True)
def environment(receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands find the server's database and its key ring."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", receiver.database.conninfo())
    monkeypatch.setattr(cli, "open_keyring", lambda _: receiver.keyring)


def rotate(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Rotate and return the path that Salesforce shall post to."""
    capsys.readouterr()
    assert cli.main(["rotate", "firm", *arguments, "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)["endpoint_path"])


def is_taken(receiver: RunningReceiver, path: str, number: int) -> bool:
    body = message(notification(f"04l5g00000aBc{number}EAA0"))
    return receiver.post(body, path=path).status_code == 200


def a_day_later(receiver: RunningReceiver) -> None:
    with receiver.database.transaction() as tx:
        tx.execute("UPDATE credential SET stored_at = stored_at - %s", [MESSAGES_COME])


def test_both_paths_take_messages_until_the_old_one_is_ended(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = receiver.path, rotate(capsys)
    assert new != old
    assert is_taken(receiver, new, 1)
    assert is_taken(receiver, old, 2)
    a_day_later(receiver)
    assert rotate(capsys, "--end-old") == new
    eventually(lambda: not is_taken(receiver, old, 3), "the old path ends")
    assert is_taken(receiver, new, 4)


def test_the_next_rotation_is_like_the_first(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    second = rotate(capsys)
    rotate(capsys, "--end-old", "--at-once")
    third = rotate(capsys)
    assert len({receiver.path, second, third}) == 3
    assert is_taken(receiver, second, 1)
    assert is_taken(receiver, third, 2)


def test_no_third_secret_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    rotate(capsys)
    with pytest.raises(ConfigurationError, match="two secrets are valid already"):
        cli.main(["rotate", "firm"])


def test_the_old_path_is_not_ended_while_messages_may_still_go_there(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    rotate(capsys)
    with pytest.raises(ConfigurationError, match=r"0\.0 hours old, .* wait 24\.0 hours"):
        cli.main(["rotate", "firm", "--end-old"])
    a_day_later(receiver)
    assert cli.main(["rotate", "firm", "--end-old"]) == 0


def test_the_only_secret_cannot_be_ended() -> None:
    with pytest.raises(ConfigurationError, match="only one secret is valid"):
        cli.main(["rotate", "firm", "--end-old"])
