"""`make bench-calls`: calls to Constant Contact for many new and changed contacts, beside a model.

The contacts are put into the bridge's mirror and marked, as triage does with a data load, and are
delivered to a sandbox that counts the calls; both sides' limits are lifted, so this takes minutes
and not days. People are on one or two of 30 lists, in 30 combinations. The account has the custom
fields of the mapping already: they are made once, whatever comes after.

The model counts what the vendor's rules leave no way around where contacts are grouped by their
lists: one import for each combination and each 4 MB, three polls for a hundred activities, and the
pages of 500 in which ids and what became of each contact are read back.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from contextlib import ExitStack, nullcontext
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.sandbox import running_sandbox
from bridge.bootstrap import open_installation
from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.store import add_connection, load_connection, set_profile
from bridge.db.migrate import migrate
from bridge.delivery.bulk.slice import bulk_slice
from bridge.delivery.custom_fields import ensure_custom_fields
from bridge.delivery.deliver import deliver_slice
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from bridge.settings import read_settings

if TYPE_CHECKING:
    from bridge.bootstrap import Installation

SIZES = (1_000, 10_000, 100_000, 200_000)
MOST_OF_THE_MODEL = 1.05
COMBINATIONS = 30
BYTES_A_ROW = 520
"""Of a contact with 20 fields, as the model has it."""
_SLICE_S = 60.0
_LANES = range(1, 5)

_PEOPLE = """
INSERT INTO practifi_record
  (connection_id, kind, sf_id, modstamp, email_key, do_not_email, fields, source, seen_at)
SELECT %(connection_id)s, 'contact', '0035g' || lpad(n::text, 10, '0') || 'AAA', app_now(),
  'person' || n || '@example.org', false,
  jsonb_build_object('Email', 'person' || n || '@example.org', 'FirstName', 'First ' || n,
    'LastName', 'Last ' || n, 'Title', 'Title ' || n, 'MailingStreet', n || ' Long Street Name',
    'MailingCity', 'Leeds', 'MailingState', 'Yorkshire', 'MailingPostalCode', 'LS1 1AA',
    'MailingCountry', 'United Kingdom', 'Phone', '+441132' || lpad(n::text, 6, '0')),
  'message', app_now()
FROM generate_series(1, %(count)s) AS n
"""
_MEMBERSHIPS = """
INSERT INTO practifi_record
  (connection_id, kind, sf_id, modstamp, contact_id, list_id, fields, source, seen_at)
SELECT %(connection_id)s, 'membership',
  'a03' || lpad(n::text, 10, '0') || lpad(l::text, 2, '0') || 'AAA', app_now(),
  '0035g' || lpad(n::text, 10, '0') || 'AAA', 'a01' || lpad(l::text, 12, '0') || 'AAA',
  '{}', 'message', app_now()
FROM generate_series(1, %(count)s) AS n
CROSS JOIN LATERAL (SELECT n %% 30 UNION SELECT (n + 1) %% 30 WHERE n %% 30 >= 15) AS on_it (l)
"""
_LISTS = """
INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, name, fields, source, seen_at)
VALUES (%(connection_id)s, 'list', %(sf_id)s, app_now(), %(name)s, '{}', 'message', app_now())
"""
_LINKS = """
INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
VALUES (%(connection_id)s, 'list', %(sf_id)s, %(list_id)s, true, app_now())
"""
_CC_LISTS = """
INSERT INTO cc_list (connection_id, list_id, name, seen_at)
VALUES (%(connection_id)s, %(list_id)s, %(name)s, app_now())
"""
_CHANGE = """
UPDATE practifi_record
SET fields = fields || jsonb_build_object('Title', 'Changed ' || sf_id, 'MailingCity', 'York')
WHERE connection_id = %(connection_id)s AND kind = 'contact'
"""
_MARK = """
INSERT INTO work (connection_id, kind, key, lane, due_at)
SELECT connection_id, 'address', email_key, 2, app_now()
FROM practifi_record
WHERE connection_id = %(connection_id)s AND kind = 'contact'
ON CONFLICT (connection_id, kind, key) DO UPDATE
  SET wanted = work.wanted + 1, due_at = app_now()
