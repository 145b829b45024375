"""The demo as a stranger runs it: it succeeds, it can fail, and it ends in order."""

from __future__ import annotations

import fcntl
import json
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.journey.demo import BRIDGE, environment, run_demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEADLINE_S = 60


@contextmanager
def demo_that_stays(data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a demo without `--exit`, its narration in the file `told`; kill what is left of it."""
    data_dir.mkdir()
    with (data_dir / "told").open("wb") as told:
        demo = subprocess.Popen(  # noqa: S603
            [BRIDGE, "demo"], stdout=told, stderr=told, env=environment(data_dir)
        )
    try:
        yield demo
    finally:
        demo.kill()
        demo.wait()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_open(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def is_locked(path: Path) -> bool:
    """Tell whether any process holds a lock on the file."""
    with path.open("r+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.fixture(scope="module")
def good_run(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[subprocess.CompletedProcess[str], Path, int]:
    """One whole demo whose wanted port is in use."""
    data_dir = tmp_path_factory.mktemp("demo")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return run_demo(data_dir, port=port), data_dir, port


GoodRun = tuple[subprocess.CompletedProcess[str], Path, int]


def test_demo_exits_zero_with_every_line_verified(good_run: GoodRun) -> None:
    done, _, _ = good_run
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [(line["line"], line["verified"]) for line in result["lines"]] == [
        (number, True) for number in range(1, 9)
    ]


def test_demo_says_what_was_read_for_each_line(good_run: GoodRun) -> None:
    lines: list[dict[str, Any]] = json.loads(good_run[0].stdout)["lines"]
    assert all("Constant Contact" in line["verified_by"] for line in lines)


def test_demo_takes_another_port_and_says_so(good_run: GoodRun) -> None:
    done, _, port = good_run
    assert f"port {port} is in use" in done.stderr
    assert json.loads(done.stdout)["urls"]["bridge"] != f"http://127.0.0.1:{port}"


def test_demo_leaves_no_data_and_nothing_that_listens(good_run: GoodRun) -> None:
    done, data_dir, _ = good_run
    assert not data_dir.exists() or list(data_dir.iterdir()) == []
    assert not any(is_open(url) for url in json.loads(done.stdout)["urls"].values())


def test_sigterm_ends_the_demo_in_order(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with demo_that_stays(data_dir) as demo:
        told = data_dir / "told"
        until(lambda: "both are up" in told.read_text())
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(DEADLINE_S) == 130
    assert [each.name for each in data_dir.iterdir()] == ["told"]


def test_nothing_is_left_running_when_the_demo_is_killed(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with demo_that_stays(data_dir) as demo:
        told = data_dir / "told"
        until(lambda: "both are up" in told.read_text())
        folder = data_dir / "demo" / str(demo.pid)
        sandbox = json.loads((folder / "bridge-sandbox.out").read_text().splitlines()[0])
        demo.kill()
        demo.wait()
    until(lambda: not is_open(sandbox["control_url"]))
    until(lambda: not is_locked(folder / "data" / "clients.lock"))
    until(lambda: not is_locked(folder / "data" / "owner.lock"))
