"""The benchmarks read what happened rightly, and ask what an org would ask."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.latency import waits_of
from benchmarks.posting import a_message
from bridge.inbox.soap import read_fields, read_message


def call(method: str, at: float, contact: str = "c1", status: int = 200) -> dict[str, Any]:
    return {"method": method, "path": f"/v3/contacts/{contact}", "status": status, "at": at}


def test_wait_ends_with_the_write_that_was_not_refused() -> None:
    calls = [
        call("GET", 9.0),
        call("PUT", 10.1, contact="c2"),
        call("GET", 10.5),
        call("PUT", 11.0, status=429),
        call("PUT", 12.0),
    ]
    assert waits_of({"c1": 10.0}, calls) == [(0.5, 2.0)]


def test_untick_that_was_never_written_fails() -> None:
    with pytest.raises(SystemExit, match="not carried out"):
        waits_of({"c1": 10.0}, [call("PUT", 9.0), call("GET", 10.5)])


def test_message_is_one_that_the_bridge_reads() -> None:
    record = {"Id": "0035g00000000001", "LastName": "Marsh & Grant", "Title": None}
    body = a_message("00D5g00000ABcdEEAT", "04k5g000000TeSTAA0", "Contact", {"04l1": record})
    (head,) = read_message(body).notifications
    (told,) = read_fields(body, "utf-8")
    assert (head.notification_id, head.record_id) == ("04l1", record["Id"])
    assert told.fields["LastName"] == "Marsh & Grant"
    assert "Title" not in told.fields
