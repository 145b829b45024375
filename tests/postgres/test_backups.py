"""A backup holds what was so at one moment; a restore brings all of it back, or changes nothing."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from bridge.backups import back_up as making
from bridge.backups.archive import BackupFailed
from bridge.backups.back_up import back_up
from bridge.backups.programs import find_programs
from bridge.backups.restore import restore
from bridge.backups.store import newest_backup
from bridge.connections.keyring import KeyRing, read_ring
from bridge.connections.secrets import read_secret, write_secret
from bridge.connections.store import add_connection
from bridge.db.database import connect
from bridge.db.embedded import detach
from bridge.errors import ConfigurationError
from bridge.pauses import cli as pauses
from tests.fix_db import own_database
from tests.postgres.backing_up import empty_database, rows, with_ring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.backups.back_up import Made
    from bridge.backups.programs import Programs
    from bridge.settings import Settings

ORGANIZATION = "00D000000000062EAA"


@pytest.fixture(scope="module")
def firm(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A database with a connection and its secrets, and the ring that opens them; left as it is."""
    with own_database(server, tmp_path_factory.mktemp("firm")) as settings:
        yield with_connection(settings)


@pytest.fixture
def changing(settings: Settings) -> Settings:
    """Another such database, for a test that changes it."""
    return with_connection(settings)


def with_connection(settings: Settings) -> Settings:
    settings = with_ring(settings)
    with connect(settings) as tx:
        add_connection(tx, KeyRing(read_ring(settings)), "firm", ORGANIZATION)
    return settings


@pytest.fixture
def elsewhere(server: str, firm: Settings) -> Iterator[Settings]:
    """An empty database, with the same key ring."""
    with empty_database(server, firm) as settings:
        yield settings


