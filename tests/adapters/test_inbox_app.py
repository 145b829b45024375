"""The server around receiving: health, figures, clock, and what happens when a part of it dies."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from cryptography.fernet import Fernet

from bridge.app import create_app
from bridge.clock import set_clock
from bridge.connections.keyring import KeyRing
from bridge.inbox.bell import Bell
from bridge.inbox.commit import GroupCommit
from bridge.inbox.endpoints import Endpoints
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS, serving
from tests.fix_inbox import eventually
from tests.outbound import message, notification

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_inbox import RunningReceiver

BROKEN_SERVER = """
import sys
from bridge.inbox.bell import Bell
from bridge.serve import main
from bridge import cli

async def serve(self):
    raise RuntimeError("a fault of ours, with ada@example.org in it")

Bell.serve = serve
cli._run = lambda arguments: cli._call(type("", (), {"load": lambda self: main})(), arguments)
sys.exit(cli.main())
"""


def get(receiver: RunningReceiver, path: str) -> requests.Response:
    """Ask the server."""
    return requests.get(receiver.url + path, timeout=5)


async def dies(_self: object, *_rest: object) -> None:
    """Fail as nobody foresaw."""
    await asyncio.sleep(0)
    raise RuntimeError("unforeseen")


def test_health_needs_no_database(receiver: RunningReceiver) -> None:
    assert (get(receiver, "/healthz").status_code, get(receiver, "/healthz").text) == (200, "ok\n")


def test_ready_once_every_connection_has_a_mapping(receiver: RunningReceiver) -> None:
    before = get(receiver, "/readyz")
    assert before.status_code == 503
    assert "bridge mapping activate" in before.json()["mappings"]
    with receiver.database.transaction() as tx:
        (row,) = tx.execute("SELECT id FROM connection").fetchall()
        activate(tx, row[0], read_files(MAPPINGS), by="test")
    after = get(receiver, "/readyz")
    assert (after.status_code, after.json()) == (
        200,
        {"database": "ok", "migrations": "ok", "mappings": "ok"},
    )


def test_not_ready_without_a_migration(receiver: RunningReceiver) -> None:
    with receiver.database.transaction() as tx:
        tx.execute(
            "DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)"
        )
    answer = get(receiver, "/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] != "ok"


def test_figures_tell_the_backlog(receiver: RunningReceiver) -> None:
    receiver.post(message(notification("04lA"), notification("04lB")))
    figures = get(receiver, "/metrics").text
    assert "bridge_inbox_backlog 2.0\n" in figures
    assert "bridge_inbox_backlog_age_seconds 0." in figures


def test_unknown_path_is_not_found(receiver: RunningReceiver) -> None:
    assert get(receiver, "/outbound-messages").status_code == 404
    assert get(receiver, "/nothing/here").status_code == 404


def test_clock_that_is_real_has_no_address(receiver: RunningReceiver) -> None:
    answer = requests.post(receiver.url + "/clock", json={"advance_s": 1}, timeout=5)
    assert answer.status_code == 405
    assert get(receiver, "/clock").status_code == 404


@pytest.fixture
def movable(settings: Settings, database: Database) -> Callable[..., requests.Response]:
    """Ask a server whose clock can be moved."""
    settings = settings.model_copy(update={"clock": "movable"})
    with database.transaction() as tx:
        set_clock(tx, movable=True)

    def ask(**body: object) -> requests.Response:
        keyring = KeyRing([Fernet.generate_key().decode()])
        with serving(create_app(settings, database, keyring, lambda _: None)) as url:
            return requests.post(url + "/clock", json=body, timeout=5)

    return ask


def test_clock_moves(movable: Callable[..., requests.Response], database: Database) -> None:
    assert movable(advance_s=86_400).status_code == 200
    with database.transaction() as tx:
        (row,) = tx.execute("SELECT extract(epoch FROM app_now() - clock_timestamp())").fetchall()
    assert float(row[0]) == pytest.approx(86_400, abs=1)


@pytest.mark.parametrize("body", [{}, {"advance_s": "x"}, {"advance_s": None}])
def test_clock_says_what_it_expects(
    movable: Callable[..., requests.Response], body: dict[str, object]
) -> None:
    answer = movable(**body)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": 'expected {"advance_s": seconds}'},
    )


@pytest.fixture(params=[(Bell, "serve"), (GroupCommit, "serve"), (Endpoints, "keep_fresh")])
def broken_part(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one of the server's tasks fail."""
    part, method = request.param
    monkeypatch.setattr(part, method, dies)


@pytest.mark.usefixtures("broken_part")
def test_server_gives_up_when_a_part_of_it_ends(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    given_up: list[str] = []
    keyring = KeyRing([Fernet.generate_key().decode()])
    app = create_app(settings, database, keyring, lambda _: None, lambda: given_up.append("now"))
    with serving(app):
        eventually(lambda: given_up, "the server goes on without a part of it")
    (record,) = (one for one in caplog.records if one.message == "server_task_ended")
    assert record.levelno == logging.CRITICAL
    assert vars(record)["error"] == "RuntimeError"


def test_stopping_in_good_order_is_no_giving_up(
    settings: Settings, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    given_up: list[str] = []
    keyring = KeyRing([Fernet.generate_key().decode()])
    with serving(
        create_app(settings, database, keyring, lambda _: None, lambda: given_up.append("now"))
    ):
        pass
    assert given_up == []
    assert "server_task_ended" not in {record.message for record in caplog.records}


def test_message_that_waits_when_storing_ends_is_refused(
    receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert receiver.post(message(notification("04lA"))).ok
    monkeypatch.setattr(GroupCommit, "_commit", dies)
    for name in ("04lB", "04lC"):
        answer = receiver.post(message(notification(name)))
        assert answer.status_code == 503
        assert "Fault" in answer.text
    assert receiver.given_up == ["server"]
    assert len(receiver.notifications()) == 1


def test_process_that_cannot_go_on_ends_with_its_reason_in_the_log(
    settings: Settings, tmp_path: Path
) -> None:
    environment = os.environ | {
        "DATABASE_URL": settings.database_url or "",
        "BRIDGE_KEYS": Fernet.generate_key().decode(),
        "BRIDGE_LISTEN": "127.0.0.1:0",
        "BRIDGE_MAPPINGS": str(MAPPINGS),
    }
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", BROKEN_SERVER],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert '"event": "server_task_ended"' in ended.stderr
    assert "could not go on" in ended.stderr
    assert "ada@" not in ended.stderr
