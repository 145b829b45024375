"""`make bench-activities`: what people did with mailings becomes Interactions; calls and speed.

Calls: reading the reports of mailings for the first time, and in a night where one is new and ten
have moved in three kinds, beside the fewest calls that the vendor's rules allow: a page of
campaigns, two calls to get to know a mailing, one for the counts of 150, and a page for each 500
events.

Speed: a run reads pages, keeps events, plans, stores the plan and writes every Interaction, to a
Salesforce that answers at once. Beside it the same pages are parsed and their rows copied into a
table of the same key, and nothing else. Every row is looked for afterwards.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import sys
import tempfile
import time
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from benchmarks.mailed import (
    LIST_ID,
    Account,
    AtOnce,
    Taking,
    mailing_id,
    pages,
)
from bridge.bootstrap import open_installation
from bridge.connections.store import add_connection, load_connection, set_profile
from bridge.constant_contact.reports import MAILINGS_A_CALL, Reports
from bridge.db.migrate import migrate
from bridge.mapping.compiled import read_files
from bridge.mapping.interaction import EVENT_KINDS
from bridge.mapping.versions import activate, active
from bridge.runs.store import ask_run
from bridge.settings import read_settings
from reconciler.activities.read import read_engagement
from reconciler.runs import store
from reconciler.runs.context import RunContext
from reconciler.runs.execute import run_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import LiteralString

    from bridge.constant_contact.reports import TrackingRow
    from bridge.mapping.interaction import EventKind

MOST_OF_THE_MODEL = 1.05
LEAST_RATIO = 0.5
MOVED: tuple[EventKind, ...] = ("open", "click", "forward")
_ORGANIZATION = "00D5g00000ABcdEEAT"
_CAMPAIGNS_A_PAGE = 500
_LIST = "a01000000000001AAA"

_PEOPLE: LiteralString = """
WITH list AS (
  INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, name, fields, source, seen_at)
  SELECT id, 'list', %(list)s, app_now(), 'Letter', '{}', 'message', app_now() FROM connection),
list_link AS (
  INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
  SELECT id, 'list', %(list)s, %(list_id)s, true, app_now() FROM connection),
people AS (
  SELECT id AS connection_id, n, lpad(n::text, 12, '0') || 'AAA' AS suffix
  FROM connection, generate_series(0, %(people)s - 1) AS n),
contacts AS (
  INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, account_id, email_key,
    do_not_email, fields, source, seen_at)
  SELECT connection_id, 'contact', '003' || suffix, app_now(),
    '001' || lpad((n / 2)::text, 12, '0') || 'AAA', 'person' || n || '@example.org', false,
    jsonb_build_object('FirstName', 'First ' || n, 'LastName', 'Last ' || n), 'message', app_now()
  FROM people),
memberships AS (
  INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, contact_id, list_id, fields,
    source, seen_at)
  SELECT connection_id, 'membership', 'a03' || suffix, app_now(), '003' || suffix, %(list)s, '{}',
    'message', app_now()
  FROM people)
INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
SELECT connection_id, 'contact', '003' || suffix, lpad(to_hex(n + 1), 32, '0')::uuid, true,
  app_now()
