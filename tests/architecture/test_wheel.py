"""The wheel carries what the code reads: SQL, mappings, the commands."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own words
    (path,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(path).namelist())


def test_the_wheel_carries_every_sql_file(wheel: set[str]) -> None:
    tree = {
        str(path.relative_to(ROOT))
        for package in ("bridge", "reconciler", "sandbox")
        for path in (ROOT / package).rglob("*.sql")
    }
    assert tree - wheel == set()


def test_the_wheel_carries_the_default_mappings(wheel: set[str]) -> None:
    tree = {f"bridge/default_mappings/{path.name}" for path in (ROOT / "mappings").glob("*.yaml")}
    assert tree - wheel == set()


def test_the_wheel_carries_the_packs(wheel: set[str]) -> None:
    packs = (ROOT / "bridge" / "setup" / "packs").glob("*/*.yaml")
    tree = {str(path.relative_to(ROOT)) for path in packs}
    assert "bridge/setup/packs/practifi/pack.yaml" in tree
    assert tree - wheel == set()


def test_the_wheel_carries_the_pages_and_what_they_refer_to(wheel: set[str]) -> None:
    tree = {
        str(path.relative_to(ROOT))
        for kind in ("html", "css", "js", "txt")
        for path in (ROOT / "bridge" / "console").rglob(f"*.{kind}")
    }
    assert {"bridge/console/templates/base.html", "bridge/console/assets/slds.css"} <= tree
    assert tree - wheel == set()
