"""A process that uses the embedded server, for the tests of it: `embedded_client.py FOLDER WORD`.

`attach` prints the server's process id and waits for its standard input to end. `write` inserts
numbers, one a transaction, and prints each one once its commit was acknowledged.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

from bridge.db.database import open_database
from bridge.settings import Settings


def main(folder: str, word: str) -> None:
    values: dict[str, object] = {"_env_file": None, "database_url": None, "data_dir": Path(folder)}
    database = open_database(Settings(**values))  # type: ignore[arg-type]
    if word == "attach":
        with database.transaction() as tx:
            pid = Path(folder, "pg", "postmaster.pid").read_text(encoding="ascii").split()[0]
            tx.execute("SELECT 1")
        print(pid, flush=True)  # noqa: T201
        sys.stdin.read()
        return
    number = 0
    while True:
        number += 1
        try:
            with database.transaction() as tx:
                tx.execute("INSERT INTO written VALUES (%s)", (number,))
        except psycopg.OperationalError:
            continue
        print(number, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
