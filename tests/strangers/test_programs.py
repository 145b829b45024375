"""Programs as customers of either vendor have written them, run as they are against the sandbox.

A program is told where the services are, and which authority to trust, in `SANDBOX`; a line
`# needs: POST /v3/contact_tags` names a resource without which it is skipped, once it was asked
for.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.environment import STRANGERS, NoEnvironment
from tests.fix_sandbox import RunningSandbox, start_sandbox, stop_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAMS = sorted(Path(__file__).parent.glob("programs/*.py"))
_VENDORS_CLIENT = "constant_contact_api_client"
_RUN_S = 60
_NO_METHOD = frozenset({405, 501})


@pytest.fixture(scope="session")
def served_over_tls() -> Iterator[RunningSandbox]:
    process, line = start_sandbox("--tls")
    with requests.Session() as session:
        session.verify = line["ca_file"]
        session.trust_env = False  # another authority may be trusted there
        yield RunningSandbox(line=line, session=session)
    stop_sandbox(process)


@pytest.fixture
def secure(served_over_tls: RunningSandbox) -> RunningSandbox:
    served_over_tls.control("POST", "/reset")
    return served_over_tls


@pytest.fixture(scope="session")
def strangers_python() -> Path | str:
    try:
        return STRANGERS.made()
    except NoEnvironment as cause:
        return str(cause)


def missing(sandbox: RunningSandbox, program: str) -> str | None:
    """Ask for what a program needs and say what is not there."""
    for method, path in re.findall(r"^# needs: (\w+) (\S+)$", program, re.MULTILINE):
        if path.startswith("/v3"):
            answer = sandbox.constant_contact(method, path, {})
            unknown = sandbox.constant_contact(method, "/v3/no_such_thing", {})
        elif path.startswith("/services/data"):
            answer = sandbox.salesforce(method, path, {})
            unknown = sandbox.salesforce(method, "/services/data/v66.0/no_such_thing", {})
        else:
            root = sandbox.line["constant_contact_auth_url"]
            answer = sandbox.session.request(method, root + path, timeout=20)
            unknown = sandbox.session.request(method, f"{root}/no_such_thing", timeout=20)
        is_unknown = answer.status_code == unknown.status_code and answer.text == unknown.text
        if answer.status_code in _NO_METHOD or is_unknown:
            return f"{answer.status_code} for {method} {path}: not in this sandbox yet"
    return None


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_strangers_program_runs_as_it_is(
    path: Path,
    secure: RunningSandbox,
    strangers_python: Path | str,
    tell: Callable[[str], None],
) -> None:
    program = path.read_text(encoding="utf-8")
    python: Path | str = sys.executable
    if _VENDORS_CLIENT in program:
        if isinstance(strangers_python, str):
            tell(f"strangers: THE VENDOR'S OWN CLIENT WAS NOT RUN: {strangers_python}")
            pytest.skip(f"no environment for it: {strangers_python}")
        python = strangers_python
    lack = missing(secure, program)
    if lack is not None:
        tell(f"strangers: {path.stem} is skipped: {lack}")
        pytest.skip(lack)
    ended = subprocess.run(  # noqa: S603 - our own programs
        [python, path],
        env={
            **os.environ,
            "SANDBOX": json.dumps(secure.line),
            "REQUESTS_CA_BUNDLE": secure.line["ca_file"],
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=_RUN_S,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    tell(f"strangers: {path.stem}: {ended.stdout.strip()}")
