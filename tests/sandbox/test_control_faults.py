"""Faults strike where they are told to, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox


def fault(kind: str, **conditions: object) -> dict[str, object]:
    return {"side": "constant_contact", "kind": kind, "observer": True, **conditions}


@pytest.mark.parametrize(
    ("kind", "status", "key"),
    [
        ("throttled", 429, "throttled"),
        ("quota", 429, "quota_exceeded"),
        ("expired_session", 401, "unauthorized"),
    ],
)
def test_a_refusal_of_the_gateway_has_the_vendors_body(
    sandbox: RunningSandbox, kind: str, status: int, key: str
) -> None:
    sandbox.faults(fault(kind, times=1))
    answer = sandbox.constant_contact("GET", "/account/summary")
    assert (answer.status_code, answer.json()["error_key"]) == (status, key)
    assert sandbox.constant_contact("GET", "/account/summary").status_code == 200


@pytest.mark.parametrize(("kind", "status"), [("disabled", 403), ("unavailable", 503)])
def test_a_refusal_of_a_resource_is_a_list(sandbox: RunningSandbox, kind: str, status: int) -> None:
    sandbox.faults(fault(kind, times=1))
    answer = sandbox.constant_contact("GET", "/contacts")
    assert (answer.status_code, len(answer.json())) == (status, 1)


@pytest.mark.rule("sf-request-limit", "sf-api-disabled", "sf-server-trouble")
@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("throttled", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("quota", 403, "REQUEST_LIMIT_EXCEEDED"),
        ("expired_session", 401, "INVALID_SESSION_ID"),
        ("disabled", 403, "API_DISABLED_FOR_ORG"),
        ("error_500", 500, "UNKNOWN_EXCEPTION"),
        ("unavailable", 503, "SERVER_UNAVAILABLE"),
    ],
)
def test_salesforce_refuses_in_its_own_words(
    sandbox: RunningSandbox, kind: str, status: int, code: str
) -> None:
    sandbox.faults(fault(kind) | {"side": "salesforce"})
    answer = sandbox.salesforce("GET", "/services/data")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_answers_that_are_not_the_vendors(sandbox: RunningSandbox) -> None:
    sandbox.faults(fault("html", times=1), fault("wrong_type", times=1), fault("error_500"))
    html, wrong, error = (sandbox.constant_contact("GET", "/account/summary") for _ in range(3))
    assert (html.status_code, html.headers["content-type"]) == (502, "text/html")
    assert (wrong.status_code, wrong.json()) == (200, "unexpected")
    assert (error.status_code, type(error.json())) == (500, list)


def lists_named(sandbox: RunningSandbox, name: str) -> list[dict[str, Any]]:
    sandbox.faults()
    found: list[dict[str, Any]] = sandbox.constant_contact(
        "GET", "/contact_lists", name=name
    ).json()["lists"]
    return found


@pytest.mark.parametrize(
    ("kind", "is_there"), [("drop_before", False), ("drop_after", True), ("half_body", True)]
)
def test_a_dropped_connection_leaves_the_caller_in_doubt(
    sandbox: RunningSandbox, kind: str, *, is_there: bool
) -> None:
    sandbox.faults(fault(kind, method="POST"))
    with pytest.raises(requests.RequestException):
        sandbox.constant_contact("POST", "/contact_lists", {"name": "In doubt"})
    assert sandbox.calls("constant_contact")[-1]["faults"] == [kind]
    assert bool(lists_named(sandbox, "In doubt")) is is_there


def test_a_lie_answers_well_and_changes_nothing(sandbox: RunningSandbox) -> None:
    sandbox.faults(fault("lie", method="POST", path="/contact_lists$"))
    answer = sandbox.constant_contact("POST", "/contact_lists", {"name": "Never"})
    assert answer.status_code == 201
    assert lists_named(sandbox, "Never") == []
    truth = sandbox.constant_contact("POST", "/contact_lists", {"name": "Really"})
    assert truth.json()["list_id"] != answer.json()["list_id"]


@pytest.mark.rule("sf-row-lock")
def test_a_lie_of_salesforce_leaves_the_record_as_it_was(sandbox: RunningSandbox) -> None:
    contacts = "/services/data/v66.0/sobjects/Contact"
    body = {"LastName": "Truth"}
    record_id = sandbox.salesforce("POST", contacts, body).json()["id"]
    sandbox.faults(fault("lie", method="PATCH", body="Fiction") | {"side": "salesforce"})
    lied = sandbox.salesforce("PATCH", f"{contacts}/{record_id}", {"LastName": "Fiction"})
    assert lied.status_code == 204
    read = sandbox.salesforce("GET", f"{contacts}/{record_id}").json()
    assert read["LastName"] == "Truth"


def test_a_record_that_somebody_holds_cannot_be_written_and_the_next_one_can(
    sandbox: RunningSandbox,
) -> None:
    sandbox.faults(fault("locked", method="POST") | {"side": "salesforce", "times": 2})
    data = "/services/data/v66.0"
    alone = sandbox.salesforce("POST", f"{data}/sobjects/Contact", {"LastName": "Quist"})
    assert (alone.status_code, alone.json()[0]["errorCode"]) == (400, "UNABLE_TO_LOCK_ROW")
    records = [{"attributes": {"type": "Contact"}, "LastName": name} for name in ("A", "B")]
    held, free = sandbox.salesforce(
        "POST", f"{data}/composite/sobjects", {"records": records}
    ).json()
    assert held["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert free["success"] is True


def test_latency_is_waited_for(sandbox: RunningSandbox) -> None:
    sandbox.faults(fault("latency", latency_s=0.2))
    answer = sandbox.constant_contact("GET", "/account/summary")
    assert answer.status_code == 200
    took_ms = sandbox.calls("constant_contact")[-1]["took_ms"]
    assert took_ms >= 195  # the loop's timers may be a little early


def test_a_fault_spares_the_observer_unless_it_names_him(sandbox: RunningSandbox) -> None:
    sandbox.faults({"side": "constant_contact", "kind": "error_500"})
    assert sandbox.constant_contact("GET", "/account/summary").status_code == 200
    assert sandbox.constant_contact("GET", "/account/summary", by="bridge").status_code == 500


@pytest.mark.parametrize(
    ("conditions", "statuses"),
    [
        ({"skip": 1, "times": 2}, [200, 500, 500, 200]),
        ({"method": "post"}, [200, 200, 200, 200]),
        ({"path": "summary"}, [500, 500, 500, 500]),
        ({"path": "contacts"}, [200, 200, 200, 200]),
        ({"body": "anything"}, [200, 200, 200, 200]),
        ({"share": 0.0}, [200, 200, 200, 200]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_conditions_choose_the_calls(
    sandbox: RunningSandbox, conditions: dict[str, object], statuses: list[int]
) -> None:
    sandbox.faults(fault("error_500", **conditions))
    answers = [sandbox.constant_contact("GET", "/account/summary") for _ in statuses]
    assert [answer.status_code for answer in answers] == statuses


def test_a_share_strikes_some_and_the_same_ones_after_a_reset(sandbox: RunningSandbox) -> None:
    def struck() -> list[int]:
        sandbox.faults(fault("error_500", share=0.5))
        return [sandbox.constant_contact("GET", "/account/summary").status_code for _ in range(20)]

    first = struck()
    assert set(first) == {200, 500}
    sandbox.control("POST", "/reset")
    assert struck() == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "constant_contact", "kind": "explode"},
        {"side": "outbound", "kind": "html"},
        {"side": "constant_contact", "kind": "locked"},
        {"side": "constant_contact", "kind": "lie", "path": "("},
        {"side": "constant_contact", "kind": "lie", "often": 3},
    ],
    ids=["unknown kind", "kind of calls", "kind of Salesforce", "bad pattern", "unknown condition"],
)
def test_a_fault_that_cannot_be_is_refused_with_the_reason(
    sandbox: RunningSandbox, wrong: dict[str, object]
) -> None:
    answer = sandbox.session.put(f"{sandbox.line['control_url']}/faults", json=[wrong], timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_calls_say_who_asked_what_and_what_struck(sandbox: RunningSandbox) -> None:
    sandbox.faults(fault("error_500", times=1))
    sandbox.constant_contact("GET", "/account/summary")
    sandbox.constant_contact("GET", "/contacts", by="bridge", limit=1)
    refused, served = sandbox.calls("constant_contact")
    assert (refused["status"], refused["owner"], refused["faults"]) == (
        500,
        "observer",
        ["error_500"],
    )
    assert (served["status"], served["owner"], served["path"], served["query"]) == (
        200,
        "bridge",
        "/v3/contacts",
        "limit=1",
    )
