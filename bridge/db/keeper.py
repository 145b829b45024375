"""The process that owns the embedded PostgreSQL server of one data folder.

It makes the database cluster, starts the server, starts it again when it is killed, and stops it
when no client has been there for two seconds. It is not part of a bridge process: `attach` (in
`bridge.db.embedded`) runs this file by itself, as `python -I -S keeper.py DATA_DIR PROGRAMS
USER_ID GROUP_ID OWNER_FD`, so it uses the standard library only. What it and PostgreSQL print goes
to `DATA_DIR/keeper.log`.

Nothing is decided by a process id or a ready file, only by locks that the kernel drops with their
last holder:

- `owner.lock`, exclusive: held by the keeper and, inherited, by every PostgreSQL process. Whoever
  can take it knows that neither is left, and starts the next keeper with it.
- `clients.lock`, shared by each process that uses the server. The keeper tries to take it whole;
  when it could for two seconds it keeps it and stops the server, so newcomers wait for the end.
- the folder `pg` itself, exclusive: held only by the PostgreSQL processes of one start. Until the
  last of them has gone no other server is started on the same files.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

TICK_S = 0.25
"""Seconds between two looks at the clients and the folder."""

LINGER_S = 2.0
"""Seconds without any client after which the server stops."""

STOP_S = 60.0
"""Seconds that a fast shutdown may take before the server is stopped without a checkpoint."""

SHORT_LIFE_S = 2.0
"""A server that lived for less counts as a failed start."""

MAX_SHORT_LIVES = 20
"""Failed starts in a row after which the keeper gives up."""

SUPERUSER = "bridge"
DATABASE = "bridge"

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # The log must hold no person's data: a DETAIL line shows the values of a violated key.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    # A new segment of the write-ahead log holds every commit up for 50 to 100 ms while it is filled
    # with zeroes; with these, a server in use writes over the sixteen that it has.
    "min_wal_size": "256MB",
    "max_wal_size": "256MB",
}


class Keeper:
    """One server on one data folder, from its start to its stop."""

    def __init__(
        self, data_dir: Path, programs: Path, user_id: int, group_id: int, owner_fd: int
    ) -> None:
        self._folder = data_dir
        self._programs = programs
        self._user_id = user_id
        self._group_id = group_id
        self._owner_fd = owner_fd
        self._clients_fd = os.open(data_dir / "clients.lock", os.O_RDWR | os.O_CLOEXEC)
        self._is_told_to_stop = False
        # Signals only end the wait of a tick: a byte in this pipe cannot be missed.
        self._wake_fd, wake_write_fd = os.pipe()
        os.set_blocking(self._wake_fd, False)
        os.set_blocking(wake_write_fd, False)
        signal.set_wakeup_fd(wake_write_fd, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop_soon)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def run(self) -> None:
        """Keep the server until nobody needs it.

        Raises:
            SystemExit: If the server cannot be started; the message is the reason.
        """
        self._make_cluster()
        server = self._start()
        started = lonely_since = time.monotonic()
        short_lives = 0
        while True:
            self._wait_a_tick()
            now = time.monotonic()
            if not self._owns_folder():
                server.send_signal(signal.SIGQUIT)
                server.wait()
                return
            if server.poll() is not None:
                _say(f"server ended with {server.returncode}")
                short_lives = short_lives + 1 if now - started < SHORT_LIFE_S else 0
                if short_lives == MAX_SHORT_LIVES:
                    sys.exit(f"PostgreSQL ended {MAX_SHORT_LIVES} times right after its start")
                if short_lives:
                    time.sleep(0.1)
                server = self._start()
                started = time.monotonic()
            if not self._has_no_clients():
                lonely_since = now
            elif self._is_told_to_stop or now - lonely_since >= LINGER_S:
                break
            else:
                fcntl.flock(self._clients_fd, fcntl.LOCK_UN)
            if self._is_told_to_stop:
                break
        self._stop(server)

    def _make_cluster(self) -> None:
        """Make the database cluster, whole or not at all."""
        cluster, fresh = self._folder / "pg", self._folder / "pg.new"
        if cluster.exists():
            return
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(fresh, self._user_id, self._group_id)
        self._run_in(
            fresh,
            "initdb",
            f"--pgdata={_here(fresh)}",
            f"--username={SUPERUSER}",
            "--auth=trust",  # the socket and the folder are open to the server's user alone
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        )
        self._run_in(
            fresh,
            "postgres",
            "--single",
            "-D",
            _here(fresh),
            "postgres",
            text=f"CREATE DATABASE {DATABASE}\n",
        )
        fresh.rename(cluster)
        folder_fd = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder_fd)
        os.close(folder_fd)

    def _run_in(self, folder: Path, program: str, *arguments: str, text: str = "") -> None:
        """Run a program of the server's to its end, as the server's user."""
        process = self._popen(folder, program, *arguments, stdin=subprocess.PIPE)
        process.communicate(text.encode())
        if process.returncode:
            sys.exit(f"{program} ended with {process.returncode}")

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the server once the last process of the one before has gone."""
        cluster = self._folder / "pg"
        cluster_fd = os.open(cluster, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(cluster_fd, fcntl.LOCK_EX)
        # What a killed server left behind is stale, as the lock proves. PostgreSQL is more careful:
        # where nobody reaps the dead, a zombie with the noted process id would stop it for good.
        for name in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (cluster / name).unlink(missing_ok=True)
        settings = _SERVER_SETTINGS | {"unix_socket_directories": _here(cluster)}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        server = self._popen(
            cluster, "postgres", "-D", _here(cluster), *options, inherited=(cluster_fd,)
        )
        os.close(cluster_fd)
        return server

    def _popen(
        self,
        folder: Path,
        program: str,
        *arguments: str,
        stdin: int = subprocess.DEVNULL,
        inherited: tuple[int, ...] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program in a folder, as the server's user, so that it ends when we are killed."""
        is_root = os.geteuid() == 0
        return subprocess.Popen(  # noqa: S603 - our own binaries, no shell
            [self._programs / program, *arguments],
            cwd=folder,
            env=_ENVIRONMENT,
            stdin=stdin,
            pass_fds=(self._owner_fd, *inherited),
            start_new_session=True,
            umask=0o077,
            user=self._user_id if is_root else None,
            group=self._group_id if is_root else None,
            extra_groups=[] if is_root else None,
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - this process has one thread
        )

    def _stop(self, server: subprocess.Popen[bytes]) -> None:
        """Stop the server and wait for its end."""
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        self._is_told_to_stop = True

    def _wait_a_tick(self) -> None:
        """Wait for a signal or for the next tick."""
        if select.select([self._wake_fd], [], [], TICK_S)[0]:
            os.read(self._wake_fd, 4096)

    def _owns_folder(self) -> bool:
        """Tell whether the data folder is still the one that was opened."""
        try:
            found = (self._folder / "clients.lock").stat()
        except OSError:
            return False
        return os.path.samestat(found, os.fstat(self._clients_fd))

    def _has_no_clients(self) -> bool:
        """Take the clients' lock whole, if nobody shares it; the caller gives it back."""
        try:
            fcntl.flock(self._clients_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _here(folder: Path) -> str:
    """Return a name of the working folder that works whatever its parents' permissions are."""
    return "/proc/self/cwd" if sys.platform == "linux" else str(folder)


def _die_with(keeper_pid: int) -> Callable[[], None]:
    """Return what makes a new child get SIGINT when the keeper dies (Linux only).

    It must run after the change of user, which clears the death signal.
    """
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_for_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT))
        if os.getppid() != keeper_pid:
            os._exit(1)

    return ask_for_signal


def _say(text: str) -> None:
    print(f"keeper: {text}", file=sys.stderr, flush=True)  # noqa: T201 - this is the log


def main(arguments: list[str]) -> None:
    """Keep the server of a data folder; see the module for the arguments."""
    data_dir, programs, *numbers = arguments
    user_id, group_id, owner_fd = map(int, numbers)
    Keeper(Path(data_dir), Path(programs), user_id, group_id, owner_fd).run()


if __name__ == "__main__":
    main(sys.argv[1:])
