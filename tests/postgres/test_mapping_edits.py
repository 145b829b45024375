"""Texts that are written, counted and put to work: beside folders, and from many contacts."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bridge.edits import count
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mapping.versions import activate, activations, files_of, version_in_force
from bridge.prepare import prepare
from tests.unit.mapping_builders import contact_yaml, files_with

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from bridge.db.database import Database
    from bridge.settings import Settings

OLD = contact_yaml("first_name: FirstName")
NEW = contact_yaml(
    "first_name: {from: FirstName, default: Client}",
    "leave_out:\n  - when: {field: LastName, is: Gone}\n    reason: gone\n",
)
PAGE = contact_yaml("first_name: {from: FirstName, default: Client}")
PEOPLE = 25


@pytest.fixture
def tx_id(database: Database) -> int:
    """A connection with people: every fifth is without a first name, every sixth is left out."""
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
        assert row is not None
        connection_id = int(row[0])
        activate(tx, connection_id, files_with(contact=OLD), by="ada")
        for number in range(PEOPLE):
            a_person(tx, connection_id, number)
    return connection_id


def a_person(tx: psycopg.Connection[Any], connection_id: int, number: int) -> None:
    fields = {
        "Email": f"p{number}@example.org",
        "FirstName": None if number % 5 == 0 else "Ann",
        "LastName": "Gone" if number % 6 == 0 else "Moran",
    }
    sf_id, contact_id = f"003{number:015d}", f"00000000-0000-4000-8000-{number:012d}"
    there = {"contact_id": contact_id, "first_name": fields["FirstName"]}
    tx.execute(
        "INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, fields, source,"
        " seen_at) VALUES (%s, 'contact', %s, %s, %s, 'read', app_now())",
        (connection_id, sf_id, fields["Email"], json.dumps(fields)),
    )
    tx.execute(
        "INSERT INTO cc_contact (connection_id, contact_id, resource, seen_at)"
        " VALUES (%s, %s, %s, app_now())",
        (connection_id, contact_id, json.dumps(there)),
    )
    tx.execute(
        "INSERT INTO link VALUES (%s, 'contact', %s, %s, %s, app_now())",
        (connection_id, sf_id, contact_id, number % 7 != 0),
    )


def expected() -> dict[str, int]:
    """Return what changes, counted by hand; who shares a contact that another one owns is none."""
    owners = [number for number in range(PEOPLE) if number % 7]
    left_out = [number for number in owners if number % 6 == 0]
    changed = [number for number in owners if number % 5 == 0 and number % 6]
    return {"left_out": len(left_out), "changed": len(changed)}


@pytest.mark.parametrize("batch", [1, 4, 1000])
def test_all_are_counted_once_by_slices(
    database: Database, tx_id: int, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(count, "_BATCH", batch)
    with database.transaction() as tx:
        assert count.ask_count(tx, tx_id, 1, files_with(contact=NEW))
        assert not count.ask_count(tx, tx_id, 1, files_with(contact=NEW))
    while count.count_slice(database, until=time.monotonic()):
        pass
    with database.transaction() as tx:
        found = count.count_of(tx, tx_id, 1, files_with(contact=NEW))
    assert found is not None
    assert (found.is_whole, found.looked) == (True, PEOPLE - 4)
    assert found.counts == expected()
    assert found.changed == sum(expected().values())


def test_a_sample_of_few_is_everybody(database: Database, tx_id: int) -> None:
    old, new = [
        load_mapping(files_with(contact=text), profile="practifi", overrides={})
        for text in (OLD, NEW)
    ]
    with database.transaction() as tx:
        comparison = count.comparison_of(tx, tx_id, old, new)
        found, _ = count.look_at_some(tx, tx_id, comparison)
    assert (found.is_whole, found.counts) == (True, expected())


def test_files_that_cannot_be_used_are_not_counted_for_ever(database: Database, tx_id: int) -> None:
    faulty = files_with(contact="source: contact\n")
    with database.transaction() as tx:
        count.ask_count(tx, tx_id, 1, faulty)
    while count.count_slice(database, until=0):
        pass
    with database.transaction() as tx:
        found = count.count_of(tx, tx_id, 1, faulty)
    assert found is not None
    assert "contact.yaml:1" in (found.fault or "")


def a_folder(path: Path, files: dict[str, str]) -> Path:
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / name).write_bytes(text.encode())
    return path


def test_a_byte_order_mark_and_line_ends_of_a_file_are_kept(tmp_path: Path) -> None:
    files = files_with(contact="\ufeff" + OLD.replace("\n", "\r\n"))
    assert read_files(a_folder(tmp_path / "m", files)) == files


@pytest.mark.parametrize(("managed_by", "stays"), [("console", True), ("git", False)])
def test_what_came_from_a_page_outlives_a_folder_that_nobody_edited(
    database: Database, settings: Settings, tmp_path: Path, managed_by: str, *, stays: bool
) -> None:
    folder = a_folder(tmp_path / "m", files_with(contact=OLD))
    keys = SecretStr(Fernet.generate_key().decode())
    changed = {"keys": keys, "mappings": folder, "mappings_managed_by": managed_by}
    ours = settings.model_copy(update=changed)
    with database.transaction() as tx:
        add = "INSERT INTO connection (name) VALUES ('default') RETURNING id"
        [connection_id] = tx.execute(add).fetchone() or ()
    prepare(ours, renew_mappings=True)
    with database.transaction() as tx:
        assert activate(tx, connection_id, files_with(contact=PAGE), by="ann", origin="console")
        page = version_in_force(tx, connection_id)
    prepare(ours, renew_mappings=True)
    with database.transaction() as tx:
        assert (version_in_force(tx, connection_id) == page) is stays
    edited = OLD + "# edited\n"
    a_folder(folder, {"contact.yaml": edited})
    prepare(ours, renew_mappings=True)
    with database.transaction() as tx:
        now = version_in_force(tx, connection_id)
        assert now is not None
        files = files_of(tx, connection_id, now)
        assert files is not None
        assert files["contact.yaml"] == edited
        assert activations(tx, connection_id)[0].activated_by == "bridge up"
