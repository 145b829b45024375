"""A backup goes from one major version of PostgreSQL to another, older or newer, and back.

The other server is one that the machine has (Debian's packages put it there); without one there is
nothing to compare with.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bridge.backups.back_up import back_up
from bridge.backups.restore import restore
from bridge.connections.keyring import KeyRing, read_ring
from bridge.connections.store import add_connection
from bridge.db.database import connect
from bridge.db.migrate import migrate
from tests.postgres.backing_up import empty_database, with_ring
from tests.postgres.test_backups import ORGANIZATION, everything, path_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.settings import Settings

THERE = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
_START_S = 20.0

pytestmark = pytest.mark.skipif(not THERE, reason="this machine has no other PostgreSQL server")


@pytest.fixture(scope="module")
def other() -> Iterator[str]:
    """The conninfo of a server of another major version, in a folder of its own."""
    programs = THERE[0].parent
    user = pwd.getpwnam("nobody").pw_name if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="bridge-other-"))
    if user is not None:
        shutil.chown(folder, user)
    data, where = folder / "data", make_conninfo(host=str(folder), user="bridge", dbname="postgres")
    made = [programs / "initdb", "-D", data, "-U", "bridge", "--auth=trust", "-E", "UTF8", "-N"]
    subprocess.run(made, check=True, capture_output=True, user=user, cwd=folder)  # noqa: S603
    asked = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-F"]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(asked, user=user, cwd=folder, stdout=log, stderr=log)  # noqa: S603
    try:
        _wait_for(where)
        yield where
    finally:
        process.terminate()
        process.wait(_START_S)
        log.close()
        shutil.rmtree(folder)


def _wait_for(conninfo: str) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(conninfo).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the other server does not start"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("way", ["from the other to ours", "from ours to the other"])
def test_what_is_restored_elsewhere_is_what_was_there(
    server: str, other: str, settings: Settings, tmp_path: Path, way: str
) -> None:
    source, target = (other, server) if way.startswith("from the other") else (server, other)
    with (
        empty_database(source, with_ring(settings)) as before,
        empty_database(target, before) as after,
    ):
        migrate(before)
        with connect(before) as tx:
            add_connection(tx, KeyRing(read_ring(before)), "firm", ORGANIZATION)
        made = back_up(before, tmp_path, with_keys=False, by="ann")
        restore(after, made.path, replace=False, by="ann")
        assert everything(after, made) == everything(before, made)
        assert path_secret(after) == path_secret(before)