@pytest.fixture(scope="module")
def made(firm: Settings, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A backup of the firm."""
    return back_up(firm, tmp_path_factory.mktemp("backups"), with_keys=False, by="ann")


def path_secret(settings: Settings) -> str:
    with connect(settings) as tx:
        [(number,)] = tx.execute("SELECT id FROM connection WHERE name = 'firm'").fetchall()
        secret = read_secret(tx, KeyRing(read_ring(settings)), number, "path_secret")
    assert secret is not None
    return secret.text


def store_token(settings: Settings, text: str) -> None:
    with connect(settings) as tx:
        write_secret(tx, KeyRing(read_ring(settings)), 1, "cc_token", text)


def everything(settings: Settings, made: Made) -> dict[str, list[tuple[str]]]:
    """Return the rows of every table but those that a restore writes, as text."""
    own = {"public.backup", "public.restoration", "public.pause"}
    return {
        name: rows(settings, f"SELECT t::text FROM {name} t ORDER BY 1")  # noqa: S608
        for name in made.manifest.tables
        if name not in own
    }


def test_what_is_restored_is_what_was_there(
    firm: Settings, elsewhere: Settings, made: Made
) -> None:
    restore(elsewhere, made.path, replace=False, by="ann")
    assert everything(elsewhere, made) == everything(firm, made)
    assert path_secret(elsewhere) == path_secret(firm)


def test_a_backup_is_known_afterwards(firm: Settings, made: Made) -> None:
    with connect(firm) as tx:
        known = newest_backup(tx)
    assert known is not None
    assert (known.path, known.digest) == (str(made.path), made.manifest.digest)
    assert known.age_s >= 0


def test_a_backup_sees_one_moment(
    changing: Settings, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def while_others_write(server_version: int) -> Programs:
        rows(changing, "INSERT INTO connection (name) VALUES ('later')")
        return find_programs(server_version)

    monkeypatch.setattr(making, "find_programs", while_others_write)
    made = back_up(changing, tmp_path, with_keys=False, by="ann")
    restore(elsewhere, made.path, replace=False, by="ann")
    assert rows(elsewhere, "SELECT name FROM connection") == [("firm",)]


def test_only_the_owner_reads_a_backup_and_the_ring_is_not_in_it(made: Made) -> None:
    assert made.path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == ["database.dump", "manifest.json"]


def test_the_ring_goes_along_where_that_is_asked_for(firm: Settings, tmp_path: Path) -> None:
    made = back_up(firm, tmp_path, with_keys=True, by="ann")
    with zipfile.ZipFile(made.path) as archive:
        assert archive.read("keys").decode().split() == read_ring(firm)


def test_a_restore_says_which_key_is_missing(elsewhere: Settings, made: Made) -> None:
    done = restore(with_ring(elsewhere), made.path, replace=False, by="ann")
    assert list(done.missing_keys) == made.manifest.key_ids != []


def test_a_database_that_holds_something_is_left_alone(firm: Settings, made: Made) -> None:
    with pytest.raises(ConfigurationError, match="not empty: give --replace"):
        restore(firm, made.path, replace=False, by="ann")


def test_nothing_is_replaced_under_somebody_who_works(firm: Settings, made: Made) -> None:
    with connect(firm), pytest.raises(ConfigurationError, match="1 other sessions use the"):
        restore(firm, made.path, replace=True, by="ann")


def test_what_happened_since_goes_and_the_logins_of_now_stay(
    changing: Settings, tmp_path: Path
) -> None:
    store_token(changing, "of then")
    made = back_up(changing, tmp_path, with_keys=False, by="ann")
    store_token(changing, "of now")
    rows(changing, "INSERT INTO connection (name) VALUES ('later')")
    done = restore(changing, made.path, replace=True, by="ann")
    assert done.keeps_logins
    assert rows(changing, "SELECT name FROM connection") == [("firm",)]
    with connect(changing) as tx:
        token = read_secret(tx, KeyRing(read_ring(changing)), 1, "cc_token")
    assert token is not None
    assert token.text == "of now"


def test_deliveries_stand_still_and_opt_outs_go_on(elsewhere: Settings, made: Made) -> None:
    restore(elsewhere, made.path, replace=False, by="ann")
    paused = rows(elsewhere, "SELECT lane, paused_by FROM pause ORDER BY lane")
    assert paused == [(lane, "bridge restore") for lane in range(1, 5)]
    [(taken_at, by)] = rows(elsewhere, "SELECT taken_at, restored_by FROM restoration")
    assert (taken_at, by) == (made.manifest.taken_at, "ann")


def test_they_go_on_once_a_plan_was_made_that_compares_both_sides(
    elsewhere: Settings, made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    restore(elsewhere, made.path, replace=False, by="ann")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", elsewhere.database_url or "")
    with pytest.raises(ConfigurationError, match="reconcile contacts --plan --connection firm"):
        pauses.resume([])
    rows(
        elsewhere,
        """
        INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, finished_at)
        VALUES (1, 'contacts', 'plan', 'cli', 'ann', app_now(), 'done', app_now())
        """,
    )
    assert pauses.resume([]) == 0
    assert rows(elsewhere, "SELECT * FROM pause") == []


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_damaged_backup_changes_nothing(
    firm: Settings, made: Made, tmp_path: Path, cut: float
) -> None:
    whole = made.path.read_bytes()
    at = int(len(whole) * cut)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    before = everything(firm, made)
    with pytest.raises((BackupFailed, ConfigurationError)):
        restore(firm, damaged, replace=True, by="ann")
    assert everything(firm, made) == before


def test_a_restore_that_lacks_a_row_changes_nothing(
    changing: Settings, made: Made, tmp_path: Path
) -> None:
    short = tmp_path / "short.zip"
    with zipfile.ZipFile(made.path) as source, zipfile.ZipFile(short, "w") as target:
        manifest = source.read("manifest.json").decode()
        target.writestr("database.dump", source.read("database.dump"))
        wrong = manifest.replace('"public.connection": 1', '"public.connection": 2')
        target.writestr("manifest.json", wrong)
    rows(changing, "INSERT INTO connection (name) VALUES ('later')")
    with pytest.raises(BackupFailed, match=r"of 2 rows of public\.connection are there: 1"):
        restore(changing, short, replace=True, by="ann")
    assert rows(changing, "SELECT count(*) FROM connection") == [(2,)]


def test_a_backup_of_a_newer_program_is_refused(
    elsewhere: Settings, made: Made, tmp_path: Path
) -> None:
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(made.path) as source, zipfile.ZipFile(newer, "w") as target:
        manifest = source.read("manifest.json").decode()
        version = f'"schema_version": {made.manifest.schema_version}'
        target.writestr("manifest.json", manifest.replace(version, '"schema_version": 9999'))
    with pytest.raises(ConfigurationError, match="has schema 9999; this is version"):
        restore(elsewhere, newer, replace=False, by="ann")


def test_only_as_many_backups_are_kept_as_are_wanted(firm: Settings, tmp_path: Path) -> None:
    paths = [back_up(firm, tmp_path, with_keys=False, by="ann", keep=2).path for _ in range(3)]
    assert sorted(tmp_path.iterdir()) == sorted(paths[1:])


def test_a_folder_that_takes_nothing_is_named(firm: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupFailed, match=r"no backup can be written to .*file"):
        back_up(firm, tmp_path / "file", with_keys=False, by="ann")


def test_an_embedded_database_comes_back_on_another_machine_with_its_keys(
    firm: Settings, tmp_path: Path
) -> None:
    made = back_up(firm, tmp_path, with_keys=True, by="ann")
    other = firm.model_copy(
        update={"database_url": None, "keys": None, "data_dir": tmp_path / "other"}
    )
    try:
        done = restore(other, made.path, replace=False, by="ann")
        assert done.missing_keys == ()
        assert path_secret(other) == path_secret(firm)
    finally:
        detach(other.data_dir)
