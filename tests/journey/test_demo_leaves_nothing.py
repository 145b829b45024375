"""What the demo starts and writes is gone when the demo is, however that ended."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import time
from socket import create_server
from typing import TYPE_CHECKING

import pytest

from sandbox.demo.errors import DemoError
from sandbox.demo.processes import Service, free_port, run_guarded
from sandbox.demo.workspace import workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEADLINE_S = 15

OWNER = """
import sys, time
from pathlib import Path
from sandbox.demo.processes import Service
folder = Path(sys.argv[1])
Service("sleeper", [sys.executable, "-u", "-c", sys.argv[2]], folder, {})
print("started", flush=True)
time.sleep(60)
"""
HOLD = "import fcntl; held = open('held', 'w'); fcntl.flock(held, fcntl.LOCK_EX); print('up')"
SLEEPER = f"{HOLD}; import time; time.sleep(60)"


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(folder: Path) -> bool:
    """Tell whether the sleeper runs: it holds a lock for as long as it does."""
    with (folder / "held").open("r+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def prints(folder: Path) -> bool:
    output = folder / "sleeper.out"
    return output.exists() and output.read_text().endswith("\n")


def start(folder: Path, code: str) -> Service:
    service = Service("sleeper", [sys.executable, "-u", "-c", code], folder, {})
    until(lambda: service.first_line() is not None)
    return service


def test_programs_end_with_a_demo_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path), SLEEPER]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as demo:  # noqa: S603
        until(lambda: prints(tmp_path))
        assert runs(tmp_path)
        demo.kill()
    until(lambda: not runs(tmp_path))


def test_a_program_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    service = start(tmp_path, SLEEPER)
    service.ask_to_end()
    service.wait()
    assert not runs(tmp_path)
    assert service.exit_code() == 128 + signal.SIGTERM


def test_a_program_that_ends_by_itself_is_reported_with_its_log(tmp_path: Path) -> None:
    service = start(tmp_path, "import sys; print('up'); sys.exit('why')")
    until(lambda: service.exit_code() is not None)
    with pytest.raises(DemoError, match=r"exit code 1; its last lines:\nwhy"):
        service.ensure_running()
    service.ask_to_end()


def test_a_command_is_told_with_its_exit_code_and_what_it_said(tmp_path: Path) -> None:
    ended = run_guarded(["reconcile", "nonsense"], folder=tmp_path, env={})
    assert (ended.code, ended.printed) == (2, "")
    assert "nonsense" in ended.log_tail


def test_the_directory_is_there_during_the_demo_and_gone_afterwards(tmp_path: Path) -> None:
    root = tmp_path / "data" / "demo"
    with workspace(root) as place:
        assert place.folder.is_dir()
    assert not root.parent.exists()


def test_what_else_is_in_the_data_directory_stays(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("kept")
    with workspace(tmp_path / "demo"):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["keys"]


def test_directories_of_killed_demos_are_removed_and_those_of_running_ones_stay(
    tmp_path: Path,
) -> None:
    killed, running = tmp_path / "1", tmp_path / "2"
    for folder in (killed, running):
        folder.mkdir()
        (folder / "demo.lock").touch()
    with (running / "demo.lock").open("r+") as claim:
        fcntl.flock(claim, fcntl.LOCK_EX)
        with workspace(tmp_path) as place:
            left = {each.name for each in tmp_path.iterdir()}
    assert left == {"2", place.folder.name}


def test_a_data_directory_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with (
        pytest.raises(DemoError, match="set BRIDGE_DATA_DIR"),
        workspace(tmp_path / "data" / "demo"),
    ):
        pass


def test_another_port_is_taken_when_the_wanted_one_is_in_use() -> None:

    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
