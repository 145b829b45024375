"""The locks hold what the project asks for, by hash, and name no registry."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-image.lock"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(name: str) -> dict[str, str]:
    """Return the locked packages with version, condition and hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(r"^(\S+)==((?:.*\\\n)*.*)$", text, re.MULTILINE)
    return {package.partition("[")[0]: rest for package, rest in entries}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;~! ]", line, maxsplit=1)[0] for line in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_locked(lock: str) -> None:
    wanted = names(PROJECT["project"]["dependencies"]) | names(
        PROJECT["dependency-groups"]["build"]
    )
    assert wanted - locked(lock).keys() == set()


def test_the_tools_of_development_are_locked_and_left_out_of_the_image() -> None:
    tools = names(PROJECT["dependency-groups"]["dev"])
    assert tools - locked("requirements.lock").keys() == set()
    assert tools & locked("requirements-image.lock").keys() == set()


def test_the_image_gets_the_versions_that_were_tested() -> None:
    tested = locked("requirements.lock")
    image = locked("requirements-image.lock")
    assert {name: tested.get(name) for name in image} == image


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_a_hash_and_no_address_is_named(lock: str) -> None:
    assert [name for name, rest in locked(lock).items() if "--hash=sha256:" not in rest] == []
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")
