"""What a backup says of itself, and how PostgreSQL's programs are called."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from bridge.backups.manifest import Manifest, read_manifest, refuse_newer
from bridge.backups.programs import Programs, find_programs, reach
from bridge.errors import ConfigurationError

MANIFEST = Manifest(
    taken_at=datetime(2026, 11, 29, 3, 15, tzinfo=UTC),
    version="0.1.0",
    schema_version=48,
    server_version=180006,
    digest="ab" * 32,
    dump_bytes=7,
    tables={"public.connection": 1},
    key_ids=["0123456789abcdef"],
    with_keys=False,
)


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert read_manifest(MANIFEST.as_text()) == MANIFEST


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "no backup of this", id="nothing"),
        pytest.param("[]", "no backup of this", id="a list"),
        pytest.param('{"format": 1}', "no backup of this", id="half of it"),
        pytest.param(
            json.dumps(json.loads(MANIFEST.as_text()) | {"format": 2}), "is 2", id="a later format"
        ),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        read_manifest(text)


def test_only_a_backup_of_a_newer_schema_is_refused() -> None:
    refuse_newer(MANIFEST, known=48, version="0.1.0")
    with pytest.raises(ConfigurationError, match="knows schema 47: restore it with that version"):
        refuse_newer(MANIFEST, known=47, version="0.0.9")


def test_a_password_is_no_argument_of_a_program() -> None:
    access = reach("postgresql://bridge:s3cret@db.example.org:6432/bridge?sslmode=require")
    assert "s3cret" not in access.conninfo
    assert access.environment["PGPASSWORD"] == "s3cret"
    assert "sslmode=require" in access.conninfo


def test_a_socket_that_is_reached_through_an_open_folder_stays_reachable() -> None:
    assert reach("host=/proc/self/fd/7/pg dbname=bridge").descriptors == (7,)
    assert reach("host=/run/postgresql dbname=bridge").descriptors == ()


def test_programs_are_as_new_as_the_server_or_the_package_is_named() -> None:
    assert isinstance(find_programs(180_006), Programs)
    with pytest.raises(ConfigurationError, match="install the package postgresql-client-99"):
        find_programs(990_000)
