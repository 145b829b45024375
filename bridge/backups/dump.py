"""Run PostgreSQL's programs on a dump that goes through in pieces: make, check and put back."""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, cast

from bridge.backups.archive import PIECE_BYTES, BackupFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bridge.backups.programs import Programs, Reach

_OWN_TIME_LIMIT = b"SET transaction_timeout = 0;\n"  # unknown to servers before PostgreSQL 17
_HEAD_LINES = 60


def make_dump(programs: Programs, reach: Reach, snapshot: str) -> Iterator[bytes]:
    """Yield the dump of what a snapshot sees, compressed.

    What is unlogged is left out: PostgreSQL itself empties it after a crash, so all who use it can
    do without.

    Raises:
        BackupFailed: If it could not be made.
    """
    arguments = [
        programs.path("pg_dump"),
        *("--format=custom", "--compress=3", "--no-owner", "--no-privileges"),
        *("--no-unlogged-table-data", "--no-publications", "--no-subscriptions", "--no-password"),
        *("--lock-wait-timeout=30s", f"--snapshot={snapshot}", f"--dbname={reach.conninfo}"),
    ]
    with _running(arguments, reach, stdout=subprocess.PIPE) as process:
        yield from _pieces(process.stdout)


def check_dump(programs: Programs, reach: Reach, pieces: Iterable[bytes]) -> None:
    """Read a dump to its end, as one does who restores it.

    Raises:
        BackupFailed: If it cannot be read.
    """
    arguments = [programs.path("pg_restore"), "--file=/dev/null"]
    with _running(arguments, reach, stdin=subprocess.PIPE) as process:
        _feed(process.stdin, pieces)


def put_back(
    programs: Programs,
    reach: Reach,
    pieces: Iterable[bytes],
    *,
    before: Sequence[bytes],
    after: Sequence[bytes],
) -> None:
    """Put a dump into a database; it and the statements around it are one transaction.

    Args:
        programs: Make statements of the dump, and carry them out.
        reach: The database.
        pieces: The dump.
        before: Statements that go before it.
        after: Statements that go after it; one that fails takes everything back.

    Raises:
        BackupFailed: If something failed: the database is as it was.
    """
    read = [
        programs.path("pg_restore"),
        *("--no-owner", "--no-privileges", "--file=-"),
    ]
    write = [
        programs.path("psql"),
        *("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"),
        *("--output=/dev/null", "--no-password", f"--dbname={reach.conninfo}", "--file=-"),
    ]
    with _running(write, reach, stdin=subprocess.PIPE) as writer:
        script = _script(read, reach, pieces)
        _feed(writer.stdin, chain(_statements(before), script, _statements(after)))


def _script(arguments: Sequence[str], reach: Reach, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the statements that a dump comes to."""
    with _running(arguments, reach, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        feeder = _Feeder(reader.stdin, pieces)
        feeder.start()
        output = cast("IO[bytes]", reader.stdout)
        for line in islice(output, _HEAD_LINES):
            if line != _OWN_TIME_LIMIT:
                yield line
        yield from _pieces(output)
        feeder.join()
        if feeder.error is not None:
            raise feeder.error


class _Feeder(threading.Thread):
    """Gives a program its input while somebody else reads what it makes of it."""

    def __init__(self, target: IO[bytes] | None, pieces: Iterable[bytes]) -> None:
        super().__init__(name="feed-dump", daemon=True)
        self._target = target
        self._pieces = pieces
        self.error: BackupFailed | None = None

    def run(self) -> None:
        """Write everything, then close; what is wrong with the dump is kept for the reader."""
        try:
            _feed(self._target, self._pieces)
        except BackupFailed as error:
            self.error = error
        if self._target is not None:
            with suppress(OSError):
                self._target.close()


def _statements(statements: Sequence[bytes]) -> Iterator[bytes]:
    for statement in statements:
        yield statement + b";\n"


def _pieces(source: IO[bytes] | None) -> Iterator[bytes]:
    while source is not None and (piece := source.read(PIECE_BYTES)):
        yield piece


def _feed(target: IO[bytes] | None, pieces: Iterable[bytes]) -> None:
    """Write pieces to a program; one that has ended says itself why."""
    assert target is not None  # noqa: S101 -- it was started with a pipe
    with suppress(BrokenPipeError):
        for piece in pieces:
            target.write(piece)
        target.flush()


@contextmanager
def _running(
    arguments: Sequence[str], reach: Reach, *, stdin: int = subprocess.DEVNULL, stdout: int = -3
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program; at the end its input is closed, and it has to end well.

    Where the caller fails it is killed, so that half an input never counts as a whole one.

    Raises:
        BackupFailed: If it does not end well; with its own words.
    """
    with tempfile.TemporaryFile() as says:
        process = subprocess.Popen(  # noqa: S603 -- PostgreSQL's own program, no shell
            arguments,
            stdin=stdin,
            stdout=stdout,
            stderr=says,
            env=reach.environment,
            pass_fds=reach.descriptors,
        )
        try:
            yield process
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
        if code:
            says.seek(0)
            raise BackupFailed(_words(arguments[0], says.read().decode(errors="replace")))


def _words(program: str, said: str) -> str:
    r"""Return why a program failed: the line with its error, without what follows it.

    >>> _words("/bin/psql", "psql:<stdin>:7: ERROR:  relation \"a\" exists\nDETAIL:  more")
    'psql: ERROR:  relation "a" exists'
    """
    lines = [line for line in said.splitlines() if line.strip()]
    chosen = next((line for line in lines if "error:" in line.lower()), (lines or ["failed"])[0])
    name = program.rpartition("/")[2]
    found = re.search(r"(?:ERROR|error): .*", chosen)
    return f"{name}: {found[0] if found else chosen}"
