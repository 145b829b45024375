"""The stored versions of a mapping: one is active, a bad one never becomes so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bridge.errors import ConfigurationError, MappingError
from bridge.mapping.cli import main
from bridge.mapping.versions import activate, active, compiled_as, means_the_same
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings

Tx = psycopg.Connection[Any]


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    with database.transaction() as tx:
        yield tx


@pytest.fixture
def connection_id(tx: Tx) -> int:
    row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def test_a_connection_without_a_mapping_has_none(tx: Tx, connection_id: int) -> None:
    assert active(tx, connection_id) is None


def test_an_activated_mapping_is_the_one_that_works(tx: Tx, connection_id: int) -> None:
    assert activate(tx, connection_id, files_with(), by="ada") == 1
    found = active(tx, connection_id)
    assert found is not None
    assert (found.version_id, found.mapping.names.profile) == (1, "practifi")
    assert found.mapping.list.project({"Name": "News"}) == {"name": "News"}


def test_the_same_text_is_no_new_version(tx: Tx, connection_id: int) -> None:
    assert [activate(tx, connection_id, files_with(), by="ada") for _ in range(2)] == [1, 1]
    assert tx.execute("SELECT count(*) FROM mapping_version").fetchone() == (1,)


def test_going_back_to_an_old_text_makes_its_version_active_again(
    tx: Tx, connection_id: int
) -> None:
    first, second = files_with(), files_with(contact=contact_yaml("first_name: FirstName"))
    versions = [activate(tx, connection_id, files, by="ada") for files in (first, second, first)]
    assert versions == [1, 2, 1]
    rows = tx.execute("SELECT id, is_active FROM mapping_version ORDER BY id").fetchall()
    assert rows == [(1, True), (2, False)]


def test_files_whose_own_test_fails_never_come_into_force(tx: Tx, connection_id: int) -> None:
    head = "tests: [{name: it, expect: {first_name: Ada}}]\n"
    failing = files_with(contact=contact_yaml("first_name: FirstName", head=head))
    with pytest.raises(MappingError, match="test “it” fails"):
        activate(tx, connection_id, failing, by="ada")
    with pytest.raises(MappingError, match="test “it” fails"):
        compiled_as(tx, connection_id, failing)
    assert active(tx, connection_id) is None


def test_a_version_with_other_tests_means_the_same_and_one_with_another_rule_does_not(
    tx: Tx, connection_id: int
) -> None:
    head = "tests: [{name: it, expect: {}}]\n"
    for text in (contact_yaml(), contact_yaml("job_title: Title"), contact_yaml(head=head)):
        activate(tx, connection_id, files_with(contact=text), by="ada")
    found = active(tx, connection_id)
    assert found is not None
    assert [means_the_same(tx, connection_id, id_, found.mapping) for id_ in (1, 2, 3, 9)] == [
        True, False, True, False,
    ]  # fmt: skip


def test_a_bad_edit_never_replaces_a_good_mapping(tx: Tx, connection_id: int) -> None:
    activate(tx, connection_id, files_with(), by="ada")
    with pytest.raises(MappingError, match="frist_name"):
        activate(tx, connection_id, files_with(contact=contact_yaml("frist_name: F")), by="bo")
    found = active(tx, connection_id)
    assert found is not None
    assert found.version_id == 1


def test_the_names_of_the_connection_are_those_of_its_mapping(tx: Tx, connection_id: int) -> None:
    activate(tx, connection_id, files_with(), by="ada")
    tx.execute(
        "UPDATE connection SET profile = 'bridge', object_names = %s WHERE id = %s",
        (Jsonb({"contact": {"email": "Work_Email__c"}}), connection_id),
    )
    found = active(tx, connection_id)
    assert found is not None
    assert found.mapping.names.list.object == "CC_Bridge_List__c"
    assert found.mapping.contact.paths[0] == "Work_Email__c"


def test_a_mapping_is_compiled_once_for_all_who_share_it(tx: Tx, connection_id: int) -> None:
    activate(tx, connection_id, files_with(), by="ada")
    one, other = active(tx, connection_id), active(tx, connection_id)
    assert one is not None
    assert other is not None
    assert one.mapping is other.mapping


def test_the_command_line_activates_the_files_of_a_folder(
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name) VALUES ('default')")
    monkeypatch.setenv("DATABASE_URL", str(settings.database_url))
    assert main(["activate", str(SHIPPED)]) == 0
    assert main(["activate", str(SHIPPED), "--json"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "default: version 1 is active"
    told = json.loads(second)
    assert (told["connection"], told["version"], told["to_deploy"]) == ("default", 1, [])
    assert (told["applies_to"], told["run"], told["changed"]) == ("all", None, 0)


def test_an_unknown_connection_is_told(tx: Tx) -> None:
    with pytest.raises(ConfigurationError, match="no connection 999"):
        activate(tx, 999, files_with(), by="ada")
