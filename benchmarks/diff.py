"""`make bench-diff`: what finding the differences costs beside copying both sides and joining them.

Both sides are N contacts with ten mapped values each, one of a hundred changed. The limit copies
them into bare tables and joins these once; the product copies them into its staging and stores
whom it has to decide on. Both take turns; the ratio is the median of the rounds. Then the same with
three memberships a contact, compared three ways; the same with all else that a night chooses by,
which are links, statuses and what is on record of consent; and pandas where it is installed. Last a
whole installation of N people, in a process of its own: see `benchmarks.diff_night`. `--only few`
measures 1,000 changes alone, among N people, a multiple of 10,000.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.compared_files import LISTS, VALUES, Files, list_here, list_there
from bridge.bootstrap import open_installation
from bridge.connections.store import add_connection, set_profile
from bridge.db.migrate import migrate
from bridge.db.queries import load_queries
from bridge.delivery.outcome_consent import CLOCKS_DIFFER
from bridge.settings import read_settings
from reconciler.candidates.store import add_chosen
from reconciler.snapshot.staged import analyse, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import LiteralString

    import psycopg

    from bridge.db.database import Database

MOST = 1.2
MOST_WITH_MEMBERSHIPS = 1.5
MOST_OF_PANDAS = 0.6
MOST_MB = 100
MOST_OF_SMALL = 3.0
_ORGANIZATION = "00D5g00000ABcdEEAT"
_SNAPSHOT = load_queries("reconciler.snapshot")
_CANDIDATES = load_queries("reconciler.candidates")
_ALL = ("differing", "people", "memberships", "opted_out")

_PANDAS = """
import sys, time
import pandas as pd
started = time.perf_counter()
names = ["key", *[f"v{n}" for n in range(10)]]
here, there = (
    pd.read_csv(path, sep="\\t", names=names, dtype=str, keep_default_na=False, quoting=3)
    for path in sys.argv[1:]
)
both = here.merge(there, on="key", how="outer", indicator=True, suffixes=("", "_there"))
differing = both._merge != "both"
for name in names[1:]:
    differing = differing | (both[name] != both[name + "_there"])
