"""Named SQL: a package keeps its statements in `queries.sql`, Python asks for them by name.

A file holds statements, each after two comment lines, and may begin with a comment of its own:

    -- name: claim_work
    -- Leases the next address or list that is due.
    UPDATE work …

One statement a name; parameters are written `%(name)s`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import LiteralString

_NAME_LINE = re.compile(r"^-- name: *(.*?) *$", re.MULTILINE)


@cache
def load_queries(package: str, filename: str = "queries.sql") -> Mapping[str, LiteralString]:
    """Return the statements of a package's SQL file, by name.

    Args:
        package: The package that holds the file, as in `bridge.inbox`.
        filename: The file beside its modules.

    Raises:
        FileNotFoundError: If the package has no such file.
        ValueError: If the file breaks the format; the message says where.
    """
    text = files(package).joinpath(filename).read_text(encoding="utf-8")
    return MappingProxyType(_read(text, f"{package}/{filename}"))


def _read(text: str, source: str) -> dict[str, LiteralString]:
    r"""Split the text of a file into its statements.

    >>> _read('-- name: now_there\n-- The time.\nSELECT app_now()', 'a.sql')
    {'now_there': 'SELECT app_now()'}
    """
    queries: dict[str, LiteralString] = {}
    preamble, *parts = _NAME_LINE.split(text)
    for line in preamble.splitlines():
        if line.strip() and not line.startswith("--"):
            message = f"{source}: SQL before the first `-- name:` line"
            raise ValueError(message)
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if not name.isidentifier():
            message = f"{source}: {name!r} is no name of a query"
            raise ValueError(message)
        if name in queries:
            message = f"{source}: {name} is there twice"
            raise ValueError(message)
        description, _, statement = body.lstrip("\n").partition("\n")
        statement = statement.strip().rstrip(";")
        if not description.startswith("-- ") or not statement:
            message = f"{source}: {name} needs a description line and a statement"
            raise ValueError(message)
        # The text ships with the code and nothing is ever put into it: as literal as a literal.
        queries[name] = statement
    return queries
