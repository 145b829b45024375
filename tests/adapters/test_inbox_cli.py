"""`bridge inbox`: what is listed of what arrived, and replaying it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.connections.store import load_connection
from bridge.errors import BridgeError, ConfigurationError
from bridge.inbox import cli
from bridge.inbox.retention import keep
from bridge.inbox.triage import triage_batch
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS
from tests.outbound import ACTION_ID, RECORD_ID, message, notification, with_data

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.settings import Settings
    from tests.fix_inbox import RunningReceiver

TEXT = "O'Hara & <Sons>\nsecond line \U0001f600"
LOADED_TO_READ = {"dramatiq", "requests", "simple_salesforce", "starlette", "uvicorn", "yaml"}

LIST_AND_NAME_MODULES = """
import sys
from bridge.inbox.cli import main

main(["list"])
print(*{name.partition(".")[0] for name in sys.modules})
"""


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let commands find the database of this test, and no `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Run a command and return the one JSON value that it printed."""
    capsys.readouterr()
    assert cli.main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Run a command and return the lines that it printed."""
    capsys.readouterr()
    assert cli.main([*arguments]) == 0
    return capsys.readouterr().out.splitlines()


def end(receiver: RunningReceiver, state: str, reason: str | None = None) -> None:
    """Give every notification an end."""
    receiver.rows(
        "UPDATE notification SET state = %(state)s, reason = %(reason)s, attempts = 2, "
        "finished_at = app_now() RETURNING 1",
        state=state,
        reason=reason,
    )


def age(receiver: RunningReceiver, days: int) -> None:
    """Let days pass since everything arrived, and let go what may go."""
    receiver.rows(
        """
        WITH older AS (
          UPDATE message SET received_at = received_at - %(days)s * interval '1 day' RETURNING 1
        )
        UPDATE notification
        SET received_at = received_at - %(days)s * interval '1 day',
          finished_at = finished_at - %(days)s * interval '1 day'
        RETURNING 1
        """,
        days=days,
    )
    assert not keep(receiver.database, until=time.monotonic() + 60)


def test_nothing_arrived(receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]) -> None:
    assert receiver.notifications() == []
    assert said(capsys, "list") == []
    assert printed(capsys, "list") == ["nothing arrived"]


def test_notification_is_listed_with_its_fields(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA", {"LastName": TEXT, "Phone": None, "Title": ""})))
    (listed,) = said(capsys, "list")
    times = {listed.pop(name) for name in ("received_at", "first_received_at")}
    assert len(times) == 1
    assert all(moment.endswith("+00:00") for moment in times)
    assert listed == {
        "notification_id": "04lA",
        "connection": "firm",
        "object": "Contact",
        "record_id": RECORD_ID,
        "fields": {"Id": RECORD_ID, "LastName": TEXT, "Phone": None, "Title": ""},
        "state": "received",
        "reason": None,
        "attempts": 0,
        "times_received": 1,
        "finished_at": None,
        "origin": "message",
        "action_id": ACTION_ID,
        "consent": False,
        "from_address": "127.0.0.1",
        "cause": None,
        "mapping_version_id": None,
    }


@pytest.mark.parametrize("state", ["received", "dead"])
def test_a_long_message_is_kept_small_and_told_as_it_came(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    sent = message(*(notification(f"04l{n:03}", {"LastName": f"{n} {TEXT}"}) for n in range(100)))
    assert receiver.post(sent).status_code == 200
    [stored] = receiver.messages()
    assert len(stored["body"]) < len(sent) / 3
    if state == "dead":
        end(receiver, state)
        age(receiver, 15)
        assert receiver.messages() == []
    told = {one["notification_id"]: one["fields"] for one in said(capsys, "list", "--limit", "200")}
    assert told == {f"04l{n:03}": {"Id": RECORD_ID, "LastName": f"{n} {TEXT}"} for n in range(100)}


def test_show_tells_what_list_tells(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA", {"LastName": TEXT}), notification("04lB")))
    listed = said(capsys, "list")
    assert [one["notification_id"] for one in listed] == ["04lB", "04lA"]
    assert said(capsys, "show", "04lA") == listed[1]


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        pytest.param("", {}, id="no sObject"),
        pytest.param('<sObject xsi:nil="true"/>', {}, id="nil sObject"),
        pytest.param('<sObject xsi:type="sf:Contact"/>', {}, id="empty sObject"),
        pytest.param(
            '<sObject xsi:type="sf:Contact"><A>x</A></sObject>', {"A": "x"}, id="fields and no id"
        ),
    ],
)
def test_notification_without_data_has_the_fields_that_it_has(
    receiver: RunningReceiver,
    capsys: pytest.CaptureFixture[str],
    data: str,
    fields: dict[str, str],
) -> None:
    receiver.post(message(with_data("04lA", data)))
    (listed,) = said(capsys, "list")
    assert (listed["state"], listed["reason"]) == ("ignored", "no data")
    assert (listed["record_id"], listed["fields"]) == (None, fields)


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [("done", False), ("ignored", False), ("superseded", False), ("dead", True)],
)
def test_fields_go_with_the_message_but_for_dead_letters(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str], state: str, *, is_kept: bool
) -> None:
    receiver.post(message(notification("04lA", {"LastName": TEXT}), notification("04lB")))
    end(receiver, state)
    fields = {one["notification_id"]: one["fields"] for one in said(capsys, "list")}
    assert fields["04lA"] == {"Id": RECORD_ID, "LastName": TEXT}
    age(receiver, 15)
    assert receiver.messages() == []
    later = {one["notification_id"]: one["fields"] for one in said(capsys, "list")}
    assert later == (fields if is_kept else dict.fromkeys(fields))


def test_deletion_that_was_polled_has_no_fields(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.rows(
        """
        INSERT INTO notification (connection_id, notification_id, origin, received_at,
          first_received_at, object, record_id)
        SELECT id, 'deleted-x', 'poll', app_now(), app_now(), 'Contact', 'x' FROM connection
        RETURNING 1
        """
    )
    (listed,) = said(capsys, "list")
    assert (listed["origin"], listed["fields"]) == ("poll", None)


def test_list_is_limited_and_filtered(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(*(notification(f"04l{n}") for n in range(5))))
    receiver.post(message(with_data("04lEmpty", "")))

    def ids(*arguments: str) -> list[str]:
        return [one["notification_id"] for one in said(capsys, "list", *arguments)]

    assert ids("--limit", "2") == ["04lEmpty", "04l4"]
    assert ids("--state", "ignored") == ["04lEmpty"]
    assert ids("--state", "dead") == []
    assert len(ids("--connection", "firm")) == 6
    receiver.add("other")
    assert ids("--connection", "other") == []


def test_table_is_aligned_and_safe_to_print(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA"), notification("04l\x9b2J")))
    end(receiver, "dead", "two\nlines")
    head, *rows = printed(capsys, "list")
    assert len(rows) == 2
    for name in ("connection", "notification", "object", "record", "state", "reason"):
        at = head.index(name)
        assert all(row[at - 1] == " " and row[at] != " " for row in rows)
    assert r"04l\x9b2J" in rows[0]
    assert r"two\nlines" in rows[0]


def test_show_prints_each_field_on_a_line(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA", {"LastName": "a\nb", "Phone": None, "Title": ""})))
    lines = printed(capsys, "show", "04lA")
    assert [line.split() for line in lines[lines.index("fields") + 1 :]] == [
        ["Id", RECORD_ID],
        ["LastName", r"a\nb"],
        ["Phone", "(null)"],
        ["Title"],
    ]


def test_replay_puts_back_and_wakes(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA", {"LastName": TEXT})))
    end(receiver, "dead", "no e-mail address")
    replayed = said(capsys, "replay", "04lA")
    assert (replayed["state"], replayed["reason"], replayed["finished_at"]) == (
        "received",
        None,
        None,
    )
    assert replayed["fields"]["LastName"] == TEXT
    assert receiver.rows("SELECT topic FROM wakeup") == [{"topic": "triage"}]
    assert len(receiver.rows("SELECT message_id FROM dramatiq.queue")) == 1


def test_dead_letter_is_replayed_after_its_message_is_gone(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA", {"LastName": TEXT, "Email": "ada@example.org"})))
    end(receiver, "dead")
    age(receiver, 400)
    assert said(capsys, "replay", "04lA")["state"] == "received"
    with receiver.database.transaction() as tx:
        activate(tx, load_connection(tx, "firm").id, read_files(MAPPINGS), by="test")
    assert triage_batch(receiver.database, consent=False) == 1
    (listed,) = said(capsys, "list")
    assert (listed["state"], listed["reason"]) == ("waiting", "no credentials")


def test_flagged_notification_is_replayed_to_the_process_for_consent(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA")))
    receiver.rows("UPDATE notification SET consent = true RETURNING 1")
    assert printed(capsys, "replay", "04lA") == ["04lA of firm waits for triage again"]
    assert receiver.rows("SELECT topic FROM wakeup") == [{"topic": "triage-consent"}]


@pytest.mark.parametrize("body", [message(with_data("04lA", "")), message(notification("04lA"))])
def test_notification_that_says_nothing_is_not_replayed(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    receiver.post(body)
    end(receiver, "done")
    age(receiver, 15)
    with pytest.raises(BridgeError, match=r"without data|not kept any more"):
        cli.main(["replay", "04lA"])
    assert said(capsys, "show", "04lA")["state"] == "done"


def test_one_of_two_connections_must_be_named(
    receiver: RunningReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.post(message(notification("04lA")))
    receiver.add("other")
    receiver.rows(
        """
        INSERT INTO notification (connection_id, notification_id, message_id, received_at,
          first_received_at)
        SELECT c.id, n.notification_id, n.message_id, n.received_at, n.first_received_at
        FROM notification n, connection c WHERE c.name = 'other' RETURNING 1
        """
    )
    with pytest.raises(ConfigurationError, match="--connection"):
        cli.main(["show", "04lA"])
    assert said(capsys, "show", "04lA", "--connection", "other")["connection"] == "other"


@pytest.mark.usefixtures("receiver")
@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (["show", "04lX"], BridgeError, "04lX"),
        (["replay", "04lX"], BridgeError, "04lX"),
        (["list", "--connection", "nobody"], ConfigurationError, "no connection 'nobody'"),
    ],
)
def test_fault_is_said_in_a_sentence(
    arguments: list[str], error: type[BridgeError], told: str
) -> None:
    with pytest.raises(error, match=told):
        cli.main(arguments)


@pytest.mark.parametrize(
    "arguments", [[], ["list", "--limit", "0"], ["list", "--limit", "x"], ["list", "--state", "x"]]
)
def test_wrong_usage_is_exit_code_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2


def test_reading_loads_nothing_heavy(receiver: RunningReceiver) -> None:
    receiver.post(message(notification("04lA")))
    told = subprocess.run(  # noqa: S603
        [sys.executable, "-c", LIST_AND_NAME_MODULES],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "04lA" in told.stdout
    assert LOADED_TO_READ.isdisjoint(told.stdout.splitlines()[-1].split())
