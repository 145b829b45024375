"""The embedded server starts for whoever comes first, survives kills and stops after the last."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from bridge.db.database import open_database
from bridge.db.embedded import attach, connect_embedded
from bridge.errors import ConfigurationError
from bridge.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT = Path(__file__).with_name("embedded_client.py")
ROOT = CLIENT.parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that does not exist yet; its server stops when it is removed."""
    with tempfile.TemporaryDirectory(prefix="bridge-embedded-") as parent:
        path = Path(parent) / "data"
        yield path
        remove(path)


@contextmanager
def client(folder: Path, word: str) -> Iterator[subprocess.Popen[str]]:
    """Run a client process; it ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - our own file
        [sys.executable, CLIENT, folder, word],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def settings_for(folder: Path) -> Settings:
    values: dict[str, object] = {"_env_file": None, "database_url": None, "data_dir": folder}
    return Settings(**values)  # type: ignore[arg-type]


def eventually(holds: Callable[[], bool], *, within_s: float = 15) -> bool:
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def remove(folder: Path) -> None:
    """Remove a data folder; its server may still be making files in it."""

    def is_gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    if folder.is_dir():
        assert eventually(is_gone)


def postmaster_pid(folder: Path) -> int:
    return int((folder / "pg" / "postmaster.pid").read_text().split()[0])


def keeper_pid(folder: Path) -> int:
    status = Path(f"/proc/{postmaster_pid(folder)}/status").read_text()
    parent = re.search(r"^PPid:\s+(\d+)$", status, re.MULTILINE)
    assert parent is not None
    return int(parent[1])


def strike(victim: Callable[[Path], int], folder: Path) -> bool:
    """Kill a process, or return False where the next one has not taken its place yet."""
    try:
        os.kill(victim(folder), signal.SIGKILL)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return True


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_processes_that_come_together_on_a_new_folder_share_one_server(folder: Path) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(client(folder, "attach")) for _ in range(4)]
        pids = {said(process) for process in clients}
    assert len(pids) == 1
    assert pids != {""}


def test_the_server_stops_after_its_last_client(folder: Path) -> None:
    with client(folder, "attach") as process:
        pid = int(said(process))
        assert is_alive(pid)
    assert eventually(lambda: not is_alive(pid))


def test_a_newcomer_while_the_server_stops_gets_the_next_one(folder: Path) -> None:
    with client(folder, "attach") as process:
        pid = int(said(process))
        keeper = keeper_pid(folder)
    os.kill(keeper, signal.SIGTERM)
    with client(folder, "attach") as process:
        assert int(said(process)) != pid


@pytest.mark.parametrize("victim", [postmaster_pid, keeper_pid], ids=["server", "keeper"])
def test_no_acknowledged_row_is_lost_by_a_kill(
    folder: Path, victim: Callable[[Path], int], scaled: Callable[[int], int]
) -> None:
    with closing(connect_embedded(folder)) as connection:
        connection.execute("CREATE TABLE written (number int PRIMARY KEY)")
    acknowledged: set[int] = set()
    with client(folder, "write") as writer:
        for kill in range(scaled(3)):
            acknowledged |= {int(said(writer)) for _ in range(50 + kill)}
            assert eventually(partial(strike, victim, folder))
        acknowledged |= {int(said(writer)) for _ in range(50)}
    with closing(connect_embedded(folder)) as connection:
        found = {number for (number,) in connection.execute("SELECT number FROM written")}
    assert acknowledged <= found


def test_an_open_transaction_fails_with_its_server_and_the_next_one_works(folder: Path) -> None:
    database = open_database(settings_for(folder))
    with database.transaction() as tx:
        tx.execute("CREATE TABLE written (number int PRIMARY KEY)")
    # One connection idles, one is in a transaction when the server dies.
    with pytest.raises(psycopg.OperationalError), database.transaction() as tx:  # noqa: PT012
        with database.transaction() as other:
            other.execute("INSERT INTO written VALUES (1)")
            idle = other.info.backend_pid
        tx.execute("INSERT INTO written VALUES (2)")
        pid = postmaster_pid(folder)
        os.kill(pid, signal.SIGKILL)
        # A session notices the end of its server in its own time.
        assert eventually(lambda: not is_alive(pid) and not is_alive(idle))
        tx.execute("SELECT 1")
    with database.transaction() as tx:
        assert tx.execute("SELECT number FROM written").fetchall() == [(1,)]
    database.close()


def test_a_server_is_not_started_beside_a_backend_of_the_one_before(folder: Path) -> None:
    with closing(connect_embedded(folder)) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        try:
            os.kill(postmaster_pid(folder), signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                attach(folder, deadline_s=1)
        finally:
            os.kill(backend, signal.SIGCONT)
        attach(folder)


def test_a_stale_process_file_that_names_a_living_process_does_not_matter(folder: Path) -> None:
    attach(folder)
    stale = (folder / "pg" / "postmaster.pid").read_text().splitlines()
    keeper, server = keeper_pid(folder), postmaster_pid(folder)
    os.kill(keeper, signal.SIGKILL)
    assert eventually(lambda: not is_alive(server))
    (folder / "pg" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *stale[1:]]) + "\n")
    attach(folder)


def test_a_folder_that_is_removed_under_the_server_is_made_anew(folder: Path) -> None:
    attach(folder)
    pid = postmaster_pid(folder)
    remove(folder)
    attach(folder)
    assert eventually(lambda: not is_alive(pid))


def test_a_half_made_cluster_is_made_again(folder: Path) -> None:
    (folder / "pg.new" / "base").mkdir(parents=True)
    attach(folder)
    assert not (folder / "pg.new").exists()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a folder", id="blank"),
        pytest.param("Übergröße", id="not ASCII"),
        pytest.param("long/" * 30, id="longer than a socket's path may be"),
        pytest.param("it's \\ 100%", id="quotes"),
    ],
)
def test_any_folder_name_will_do(folder: Path, name: str) -> None:
    with psycopg.connect(attach(folder / name)) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("bridge",)


def test_variables_for_another_server_do_not_matter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c search_path=elsewhere")
    monkeypatch.setenv("PGSERVICE", "nowhere")
    with closing(connect_embedded(folder)) as connection:
        assert connection.execute("SHOW search_path").fetchone() == ('"$user", public',)


def test_only_the_user_of_the_server_may_enter(folder: Path) -> None:
    attach(folder)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    assert modes.pop("data") == modes.pop("pg") == 0o700
    assert set(modes.values()) == {0o600}


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(ConfigurationError, match="set BRIDGE_DATA_DIR to a folder of your own"):
        attach(folder)


def test_a_server_that_cannot_start_is_said_with_its_reason(folder: Path) -> None:
    (folder / "pg").mkdir(parents=True)
    (folder / "pg").chmod(0o700)
    with pytest.raises(ConfigurationError, match=r"did not start:[\s\S]*postgresql\.conf"):
        attach(folder)


def test_threads_share_the_connections_of_a_process(settings: Settings) -> None:
    database = open_database(settings, size=2)
    seen: set[int] = set()

    def work() -> None:
        for _ in range(20):
            with database.transaction() as tx:
                seen.add(tx.info.backend_pid)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert 1 <= len(seen) <= 2


def test_an_error_rolls_the_transaction_back_and_keeps_the_connection(settings: Settings) -> None:
    database = open_database(settings, size=1)
    with pytest.raises(ZeroDivisionError), database.transaction() as tx:  # noqa: PT012
        tx.execute("CREATE TABLE left_behind (id int)")
        raise ZeroDivisionError
    with database.transaction() as tx:
        assert tx.execute("SELECT to_regclass('left_behind')").fetchone() == (None,)
    database.close()
