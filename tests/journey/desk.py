"""Where a person runs commands, beside a job whose pace the test sets; no code under test here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from bridge.connections import cli as connection
from reconciler.runs.jobs import MODULES
from tests.journey import paced_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

ROOT = Path(__file__).parents[2]
PACED = paced_job.__name__
PROGRAM = f"""
import sys
from reconciler.runs.jobs import MODULES
MODULES["lists"] = {PACED!r}
from reconciler import process, reconcile_cli
from reconciler.plans import cli as plan
COMMANDS = {{"reconcile": reconcile_cli.main, "process": process.main, "plan": plan.main}}
command, *arguments = sys.argv[1:]
sys.exit(COMMANDS[command](arguments))
"""
DEADLINE_S = 30.0
NOBODY_WROTE_S = 0.05


class Desk:
    """Where a person runs commands, and sets the pace of the job."""

    def __init__(self, database: Database, orders: Path) -> None:
        self.database = database
        self._orders = orders
        self._started: list[subprocess.Popen[str]] = []

    def order(self, **orders: Any) -> None:
        """Tell the job what to do, in one move."""
        fresh = self._orders.with_suffix(".new")
        fresh.write_text(json.dumps({"steps": 3} | orders), encoding="utf-8")
        fresh.replace(self._orders)

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self.database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode()).fetchall()

    def start(
        self, *arguments: str, command: str = "reconcile", terminal: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        """Start the command, or a worker's process, in a process of its own."""
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", PROGRAM, command, *arguments],
            stdin=subprocess.PIPE,
            stdout=terminal,
            stderr=terminal,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._started.append(process)
        return process

    def wait_for(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of a statement once there are any."""
        deadline = time.monotonic() + DEADLINE_S
        while not (rows := self.rows(statement)):
            assert time.monotonic() < deadline, statement
            time.sleep(NOBODY_WROTE_S)
        return rows

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def orders(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let commands find the database of this test, and the job the file it goes by."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": settings.database_url or "",
        "BRIDGE_KEYS": Fernet.generate_key().decode(),
        "BRIDGE_MAPPINGS": str(ROOT / "mappings"),
        "BRIDGE_LEASE_S": "2",
        paced_job.VARIABLE: str(tmp_path / "orders.json"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(MODULES, "lists", PACED)
    return tmp_path / "orders.json"


@pytest.fixture
def desk(
    orders: Path,
    database: Database,
    sandbox: RunningSandbox,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    """A desk at an installation with one connection, `firm`."""
    line = orders.with_name("line.json")
    line.write_text(json.dumps(sandbox.line))
    assert connection.main(["add", "firm", "--credentials", str(line), "--json"]) == 0
    capsys.readouterr()
    desk = Desk(database, orders)
    desk.order()
    yield desk
    desk.close()
