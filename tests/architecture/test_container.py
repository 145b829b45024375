"""The image and the compose file use the commands that exist, and nothing that needs root."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bridge.cli import COMMANDS
from bridge.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"postgres"}))
def test_every_service_runs_a_command_of_the_bridge(service: str) -> None:
    program, name, *_ = SERVICES[service]["command"]
    assert program == "bridge"
    assert name in COMMANDS


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"postgres"}))
def test_every_variable_of_a_service_is_a_setting(service: str) -> None:
    given = {name for name in SERVICES[service]["environment"] if name.startswith("BRIDGE_")}
    assert given <= {f"BRIDGE_{name.upper()}" for name in Settings.model_fields}


def test_the_image_has_a_health_check_and_an_ordinary_user() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2].splitlines()
    assert "USER bridge" in final
    assert any(line.startswith("HEALTHCHECK ") for line in final)


def test_every_copied_file_reaches_the_build() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        source.rstrip("/")
        for line in DOCKERFILE.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert copied == {line[1:] for line in ignore if line.startswith("!")}
    assert [name for name in copied if not (ROOT / name).exists()] == []
