"""The units for systemd are such as it accepts, call commands that exist, and are locked up."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bridge import cli
from bridge.settings import Settings

FOLDER = Path(__file__).parents[2] / "docs" / "systemd"
UNITS = sorted([*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")])
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
PROGRAM = "/opt/bridge/bin/bridge"
EXPOSED_AT_MOST = 25  # tenths; 10 is as open as can be

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="NOT CHECKED: the units, for systemd-analyze is not installed",
)


def commands(unit: Path) -> list[list[str]]:
    text = unit.read_text(encoding="utf-8")
    return [line.split() for line in re.findall(r"^ExecStart\w*=(.+)$", text, re.MULTILINE)]


@needs_systemd
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / unit.name).write_text(text)
    paths = [str(tmp_path / unit.name) for unit in UNITS]
    command = ["systemd-analyze", "verify", "--man=no", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.stderr, done.returncode) == ("", 0)


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_reaches_little_of_the_machine(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSED_AT_MOST}"]
    done = subprocess.run(  # noqa: S603
        [*command, str(unit)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-200:]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_calls_a_command_that_exists(unit: Path) -> None:
    [[program, name, *_]] = commands(unit)
    assert program == PROGRAM
    assert name in cli.COMMANDS


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_sets_what_is_a_setting(unit: Path) -> None:
    names = re.findall(r"BRIDGE_(\w+)=", unit.read_text(encoding="utf-8"))
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_what_keeps_running_is_not_started_again_for_a_wrong_setting() -> None:
    for unit in SERVICES:
        text = unit.read_text(encoding="utf-8")
        if "\nType=exec\n" in text:
            assert f"\nRestartPreventExitStatus={cli.USAGE}\n" in text