found = int(differing.sum())
print(time.perf_counter() - started, found)
"""


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("compare", "night", "few"))
    parser.add_argument("--pandas", default=sys.executable, help="a Python that has pandas")
    given = parser.parse_args()
    missed = False
    if given.only in {None, "compare"}:
        for count in given.counts:
            missed |= _compare(count, given.rounds, given.pandas)
    if given.only != "compare":
        missed |= _nights(given.counts, few_alone=given.only == "few")
    return int(missed)


def _compare(count: int, rounds: int, python: str) -> bool:
    with _database() as (database, folder), database.session() as tx:
        tx.execute("SET work_mem = '128MB'")
        files = Files(folder, count)
        _agree(tx, files)

        def product(*chosen_by: str, members: bool = False) -> Callable[[], None]:
            return lambda: _product(database, files, count, chosen_by, members=members)

        ways: dict[str, Callable[[], None]] = {
            "limit": lambda: _limit(tx, files),
            "product": product("differing"),
            "limit with memberships": lambda: _limit(tx, files, members=True),
            "product with memberships": product("differing", "memberships", members=True),
            "product with all": product(*_ALL, members=True),
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds):
            for name in ways if number % 2 else reversed(ways):
                started = time.perf_counter()
                ways[name]()
                took[name].append(time.perf_counter() - started)
        missed = _say(count, took, "product", "limit", MOST)
        missed |= _say(
            count, took, "product with memberships", "limit with memberships", MOST_WITH_MEMBERSHIPS
        )
        missed |= _say(
            count, took, "product with all", "limit with memberships", MOST_WITH_MEMBERSHIPS
        )
        took["pandas"] = _by_pandas(files, rounds, python)
        if not took["pandas"]:
            print(
                f"{count:>9,}  PANDAS IS NOT INSTALLED: give --pandas PYTHON; its bar is untested"
            )
            return missed
        return missed | _say(count, took, "product", "pandas", MOST_OF_PANDAS)


def _say(count: int, took: dict[str, list[float]], one: str, other: str, most: float) -> bool:
    """Print a ratio of two ways; return whether it is above its bar."""
    ratios = sorted(a / b for a, b in zip(took[one], took[other], strict=True))
    ratio = median(ratios)
    print(
        f"{count:>9,}  {one} {median(took[one]):.2f} s, {other} {median(took[other]):.2f} s: "
        f"{ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), at most {most}: "
        f"{'held' if ratio <= most else 'MISSED'}",
        flush=True,
    )
    return ratio > most


def _limit(tx: psycopg.Connection, files: Files, *, members: bool = False) -> None:
    columns = ", ".join(f"v{number} text" for number in range(VALUES))
    for side in ("here", "there"):
        tx.execute(f"DROP TABLE IF EXISTS bare_{side}, bare_members_{side}".encode())
        tx.execute(f"CREATE UNLOGGED TABLE bare_{side} (key text, {columns})".encode())
        files.copy(tx, f"COPY bare_{side} FROM STDIN", f"bare_{side}")
        if members:
            table = f"bare_members_{side}"
            tx.execute(f"CREATE UNLOGGED TABLE {table} (key text, list text)".encode())
            files.copy(tx, f"COPY {table} FROM STDIN", table)
            tx.execute(f"ANALYZE {table}".encode())
        tx.execute(f"ANALYZE bare_{side}".encode())
    tx.execute("SELECT count(*) FROM bare_here FULL JOIN bare_there USING (key)")
    if members:
        tx.execute(
            "SELECT count(*) FROM bare_members_here FULL JOIN bare_members_there USING (key, list)"
        )


def _product(
    database: Database, files: Files, count: int, chosen_by: Sequence[str], *, members: bool
) -> None:
    with database.session() as tx:
        tx.execute(
            "TRUNCATE compared_contact, compared_contact_there, compared_membership, candidate"
        )
        files.copy(tx, _SNAPSHOT["copy_contacts"], "here")
        there = "there_on_lists" if members else "there"
        files.copy(tx, _SNAPSHOT["copy_contacts_there"], there)
        if members:
            files.copy(tx, _SNAPSHOT["copy_memberships"], "members_here")
        with tx.transaction():
            analyse(tx)
        for name in chosen_by:
            together(database, partial(_choose, database, _CANDIDATES[name]))
        row = tx.execute("SELECT count(*) FROM candidate").fetchone()
    if row != (count // 100,):
        message = f"{row} were chosen, not {count // 100}"
        raise SystemExit(message)


def _choose(database: Database, statement: LiteralString, tx: psycopg.Connection) -> None:
    values = {"connection_id": 1, "run_id": 1, "clocks_differ": CLOCKS_DIFFER}
    values |= {"is_by_pattern": False}
    add_chosen(tx, database, statement, values)


def _agree(tx: psycopg.Connection, files: Files) -> None:
    """Let everybody be linked, agreed on and shown so, as a night before has left them."""
    files.copy(tx, _SNAPSHOT["copy_contacts"], "here")
    files.copy(tx, _SNAPSHOT["copy_contacts_there"], "there_on_lists")
    files.copy(tx, _SNAPSHOT["copy_memberships"], "members_here")
    for number in range(LISTS):
        tx.execute(
            "INSERT INTO cc_list VALUES (1, %s, 'Letter', NULL, NULL, NULL, app_now())",
            [list_there(number, 0)],
        )
        tx.execute(
            "INSERT INTO link VALUES (1, 'list', %s, %s, true, app_now())",
            (list_here(number, 0), list_there(number, 0)),
        )
    tx.execute(
        """
        INSERT INTO membership_base
          (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at, agreed_at)
        SELECT 1, m.contact_id, m.list_id, t.contact_id, l.cc_id, app_now(), app_now()
        FROM compared_membership m
        JOIN compared_contact h ON h.sf_id = m.contact_id
        JOIN compared_contact_there t ON t.key = h.key
        JOIN link l ON l.kind = 'list' AND l.sf_id = m.list_id
        """
    )
    tx.execute(
        """
        INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
        SELECT 1, 'contact', h.sf_id, t.contact_id, true, app_now()
        FROM compared_contact h
        JOIN compared_contact_there t ON t.key = h.key
        """
    )
    tx.execute(
        """
        INSERT INTO record_status (connection_id, kind, sf_id, status, since)
        SELECT 1, 'membership', sf_id, 'Confirmed', app_now() FROM compared_membership
        UNION ALL
        SELECT 1, 'contact', sf_id, 'Subscribed', app_now() FROM compared_contact
        """
    )
    tx.execute("VACUUM ANALYZE")


def _by_pandas(files: Files, rounds: int, python: str) -> list[float]:
    if python == sys.executable and find_spec("pandas") is None:
        return []
    paths = [str(files.path("bare_here")), str(files.path("bare_there"))]
    command = [python, "-c", _PANDAS, *paths]
    found = []
    for _ in range(rounds):
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(float(answer.stdout.split()[0]))
    return found


def _nights(counts: list[int], *, few_alone: bool) -> bool:
    found = []
    for count in counts:
        command = [sys.executable, "-m", "benchmarks.diff_night", str(count)]
        if few_alone:
            command.append("0")
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        one = json.loads(answer.stdout.splitlines()[-1])
        found.append(one)
        for part in ("few",) if few_alone else ("first", "night", "few"):
            print(f"{count:>9,}  {one[part].pop('what')}: {one[part]}", flush=True)
        is_flat = one["peak_mb"] < MOST_MB
        print(
            f"{count:>9,}  peak of the process {one['peak_mb']} MB, under {MOST_MB}: "
            f"{'held' if is_flat else 'MISSED'}"
        )
    few = [
        sum(one["few"][part] for part in ("merge", "select", "decide", "store")) for one in found
    ]
    grows = few[-1] / few[0]
    print(
        f"1,000 changes alone cost {grows:.2f} x at {counts[-1]:,} of what they cost at "
        f"{counts[0]:,}, at most {MOST_OF_SMALL}: {'held' if grows <= MOST_OF_SMALL else 'MISSED'}"
    )
    return grows > MOST_OF_SMALL or any(one["peak_mb"] >= MOST_MB for one in found)


@contextmanager
def _database() -> Iterator[tuple[Database, Path]]:
    """Give the database of a new installation, and a folder."""
    with tempfile.TemporaryDirectory(prefix="bridge-diff-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"BRIDGE_DATA_DIR": f"{folder}/data", "BRIDGE_LOG_LEVEL": "warning"}
        settings = read_settings()
        migrate(settings)
        installation = open_installation(settings)
        with installation.database.transaction() as tx:
            connection = add_connection(tx, installation.keyring, "firm", _ORGANIZATION)
            set_profile(tx, connection.id, "practifi")
        yield installation.database, Path(folder)
        installation.database.close()


if __name__ == "__main__":
    sys.exit(main())
