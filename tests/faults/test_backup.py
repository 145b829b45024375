"""A backup that is six hours old is restored: nobody who opted out since is mailable after a night.

The copy is the server's own, file by file. What happened in the six hours is gone from the bridge's
memory, ledger included; both services still have it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bridge.clock import advance
from tests.faults.deaf import DeafFirm
from tests.faults.load import Firm as People
from tests.faults.ordeal import another
from tests.journey.mailings import a_household, clicked, opened
from tests.journey.reconciling import reconcile

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

SIX_HOURS_S = 6 * 3600.0
RESTORES = 1
WHO = ("stays", "unsubscribes", "is ticked", "complains", "leaves a list")


@contextmanager
def nobody_connected(conninfo: str) -> Iterator[tuple[psycopg.Connection, sql.Identifier]]:
    """End every session of a database; give a session beside it, and the database's name."""
    name = str(conninfo_to_dict(conninfo)["dbname"])
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as beside:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        beside.execute(query, [name])
        yield beside, sql.Identifier(name)


def back_up(conninfo: str) -> sql.Identifier:
    """Copy a database; return the name of the copy."""
    with nobody_connected(conninfo) as (beside, name):
        copy = sql.Identifier(f"{conninfo_to_dict(conninfo)['dbname']}_backup")
        beside.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(copy))
        beside.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, name))
    return copy


def restore(conninfo: str, copy: sql.Identifier) -> None:
    """Put the copy in the place of the database."""
    with nobody_connected(conninfo) as (beside, name):
        beside.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        beside.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(copy, name))


def test_a_backup_of_six_hours_ago_makes_nobody_mailable_and_doubles_no_interaction(
    firm: Firm, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    conninfo = firm.bridge.installation.settings.database_url or ""
    mailings = a_household(firm)
    people = People(firm.sandbox, another(plan))
    people.open()
    deaf = DeafFirm(firm, people)
    firm.settle()
    wrong: list[str] = []
    for number in range(scaled(RESTORES)):
        addresses = {who: f"{who.replace(' ', '.')}{number}@example.org" for who in WHO}
        members = {who: mailings.member(email) for who, email in addresses.items()}
        firm.settle()
        copy = back_up(conninfo)
        campaign = mailings.send(
            *(opened(email) for email in addresses.values()), name=f"Letter {number}"
        )
        deaf.work()
        firm.unsubscribes(addresses["unsubscribes"])
        firm.tick(members["is ticked"])
        mailings.act(
            campaign,
            clicked(addresses["stays"]),
            {"email": addresses["complains"], "kind": "optout"},
        )
        firm.leaves(addresses["leaves a list"], firm.cc_list_id(mailings.list_id))
        firm.settle(deletes=True)
        mailings.run()
        firm.sandbox.advance(SIX_HOURS_S)
        before = {one["CC_Bridge_Key__c"] for one in mailings.interactions()}
        [clock] = firm.bridge.rows("SELECT extract(epoch FROM ahead)::float AS s FROM clock_offset")
        restore(conninfo, copy)
        [old] = firm.bridge.rows("SELECT extract(epoch FROM ahead)::float AS s FROM clock_offset")
        with firm.bridge.database.transaction() as tx:
            advance(tx, clock["s"] - old["s"])
        reconcile(firm)
        mailings.run()
        firm.settle()
        after = [one["CC_Bridge_Key__c"] for one in mailings.interactions()]
        wrong += [f"Interaction {key} is doubled" for key in set(after) if after.count(key) > 1]
        wrong += [f"Interaction {key} is gone" for key in before - set(after)]
        people.left_by_themselves |= {addresses["unsubscribes"], addresses["complains"]}
        for who in ("unsubscribes", "is ticked", "complains"):
            if firm.permission(addresses[who]) != "unsubscribed":
                wrong.append(f"{addresses[who]} may be mailed")
        if firm.lists_of(addresses["leaves a list"]):
            wrong.append(f"{addresses['leaves a list']} is put back")
        firm.delete("Contact", members["leaves a list"])  # it differs from what Practifi demands
        firm.settle(deletes=True)
    deaf.judge(tally, "backup of six hours ago restored", tried=scaled(RESTORES), wrong=wrong)
