"""The pages make a site: each is in its contents, and every link in it leads somewhere."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from bridge.mapping.json_schema import json_schema
from tests.environment import ROOT, SITE, NoEnvironment

if TYPE_CHECKING:
    from pathlib import Path

_BUILD_S = 120


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    try:
        python = SITE.made()
    except NoEnvironment as cause:
        pytest.skip(f"the site of the documentation was not built: {cause}")
    command = [
        str(python),
        *["-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "docs"],
        str(tmp_path),
    ]
    done = subprocess.run(  # noqa: S603 -- our own environment
        command, cwd=ROOT, capture_output=True, text=True, timeout=_BUILD_S, check=False
    )
    assert done.stderr == ""
    assert (tmp_path / "quickstart.html").exists()
    assert (tmp_path / "schema.json").read_text("utf-8") == json_schema()
