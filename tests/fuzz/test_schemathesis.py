"""schemathesis over the Constant Contact stand-in, led by the vendor's contract: no 5xx.

The contract and the tool are not part of this project's environment; without either the test is
skipped, and the run says so.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.contract import contract_file
from tests.environment import STRANGERS, NoEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fix_sandbox import RunningSandbox

SECONDS = int(os.environ.get("BRIDGE_FUZZ_S", "0"))
_SUITE_S = 10
_SHOWN_CHARACTERS = 6_000


@pytest.mark.timeout(SECONDS * 2 + 300)
def test_the_contracts_own_garbage_is_never_a_fault_of_the_server(
    sandbox: RunningSandbox,
    scaled: Callable[[int], int],
    tell: Callable[[str], None],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    contract = contract_file()
    if not contract.exists():
        tell("fuzz: SCHEMATHESIS WAS NOT RUN: no OpenAPI file")
        pytest.skip("NO OPENAPI FILE")
    try:
        python = STRANGERS.made()
    except NoEnvironment as cause:
        tell(f"fuzz: SCHEMATHESIS WAS NOT RUN: {cause}")
        pytest.skip(f"no environment for it: {cause}")
    sandbox.lift_limits()
    settings = request.path.parent / "schemathesis.toml"
    token = sandbox.line["observer"]["constant_contact_access_token"]
    ended = subprocess.run(  # noqa: S603 - our own environment
        [
            *(python.parent / "schemathesis", "--config-file", settings),
            *("run", contract.resolve(), "--url", sandbox.line["constant_contact_url"]),
            *("-H", f"Authorization: Bearer {token}"),
            *("--checks", "not_a_server_error", "--phases", "examples,fuzzing"),
            *("--max-time", str(SECONDS or scaled(_SUITE_S)), "--continue-on-failure"),
            *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-_SHOWN_CHARACTERS:] + ended.stderr
    calls = len(sandbox.calls("constant_contact"))
    faults = [one for one in sandbox.calls("constant_contact") if (one["status"] or 0) >= 500]
    assert [one for one in faults if one["status"] != 501] == []
    tell(f"fuzz: schemathesis: {calls:,} calls, no 5xx")
