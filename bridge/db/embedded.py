"""The client's side of the embedded PostgreSQL server: find it, start its keeper, connect.

Each connect goes through here, so any process that reconnects heals a killed keeper or server.
The other side, and what the three locks mean, is in `bridge.db.keeper`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from bridge.db import keeper
from bridge.db.installation import find_installation
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_RETRY_S = 0.01
_MAX_SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103  # sun_path of <sys/un.h>, less 1
_MAX_LOG_BYTES = 1_000_000
_ADVICE = "set BRIDGE_DATA_DIR to a folder of your own, or DATABASE_URL"


def attach(data_dir: Path, *, deadline_s: float = 30) -> str:
    """Return the conninfo of the server of this data folder, which answers when this returns.

    The folder, the database and the server are made when they are missing. From the first call to
    its end this process counts as a client: the server stops two seconds after the last one.

    Args:
        data_dir: The data folder of the installation.
        deadline_s: Seconds to wait for the server to answer.

    Raises:
        ConfigurationError: If no server can run here; the message says why and what to set.
        psycopg.OperationalError: If the server did not answer in time.
    """
    with closing(connect_embedded(data_dir, deadline_s=deadline_s)):
        return _attachment(data_dir).conninfo


def connect_embedded(
    data_dir: Path, *, deadline_s: float = 30, application_name: str = ""
) -> psycopg.Connection:
    """Return a connection, in autocommit, to the server of this data folder; see `attach`.

    Args:
        data_dir: The data folder of the installation.
        deadline_s: Seconds to wait for the server to answer.
        application_name: What the server shall call this session.

    Raises:
        ConfigurationError: If no server can run here; the message says why and what to set.
        psycopg.OperationalError: If the server did not answer in time.
    """
    deadline = time.monotonic() + deadline_s
    # libpq obeys these where a parameter is not given: they speak of some other server.
    for name in [name for name in os.environ if name.startswith("PG")]:
        os.environ.pop(name, None)
    attachment = _attachment(data_dir)
    while True:
        attachment.join(deadline)
        attachment.ensure_keeper()
        try:
            return psycopg.connect(
                attachment.conninfo,
                autocommit=True,
                application_name=application_name,
                connect_timeout=max(2, int(deadline - time.monotonic())),
            )
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_S)


def detach(data_dir: Path, *, deadline_s: float = 60) -> None:
    """Stop being a client of a data folder that nobody else uses, and wait until its server ended.

    Close every connection before.

    Args:
        data_dir: The data folder.
        deadline_s: Seconds to wait for the end of the server.

    Raises:
        psycopg.OperationalError: If it has not ended by then.
    """
    with _attachments_guard:
        attachment = _attachments.pop(data_dir.resolve(), None)
    if attachment is None:
        return
    deadline = time.monotonic() + deadline_s
    owner_fd = _open_lock(attachment.folder / "owner.lock")
    try:
        attachment.leave()
        while not _try_lock(owner_fd, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise psycopg.OperationalError("the embedded PostgreSQL server does not end")
            time.sleep(_RETRY_S)
    finally:
        os.close(owner_fd)


@dataclass
class _Attachment:
    """This process as a client of one data folder."""

    folder: Path
    clients_fd: int = -1
    folder_fd: int = -1
    keeper_pid: int | None = None  # of a keeper that this process started
    log_start: int = 0

    def __post_init__(self) -> None:
        self._guard = threading.Lock()

    @property
    def conninfo(self) -> str:
        """The libpq parameters of the server, valid in this process."""
        host = str(self.folder / "pg")
        if _socket_bytes(self.folder) > _MAX_SOCKET_PATH_BYTES:
            host = f"/proc/self/fd/{self.folder_fd}/pg"
        return make_conninfo(host=host, port=5432, user=keeper.SUPERUSER, dbname=keeper.DATABASE)

    def join(self, deadline: float) -> None:
        """Share the clients' lock of the folder as it is now, and keep it."""
        with self._guard:
            while not self._is_joined():
                self._close()
                _make_folder(self.folder)
                self.clients_fd = _open_lock(self.folder / "clients.lock")
                self.folder_fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                while not _try_lock(self.clients_fd, fcntl.LOCK_SH):
                    if time.monotonic() > deadline:
                        message = "the embedded PostgreSQL server is stopping and does not end"
                        raise psycopg.OperationalError(message)
                    time.sleep(_RETRY_S)

    def leave(self) -> None:
        """Share the clients' lock no more."""
        with self._guard:
            self._close()

    def _close(self) -> None:
        for descriptor in (self.clients_fd, self.folder_fd):
            if descriptor >= 0:
                os.close(descriptor)
        self.clients_fd = self.folder_fd = -1

    def _is_joined(self) -> bool:
        """Tell whether the lock that is held is that of the folder of this name."""
        if self.clients_fd < 0:
            return False
        try:
            found = (self.folder / "clients.lock").stat()
        except OSError:
            return False
        return os.path.samestat(found, os.fstat(self.clients_fd))

    def ensure_keeper(self) -> None:
        """Start a keeper if the folder has no owner."""
        with self._guard:
            if self._has_keeper_given_up():
                raise ConfigurationError(self._what_keeper_said())
            owner_fd = _open_lock(self.folder / "owner.lock")
            try:
                if _try_lock(owner_fd, fcntl.LOCK_EX):
                    self._start_keeper(owner_fd)
            finally:
                os.close(owner_fd)

    def _start_keeper(self, owner_fd: int) -> None:
        found = find_installation(self.folder)
        log_fd = _open_lock(self.folder / "keeper.log")
        try:
            if os.fstat(log_fd).st_size > _MAX_LOG_BYTES:
                os.ftruncate(log_fd, 0)
            self.log_start = os.fstat(log_fd).st_size
            process = subprocess.Popen(  # noqa: S603 - our own file, no shell
                [
                    sys.executable,
                    *("-I", "-S", keeper.__file__),
                    *(str(self.folder), str(found.programs)),
                    *map(str, (found.user_id, found.group_id, owner_fd)),
                ],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log_fd,
                stderr=log_fd,
                pass_fds=(owner_fd,),
                start_new_session=True,
            )
        finally:
            os.close(log_fd)
        process.returncode = 0  # it outlives this process by design: nothing to warn of
        self.keeper_pid = process.pid

    def _has_keeper_given_up(self) -> bool:
        """Tell whether the keeper that this process started ended by itself, with an error."""
        if self.keeper_pid is None:
            return False
        pid, status = os.waitpid(self.keeper_pid, os.WNOHANG)
        if pid:
            self.keeper_pid = None
        return pid != 0 and os.waitstatus_to_exitcode(status) > 0  # below 0: killed

    def _what_keeper_said(self) -> str:
        with (self.folder / "keeper.log").open("rb") as log:
            log.seek(self.log_start)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(["the embedded PostgreSQL server did not start:", *lines[-10:], _ADVICE])


_attachments: dict[Path, _Attachment] = {}
_attachments_guard = threading.Lock()


def _attachment(data_dir: Path) -> _Attachment:
    folder = data_dir.resolve()
    with _attachments_guard:
        if folder not in _attachments:
            _attachments[folder] = _Attachment(folder)
        return _attachments[folder]


def _socket_bytes(folder: Path) -> int:
    return len(os.fsencode(folder / "pg" / ".s.PGSQL.5432"))


def _make_folder(folder: Path) -> None:
    if sys.platform != "linux" and _socket_bytes(folder) > _MAX_SOCKET_PATH_BYTES:
        message = f"the path {folder} is too long for a socket: {_ADVICE}"
        raise ConfigurationError(message)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {folder} cannot be made ({error.strerror}): {_ADVICE}"
        raise ConfigurationError(message) from error


def _open_lock(path: Path) -> int:
    """Open a file of the data folder for appending; root leaves it to the folder's owner."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except OSError as error:
        message = f"{path} cannot be used by this user ({error.strerror}): {_ADVICE}"
        raise ConfigurationError(message) from error
    return descriptor


def _try_lock(descriptor: int, kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    return False
