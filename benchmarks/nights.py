"""`make bench-nights`: a first sync, a quiet night and one with 1 % changed, beside a model.

A firm is loaded into the sandbox's Salesforce by its Bulk API, and the jobs run against an empty
account with the vendor's limits in force: calls are counted by the sandbox, hours are the clock's.
Between the nights a day goes by on both sides: what the last one wrote is old news to the next.
People are on one or two of 30 lists, in 30 combinations. Of each hundred, in that last night, 0.6
have other fields, 0.2 are new, 0.1 join a list and 0.1 leave one; one in 2,000 has opted out.

The model counts what the vendor's rules leave no way around: pages of 500, one import for each
combination of lists and each 4 MB, 500 contacts a call onto or off lists, three polls for a hundred
activities, and one write for each opt-out, which no import can say.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import logging
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.sandbox import running_sandbox
from bridge.bootstrap import open_installation
from bridge.clock import advance, set_clock
from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.store import add_connection, set_profile
from bridge.db.migrate import migrate
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from bridge.settings import read_settings
from reconciler.runs.execute import run_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bridge.bootstrap import Installation
    from bridge.runs.model import Job

SIZES = (10_000,)
MOST_OF_THE_MODEL = 1.05
COMBINATIONS = 30
CALLS_A_SECOND = 4
BYTES_A_ROW = 520
"""Of a contact with the fields of the default mapping, as an import has it."""

LIST = "practifi__Constant_Contact_List__c"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"

_LEAST = 1_000
_PAGE = 500
_A_JOB = 50_000
_ENDED = {"JobComplete", "Failed", "Aborted"}
_LOOK_EVERY_S = 0.1
_A_DAY_S = 86_400
_VERSION = "/services/data/v66.0"


def first_sync(contacts: int) -> int:
    """Return the fewest calls for contacts whom nobody there knows.

    >>> first_sync(10_000), first_sync(100_000), first_sync(1_000_000)
    (53, 233, 2156)
    """
    return _polled(_imports(contacts, COMBINATIONS)) + ceil(contacts / _PAGE)


def quiet_night(contacts: int, *, is_full: bool) -> int:
    """Return the fewest calls where nothing has changed.

    >>> quiet_night(100_000, is_full=True), quiet_night(100_000, is_full=False)
    (200, 1)
    """
    return ceil(contacts / _PAGE) if is_full else 1


def busy_night(contacts: int, *, is_full: bool) -> int:
    """Return the fewest calls where 1 % has changed.

    >>> busy_night(100_000, is_full=True), busy_night(100_000, is_full=False)
    (344, 146)
    """
    read = ceil(contacts / _PAGE) if is_full else ceil(contacts / 100 / _PAGE)
    fields, new = _imports(int(contacts * 0.006)), _imports(int(contacts * 0.002), COMBINATIONS)
    on_lists = 2 * _members(contacts // 1000)
    opt_outs = int(contacts * 0.0005)
    return read + _polled(fields + new + on_lists) + opt_outs


def _imports(contacts: int, combinations: int = 1) -> int:
    most = 4_000_000 // BYTES_A_ROW
    return combinations * ceil(contacts / combinations / most) if contacts else 0


def _members(contacts: int) -> int:
    combinations = min(COMBINATIONS, contacts)
    return combinations * ceil(contacts / combinations / 500) if contacts else 0


def _polled(activities: int) -> int:
    return activities + 3 * ceil(activities / 100)


class Org:
    """The firm's Salesforce, as somebody who loads data uses it."""

    def __init__(self, line: dict[str, Any]) -> None:
        self._url = line["salesforce_url"]
        self._session = requests.Session()
        token = line["observer"]["salesforce_access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def load(self, name: str, rows: Iterable[dict[str, str]], operation: str = "insert") -> None:
        """Write records by bulk jobs; a row that fails ends the benchmark."""
        for part in _parts(list(rows), _A_JOB):
            body = {"object": name, "operation": operation, "contentType": "CSV"}
            job = self._call("POST", "/jobs/ingest", json=body)
            text = io.StringIO()
            table = csv.DictWriter(text, list(part[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(part)
            path = f"/jobs/ingest/{job['id']}"
            content = {"data": text.getvalue().encode(), "headers": {"Content-Type": "text/csv"}}
            self._call("PUT", f"{path}/batches", **content)
            self._call("PATCH", path, json={"state": "UploadComplete"})
            while (job := self._call("GET", path))["state"] not in _ENDED:
                time.sleep(_LOOK_EVERY_S)
            if job["state"] != "JobComplete" or job["numberRecordsFailed"]:
                raise SystemExit(f"{name}: {job}")

    def records(self, soql: str) -> Iterator[dict[str, Any]]:
        """Yield the records that a query finds, page by page."""
        page = self._call("GET", "/query", params={"q": soql})
        while True:
            yield from page["records"]
            if page["done"]:
                return
            page = self._call("GET", page["nextRecordsUrl"].removeprefix(_VERSION))

    def ids(self, soql: str) -> list[str]:
        """Return the ids that a query finds."""
        return [record["Id"] for record in self.records(soql)]

    def _call(self, method: str, path: str, **given: Any) -> Any:
        url = f"{self._url}{_VERSION}{path}"
        answer = self._session.request(method, url, timeout=120, **given)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.nights", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="contacts of each firm")
    given = parser.parse_args()
    if min(given.sizes) < _LEAST:
        parser.error(f"at least {_LEAST:,} contacts: a thousandth of them leaves a list")
    logging.disable(logging.WARNING)
    held = [_measure(size) for size in given.sizes]
    return 0 if all(held) else 1


def _measure(size: int) -> bool:
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="bridge-bench-", ignore_cleanup_errors=True)
        )
        Path(folder).chmod(0o755)
        os.environ["BRIDGE_DATA_DIR"] = f"{folder}/data"
        line, _ = stack.enter_context(running_sandbox("empty"))
        settings = read_settings()
        migrate(settings)
        installation = open_installation(settings)
        stack.callback(installation.database.close)
        org = Org(line)
        _load_firm(org, size)
        requests.put(f"{line['control_url']}/constant-contact/limits", json={}, timeout=10)
        connection_id = _connect(installation, line)
        night = _Night(installation, line, connection_id, size)
        night.run("lists", "lists, first", lambda **_: COMBINATIONS + 1)
        held = [night.run("contacts", "first sync", lambda **_: first_sync(size))]
        night.see(size)
        night.passes()
        held.append(night.run("contacts", "quiet night", lambda **kw: quiet_night(size, **kw)))
        night.passes()
        _change_firm(org, size)
        held.append(night.run("contacts", "1 % changed", lambda **kw: busy_night(size, **kw)))
        night.see(size + int(size * 0.002))
        night.nothing_left()
    return all(held)


@dataclass(frozen=True)
class _Night:
    installation: Installation
    line: dict[str, Any]
    connection_id: int
    size: int

    def run(self, job: Job, what: str, model: Callable[..., int]) -> bool:
        """Run a job, and print its calls and its time beside the model's."""
        before, started = self._calls(), time.monotonic()
        record = run_now(self.installation, self.connection_id, job)
        took_s, calls = time.monotonic() - started, self._calls() - before
        if record.state != "done":
            raise SystemExit(f"the run ended as {record.state}: {record.reason}")
        is_full = record.extent == "full"
        fewest = model(is_full=is_full)
        ratio = calls / fewest
        is_held = ratio <= MOST_OF_THE_MODEL
        read = "all read" if is_full else "changes read"
        print(
            f"{what:13}{self.size:>9,} contacts, {read:12}: {calls:5,} calls, model {fewest:5,}, "
            f"ratio {ratio:.2f}, at most {MOST_OF_THE_MODEL}: {'held' if is_held else 'MISSED'}; "
            f"{took_s:,.0f} s, {took_s * CALLS_A_SECOND / calls:.2f} x calls/{CALLS_A_SECOND}",
            flush=True,
        )
        return is_held

    def passes(self) -> None:
        """Let a day go by for both services and for the bridge."""
        url = f"{self.line['control_url']}/clock"
        requests.post(url, json={"advance_s": _A_DAY_S}, timeout=10).raise_for_status()
        with self.installation.database.transaction() as tx:
            advance(tx, _A_DAY_S)

    def see(self, people: int) -> None:
        """See in Constant Contact itself that so many contacts are there."""
        token = self.line["observer"]["constant_contact_access_token"]
        answer = requests.get(
            f"{self.line['constant_contact_url']}/contacts",
            params={"status": "all", "include_count": "true", "limit": "1"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
        if answer["contacts_count"] != people:
            raise SystemExit(f"{answer['contacts_count']:,} contacts there, not {people:,}")

    def nothing_left(self) -> None:
        """See that a plan after all this is empty."""
        record = run_now(self.installation, self.connection_id, "contacts", "plan")
        if record.totals.get("steps"):
            raise SystemExit(f"the next plan has {record.totals['steps']} steps")

    def _calls(self) -> int:
        url = f"{self.line['control_url']}/calls"
        listed = requests.get(url, params={"side": "constant_contact"}, timeout=60).json()
        return sum(call["owner"] == "bridge" for call in listed)


def _load_firm(org: Org, size: int) -> None:
    org.load(LIST, ({"Name": f"List {number:02}"} for number in range(COMBINATIONS)))
    org.load("Contact", (_person(number) for number in range(size)))
    lists = org.ids(f"SELECT Id FROM {LIST} ORDER BY Name")  # noqa: S608 -- a name of ours
    people = org.ids("SELECT Id FROM Contact ORDER BY Title")
    org.load(
        MEMBERSHIP,
        (
            _membership(who, lists[one])
            for number, who in enumerate(people)
            for one in _lists_of(number)
        ),
    )


def _change_firm(org: Org, size: int) -> None:
    """Let a day go by: every change is of another person."""
    people = iter(org.ids("SELECT Id FROM Contact ORDER BY Title"))
    lists = org.ids(f"SELECT Id FROM {LIST} ORDER BY Name")  # noqa: S608 -- a name of ours

    def some(share: float) -> list[str]:
        return [next(people) for _ in range(int(size * share))]

    changed = [{"Id": who, "MailingCity": "York"} for who in some(0.006)]
    ticked = [{"Id": who, "HasOptedOutOfEmail": "true"} for who in some(0.0005)]
    org.load("Contact", changed, "update")
    org.load("Contact", ticked, "update")
    begin = int(size * 0.0065)
    joining = range(begin, begin + int(size * 0.001))
    org.load(
        MEMBERSHIP,
        (
            _membership(who, lists[(number + 7) % COMBINATIONS])
            for number, who in zip(joining, some(0.001), strict=True)
        ),
    )
    leaving = some(0.001)
    quoted = ", ".join(f"'{who}'" for who in leaving)
    members = org.records(
        f"SELECT Id, practifi__Contact__c FROM {MEMBERSHIP} WHERE practifi__Contact__c IN ({quoted})"  # noqa: E501, S608
    )
    first = {record["practifi__Contact__c"]: record["Id"] for record in members}
    org.load(MEMBERSHIP, ({"Id": one} for one in first.values()), "delete")
    new = range(size, size + int(size * 0.002))
    org.load("Contact", (_person(number) for number in new))
    titles = {f"Title {number:08}": number for number in new}
    made = org.records(
        f"SELECT Id, Title FROM Contact WHERE Title >= 'Title {size:08}'"  # noqa: S608 -- a number
    )
    org.load(
        MEMBERSHIP,
        (
            _membership(record["Id"], lists[one])
            for record in made
            for one in _lists_of(titles[record["Title"]])
        ),
    )


def _person(number: int) -> dict[str, str]:
    return {
        "Email": f"person{number}@example.org",
        "FirstName": f"First {number}",
        "LastName": f"Last {number}",
        "Title": f"Title {number:08}",
        "MailingStreet": f"{number} Long Street Name",
        "MailingCity": "Leeds",
        "MailingState": "Yorkshire",
        "MailingPostalCode": "LS1 1AA",
        "MailingCountry": "United Kingdom",
        "Phone": f"+441132{number:06}",
    }


def _membership(who: str, of_list: str) -> dict[str, str]:
    return {"practifi__Contact__c": who, "practifi__Constant_Contact_List__c": of_list}


def _lists_of(number: int) -> tuple[int, ...]:
    one = number % COMBINATIONS
    return (one,) if one < COMBINATIONS // 2 else (one, (one + 1) % COMBINATIONS)


def _parts(rows: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _connect(installation: Installation, line: dict[str, Any]) -> int:
    with installation.database.transaction() as tx:
        connection = add_connection(tx, installation.keyring, "firm", line["organization_id"])
        set_credentials(tx, installation.keyring, connection.id, read_credentials(json.dumps(line)))
        set_profile(tx, connection.id, "practifi")
        set_clock(tx, movable=True)
        activate(tx, connection.id, read_files(installation.settings.mappings), by="benchmark")
    return connection.id


if __name__ == "__main__":
    sys.exit(main())
