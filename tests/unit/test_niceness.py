"""A process of a group gives way as a session, for Linux weighs sessions before processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from reconciler.niceness import give_way
give_way(int(sys.argv[1]), autogroup=Path(sys.argv[2]))
"""


def kept(folder: Path, niceness: int, *, leads: bool) -> str:
    """Return what a process leaves where Linux keeps the niceness of its session."""
    file = folder / "autogroup"
    file.write_text("untouched")
    command = [sys.executable, "-c", PROGRAM, str(niceness), str(file)]
    root = Path(__file__).parents[2]
    subprocess.run(command, check=True, start_new_session=leads, cwd=root)  # noqa: S603
    return file.read_text()


@pytest.mark.parametrize("added", [1, 3])
def test_leader_of_a_session_makes_its_niceness_that_of_the_session(
    tmp_path: Path, added: int
) -> None:
    assert kept(tmp_path, added, leads=True) == str(min(19, os.nice(0) + added))


def test_session_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    assert kept(tmp_path, 1, leads=False) == "untouched"


def test_file_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, "1", str(tmp_path / "none")]
    root = Path(__file__).parents[2]
    subprocess.run(command, check=True, start_new_session=True, cwd=root)  # noqa: S603
    assert not (tmp_path / "none").exists()