"""
_LEFT = "SELECT (SELECT count(*) FROM work WHERE done < wanted), (SELECT count(*) FROM bulk_round)"
_WAIT = "SELECT extract(epoch FROM min(due_at) - app_now())::float FROM bulk_round"


def model(contacts: int) -> int:
    """Return the fewest calls for contacts in 30 combinations of lists, read back by pages.

    >>> model(1_000), model(100_000)
    (36, 234)
    """
    most = 4_000_000 // BYTES_A_ROW
    imports = COMBINATIONS * ceil(contacts / COMBINATIONS / most)
    return 1 + imports + 3 * ceil(imports / 100) + ceil(contacts / 500)


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.calls", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="contacts of each round")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    is_held = True
    for size in given.sizes:
        is_held &= _measure(size)
    return 0 if is_held else 1


def _measure(size: int) -> bool:
    """Deliver so many new contacts, then a change of each; print both and say whether both held."""
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
        connection_id = _connect(installation, line)
        with installation.database.transaction() as tx:
            values = {"connection_id": connection_id, "count": size}
            tx.execute(_PEOPLE, values)
            tx.execute(_MEMBERSHIPS, values)
            tx.execute("ANALYZE practifi_record")
        _make_custom_fields(installation, connection_id)
        held = [_deliver(installation, line, connection_id, size, "new")]
        with installation.database.transaction() as tx:
            tx.execute(_CHANGE, {"connection_id": connection_id})
        held.append(_deliver(installation, line, connection_id, size, "changed"))
    return all(held)


def _make_custom_fields(installation: Installation, connection_id: int) -> None:
    with installation.database.transaction() as tx:
        connection = load_connection(tx, connection_id)
        current = active(tx, connection_id)
    if current is None:
        raise SystemExit("no mapping is in force")
    there = installation.constant_contact(connection, nullcontext)
    ensure_custom_fields(installation.database, there, connection_id, current)
    there.close()


def _connect(installation: Installation, line: dict[str, Any]) -> int:
    """Add a connection to the sandbox with 30 lists on both sides, without limits of calls."""
    with installation.database.transaction() as tx:
        connection = add_connection(tx, installation.keyring, "firm", line["organization_id"])
        set_credentials(tx, installation.keyring, connection.id, read_credentials(json.dumps(line)))
        set_profile(tx, connection.id, "practifi")
        activate(tx, connection.id, read_files(installation.settings.mappings), by="benchmark")
        tx.execute("UPDATE api_application SET gap_ms = 0, day_limit = 1000000")
        for number in range(COMBINATIONS):
            answer = requests.post(
                f"{line['constant_contact_url']}/contact_lists",
                json={"name": f"List {number}"},
                headers={
                    "Authorization": f"Bearer {line['observer']['constant_contact_access_token']}"
                },
                timeout=10,
            )
            answer.raise_for_status()
            values = {
                "connection_id": connection.id,
                "sf_id": f"a01{number:012d}AAA",
                "name": f"List {number}",
                "list_id": answer.json()["list_id"],
            }
            for statement in (_LISTS, _LINKS, _CC_LISTS):
                tx.execute(statement, values)
    return connection.id


def _deliver(
    installation: Installation, line: dict[str, Any], connection_id: int, size: int, what: str
) -> bool:
    """Mark every contact, deliver until nothing waits, and compare the calls with the model."""
    before = _calls(line)
    started = time.monotonic()
    with installation.database.transaction() as tx:
        tx.execute(_MARK, {"connection_id": connection_id})
    while True:
        until = time.monotonic() + _SLICE_S
        deliver_slice(installation, _LANES, until=until)
        bulk_slice(installation, until=until)
        with installation.database.transaction() as tx:
            left = tx.execute(_LEFT).fetchone()
            (wait_s,) = tx.execute(_WAIT).fetchone() or (None,)
        if left == (0, 0):
            break
        time.sleep(max(0.01, wait_s or 0.0))
    calls, most = _calls(line) - before, model(size)
    ratio = calls / most
    is_held = ratio <= MOST_OF_THE_MODEL
    took_s = time.monotonic() - started
    print(
        f"{what:8}{size:>8,} contacts: {calls:5,} calls, model {most:5,}, ratio {ratio:.2f}, "
        f"at most {MOST_OF_THE_MODEL}: {'held' if is_held else 'MISSED'} ({took_s:.0f} s)",
        flush=True,
    )
    return is_held


def _calls(line: dict[str, Any]) -> int:
    """Return how many calls of the bridge the sandbox has counted."""
    listed = requests.get(
        f"{line['control_url']}/calls", params={"side": "constant_contact"}, timeout=60
    ).json()
    return sum(call["owner"] == "bridge" for call in listed)


if __name__ == "__main__":
    sys.exit(main())