FROM people
"""
_COPIED = "CREATE TABLE copied (LIKE engagement_event INCLUDING DEFAULTS INCLUDING INDEXES)"


def model(account: Account, *, new: int, moved: int) -> int:
    """Return the fewest calls for new mailings, and for some that moved in three kinds.

    >>> model(Account(mailings=50, recipients=20_000), new=50, moved=0)
    2952
    >>> model(Account(mailings=51, recipients=20_000), new=1, moved=10)
    91
    """
    newest = account.mailings - 1
    each = sum(pages(account.count(newest, kind)) for kind in EVENT_KINDS)
    campaigns = ceil(account.mailings / _CAMPAIGNS_A_PAGE)
    counts = ceil(account.mailings / MAILINGS_A_CALL)
    return campaigns + counts + new * (2 + each) + moved * len(MOVED)


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.engagement", description=__doc__)
    parser.add_argument("what", choices=("calls", "speed"), nargs="*", default=("calls", "speed"))
    parser.add_argument(
        "--activities", type=int, default=1_000_000, help="turned into Interactions"
    )
    parser.add_argument("--mailings", type=int, default=50, help="whose calls are counted")
    parser.add_argument("--recipients", type=int, default=20_000, help="of each mailing")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    is_held = True
    if "calls" in given.what:
        is_held &= measure_calls(given.mailings, given.recipients)
    if "speed" in given.what:
        is_held &= measure_speed(given.activities, given.recipients)
    return 0 if is_held else 1


def measure_calls(mailings: int, recipients: int) -> bool:
    """Read everything, then a night; print the calls of both and say whether both bars held."""
    account = Account(mailings=mailings, recipients=recipients)
    with ready(account, Taking()) as (installation, connection_id):
        _read(installation, connection_id)
        first = _said("first reading", account, model(account, new=mailings, moved=0))
        account.mailings += 1
        moved = min(10, mailings)
        for number in range(moved):
            for kind in MOVED:
                account.later[number, kind] += 7
        account.calls.clear()
        _read(installation, connection_id)
        night = _said("night", account, model(account, new=1, moved=moved))
    return first and night


def _said(what: str, account: Account, fewest: int) -> bool:
    calls = account.calls.total()
    is_held = calls <= MOST_OF_THE_MODEL * fewest
    print(
        f"{what}: {calls:,} calls, model {fewest:,}, ratio {calls / fewest:.2f}, "
        f"at most {MOST_OF_THE_MODEL}: {'held' if is_held else 'MISSED'}",
        flush=True,
    )
    return is_held


def measure_speed(activities: int, recipients: int) -> bool:
    """Turn activities into Interactions and copy them alone; print and say whether the bar held."""
    each = Account(mailings=1, recipients=recipients).activities
    if activities < each:
        recipients = ceil(recipients * activities / each)
        each = Account(mailings=1, recipients=recipients).activities
    account = Account(mailings=round(activities / each), recipients=recipients)
    taking = Taking()
    with tempfile.TemporaryFile() as file, ready(account, taking) as (installation, connection_id):
        account.make_pages(file)
        alone_s = copy_alone(installation, account)
        started = time.monotonic()
        record = run_now(installation, connection_id, "activities")
        took_s = time.monotonic() - started - taking.own_s
        if record.state != "done":
            raise SystemExit(f"the run {record.state}: {record.reason}")
        check(installation, account, taking)
    ratio = alone_s / took_s
    is_held = ratio >= LEAST_RATIO
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{account.activities:,} activities into {taking.taken:,} Interactions: {took_s:.1f} s in "
        f"{taking.calls:,} calls to Salesforce; parsed and copied alone {alone_s:.1f} s; ratio "
        f"{ratio:.2f}, at least {LEAST_RATIO}: {'held' if is_held else 'MISSED'}; "
        f"peak {peak_mb} MB",
        flush=True,
    )
    return is_held


def copy_alone(installation: AtOnce, account: Account) -> float:
    """Parse all pages and copy their rows into a table of the same keys; return the seconds."""
    reports = Reports(installation.constant_contact(None, None))
    with installation.database.transaction() as tx:
        tx.execute(_COPIED)
    started = time.monotonic()
    for number in range(account.mailings):
        for kind in EVENT_KINDS:
            one, href = UUID(mailing_id(number)), None
            with (
                installation.database.transaction() as tx,
                tx.cursor().copy("COPY copied FROM STDIN") as copy,
            ):
                while True:
                    page = reports.events(one, kind, href)
                    copy.write("".join(_line(one, kind, row) for row in page.rows))
                    if (href := page.next_href) is None:
                        break
    return time.monotonic() - started


def _line(mailing: UUID, kind: str, row: TrackingRow) -> str:
    detail = "{" + ",".join(f'"{name}":"{value}"' for name, value in row.detail.items()) + "}"
    return f"1\t{mailing}\t{kind}\t{row.contact_id}\t{row.occurred_at}\t{row.url_id}\t{detail}\n"


def check(installation: AtOnce, account: Account, taking: Taking) -> None:
    """Find every event and every Interaction where it belongs.

    Raises:
        SystemExit: If one is missing, or not known as written.
    """
    wanted = account.mailings * account.recipients
    with installation.database.transaction() as tx:
        ((events, copied, written),) = tx.execute(
            "SELECT (SELECT count(*) FROM engagement_event), (SELECT count(*) FROM copied), "
            "(SELECT count(*) FROM interaction WHERE sf_id IS NOT NULL "
            "AND written_fingerprint IS NOT NULL)"
        ).fetchall()
    found = (events, copied, written, taking.taken)
    if found != (account.activities, account.activities, wanted, wanted):
        raise SystemExit(f"not everything arrived: {found}")


def _read(installation: AtOnce, connection_id: int) -> None:
    """Do what a run does before it plans."""
    with installation.database.transaction() as tx:
        run_id, _ = ask_run(
            tx, connection_id, "activities", mode="plan", origin="cli", asked_by="benchmark"
        )
        lease = store.claim(tx, connection_id, run_id, 600)
        connection, current = load_connection(tx, connection_id), active(tx, connection_id)
    if lease is None or current is None:
        raise SystemExit("the run cannot be claimed")
    read_engagement(
        RunContext(
            installation=installation,
            connection=connection,
            run=lease.run,
            lease=lease,
            current=current,
        )
    )
    with installation.database.transaction() as tx:
        store.end(tx, lease, "done")


@contextmanager
def ready(account: Account, taking: Taking) -> Iterator[tuple[AtOnce, int]]:
    """Yield an installation with a connection that knows all recipients, and the connection."""
    # The embedded server stops some seconds after its last client and removes its files then.
    with tempfile.TemporaryDirectory(prefix="bridge-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ["BRIDGE_DATA_DIR"] = f"{folder}/data"
        os.environ["BRIDGE_STORAGE_ABOVE"] = "1000000000"
        settings = read_settings()
        migrate(settings)
        opened = open_installation(settings)
        installation = AtOnce.of(opened, account, taking)
        try:
            with installation.database.transaction() as tx:
                connection = add_connection(tx, installation.keyring, "firm", _ORGANIZATION)
                set_profile(tx, connection.id, "practifi")
                activate(tx, connection.id, read_files(settings.mappings), by="benchmark")
                tx.execute("UPDATE connection SET state = 'active'")
                values = {"people": account.recipients, "list": _LIST, "list_id": LIST_ID}
                tx.execute(_PEOPLE, values)
                tx.execute("ANALYZE")
            yield installation, connection.id
        finally:
            installation.database.close()


if __name__ == "__main__":
    sys.exit(main())
