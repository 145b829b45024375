"""Answers of the Constant Contact stand-in against the vendor's own contract, closed.

Every operation is called once with a non-empty answer. The contract is not part of this project:
where no copy lies beside it, all of this is skipped, and the run says so at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract import Contract, checks_formats, contract_file
from tests.sandbox.contract_story import STORY, Step, path_of, scene

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tests.fix_sandbox import RunningSandbox

_NOT_THERE = frozenset({405, 501})


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a call of the story was answered."""

    status: int
    body: Any
    is_missing: bool


@pytest.fixture(scope="module")
def contract() -> Contract:
    if not contract_file().exists():
        pytest.skip("NO OPENAPI FILE: answers are not compared with the vendor's contract")
    return Contract.read()


@pytest.fixture(scope="module")
def answered(contract: Contract, sandbox_process: RunningSandbox) -> dict[str, Answered]:
    """Play the story once and return what each operation answered."""
    sandbox = sandbox_process
    sandbox.control("POST", "/reset")
    unknown = sandbox.constant_contact("GET", "/no_such_thing")
    ids = scene(sandbox)
    found = {}
    for step in STORY:
        operation = contract.operations[step.operation]
        if step.operation == "getContactsExport":
            ids["file_export_id"] = _export_id(sandbox, ids)
        answer = _call(sandbox, step, operation.method, path_of(operation.path, step, ids), ids)
        found[step.operation] = Answered(
            status=answer.status_code,
            body=_body(answer),
            is_missing=answer.status_code in _NOT_THERE
            or (answer.status_code == unknown.status_code and _key(answer) == _key(unknown))
            or (answer.status_code == unknown.status_code and "{" not in operation.path),
        )
        if answer.ok:
            ids |= {name: _at(answer.json(), place) for name, place in step.keep.items()}
    return found


def _call(
    sandbox: RunningSandbox, step: Step, method: str, path: str, ids: dict[str, Any]
) -> requests.Response:
    known = dict.fromkeys(("tag_id", "contact_id"), "0" * 8 + "-0000-4000-8000-" + "0" * 12) | ids
    body = step.body(known) if step.body else None
    if isinstance(body, dict) and isinstance(body.get("file"), bytes):
        token = sandbox.line["observer"]["constant_contact_access_token"]
        return sandbox.session.post(
            f"{sandbox.line['constant_contact_url']}{path}",
            files={"file": ("contacts.csv", body["file"], "text/csv")},
            data={"list_ids": body["list_ids"]},
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
    query: dict[str, Any] = dict(step.query(known))
    return sandbox.constant_contact(method, path, body, **query)


def _export_id(sandbox: RunningSandbox, ids: dict[str, Any]) -> str | None:
    """Return the id of the file that the export has made by now."""
    if "export_id" not in ids:
        return None
    sandbox.advance(600)
    export = sandbox.constant_contact("GET", f"/activities/{ids['export_id']}").json()
    href = export.get("_links", {}).get("results", {}).get("href", "")
    return str(href).rpartition("/")[2] or None


def _body(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    return answer.json() if is_json else answer.text


def _key(answer: requests.Response) -> object:
    body = _body(answer)
    first = body[0] if isinstance(body, list) and body else body
    return first.get("error_key") if isinstance(first, dict) else body


def _at(body: Any, place: str) -> Any:
    for part in place.split("."):
        body = body[int(part)] if part.isdigit() else body[part]
    return body


def _is_empty(body: Any) -> bool:
    """Tell whether an answer shows nothing: no rows, or only counts and links about none."""
    if not isinstance(body, dict):
        return body in ([], "")
    rows = [value for value in body.values() if isinstance(value, list)]
    about = {name for name, value in body.items() if isinstance(value, list)} | {
        name for name in body if name == "_links" or name.endswith("_count")
    }
    return not body or (bool(rows) and not any(rows) and about == set(body))


def test_the_formats_of_ids_and_times_are_checked() -> None:
    assert checks_formats()


def test_the_story_has_every_operation_once(contract: Contract) -> None:
    named = [step.operation for step in STORY]
    assert sorted(named) == sorted(contract.operations)


def test_no_operation_of_the_contract_is_missing(
    answered: dict[str, Answered], tell: Callable[[str], None]
) -> None:
    missing = sorted(name for name, one in answered.items() if one.is_missing)
    covered = sorted(answered.keys() - set(missing))
    tell(f"contract: {len(covered)} of {len(answered)} operations answer: {', '.join(covered)}")
    tell(f"contract: {len(missing)} are missing: {', '.join(missing) or 'none'}")
    assert missing == []


@pytest.mark.parametrize("operation", [step.operation for step in STORY])
def test_a_good_answer_is_as_the_contract_has_it(
    contract: Contract, answered: dict[str, Answered], operation: str
) -> None:
    answer = answered[operation]
    if answer.is_missing:
        pytest.skip(f"{answer.status}: not in this sandbox yet")
    assert answer.status < 300, answer.body
    assert contract.faults(operation, answer.status, answer.body) == []
    assert answer.body is None or not _is_empty(answer.body)


@pytest.mark.parametrize("operation", [step.operation for step in STORY])
def test_a_refused_token_is_as_the_contract_has_it(
    contract: Contract, answered: dict[str, Answered], sandbox: RunningSandbox, operation: str
) -> None:
    if answered[operation].is_missing:
        pytest.skip(f"{answered[operation].status}: not in this sandbox yet")
    step = next(each for each in STORY if each.operation == operation)
    one = contract.operations[operation]
    url = sandbox.line["constant_contact_url"] + path_of(one.path, step, {})
    answer = sandbox.session.request(
        one.method, url, headers={"Authorization": "Bearer stale"}, timeout=20
    )
    assert answer.status_code == 401
    assert contract.faults(operation, 401, answer.json()) == []
