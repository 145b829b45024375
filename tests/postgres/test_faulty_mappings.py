"""A stored mapping that does not compile any more stops its connection, and no other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from bridge.connections.store import list_connections
from bridge.inbox.triage import triage_batch
from bridge.mapping.versions import activate, usable
from bridge.prepare import prepare
from bridge.settings import read_settings
from bridge.status.alarms import alarms
from bridge.status.gather import read_screen
from tests import outbound
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_inbox import RunningReceiver

OTHER_ORGANIZATION = "00D5g000004aBcEEAU"
FAULTY = Jsonb(files_with(contact=contact_yaml("frist_name: FirstName")))


@pytest.fixture
def firms(receiver: RunningReceiver) -> RunningReceiver:
    """The mapping of `firm` has a fault, that of `other` has none; a message waits for each."""
    path = receiver.add("other", OTHER_ORGANIZATION)
    with receiver.database.transaction() as tx:
        for connection in list_connections(tx):
            activate(tx, connection.id, files_with(), by="test")
        tx.execute(
            "UPDATE mapping_version v SET files = %s, digest = 'faulty' FROM connection c"
            " WHERE c.id = v.connection_id AND c.name = 'firm'",
            (FAULTY,),
        )
    receiver.post(outbound.message(outbound.notification()))
    body = outbound.message(outbound.notification(), organization_id=OTHER_ORGANIZATION)
    assert receiver.post(body, path=path).status_code == 200
    return receiver


def states(firms: RunningReceiver) -> list[str]:
    return [row["state"] for row in firms.notifications()]


def standing(firms: RunningReceiver) -> list[tuple[str, str | None]]:
    with firms.database.transaction() as tx:
        found = alarms(read_screen(tx, read_settings()))
    return [(alarm.cause, alarm.connection) for alarm in found if "mapping" in alarm.cause]


def activate_again(firms: RunningReceiver) -> None:
    with firms.database.transaction() as tx:
        for connection in list_connections(tx):
            activate(tx, connection.id, files_with(), by="test")


def test_another_connection_is_triaged_and_the_faulty_one_is_an_alarm(
    firms: RunningReceiver,
) -> None:
    triage_batch(firms.database, consent=False)
    assert states(firms) == ["received", "waiting"]
    assert standing(firms) == [("mapping_faulty", "firm")]


def test_what_waits_for_a_faulty_mapping_hides_nobody_behind_it(firms: RunningReceiver) -> None:
    for _ in range(2):
        triage_batch(firms.database, consent=False, count=1)
    assert states(firms) == ["received", "waiting"]


def test_a_mapping_that_is_mended_takes_up_what_waited(firms: RunningReceiver) -> None:
    triage_batch(firms.database, consent=False)
    activate_again(firms)
    triage_batch(firms.database, consent=False)
    assert states(firms) == ["waiting", "waiting"]
    assert standing(firms) == []


def test_a_mapping_that_compiles_again_goes_on_by_itself_within_a_minute(
    firms: RunningReceiver,
) -> None:
    triage_batch(firms.database, consent=False)
    with firms.database.transaction() as tx:
        tx.execute(
            "UPDATE mapping_version SET files = %s, digest = 'mended',"
            " fault_at = fault_at - interval '61 seconds' WHERE fault IS NOT NULL",
            (Jsonb(files_with()),),
        )
    triage_batch(firms.database, consent=False)
    assert states(firms) == ["waiting", "waiting"]
    assert standing(firms) == []


def test_a_start_with_good_files_mends_a_faulty_mapping(
    database: Database, settings: Settings
) -> None:
    keys = SecretStr(Fernet.generate_key().decode())
    ours = settings.model_copy(update={"keys": keys, "mappings": SHIPPED})
    with database.transaction() as tx:
        add = "INSERT INTO connection (name) VALUES ('default') RETURNING id"
        [connection_id] = tx.execute(add).fetchone() or ()
        activate(tx, connection_id, files_with(), by="test")
        tx.execute("UPDATE mapping_version SET files = %s, digest = 'faulty'", (FAULTY,))
    for renew, is_usable in ((False, False), (True, True)):
        prepare(ours, renew_mappings=renew)
        with database.transaction() as tx:
            assert (usable(tx, connection_id) is not None) == is_usable
