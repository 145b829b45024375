"""Every named statement of the tree is one that PostgreSQL accepts and that somebody uses."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.pq import ExecStatus

from bridge.db.database import open_database
from bridge.db.queries import load_queries
from tests.fix_db import own_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bridge", "reconciler")
FILES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.sql")
    if path.parent.name != "migrations"
)
PARAMETER = re.compile(r"%\((\w+)\)[sbt]")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def queries_of(path: Path) -> dict[str, str]:
    return dict(load_queries(".".join(path.relative_to(ROOT).parent.parts), path.name))


def with_numbers(statement: str) -> str:
    """Write the parameters as PostgreSQL does, as psycopg would."""
    names = list(dict.fromkeys(PARAMETER.findall(statement)))
    numbered = PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", statement)
    return numbered.replace("%%", "%")


def file_loaded(call: ast.expr | None) -> Path | None:
    """Return the file of a `load_queries("package", "file")` call; None for anything else."""
    match call:
        case ast.Call(
            func=ast.Name(id="load_queries"), args=[ast.Constant(value=str(package)), *rest]
        ):
            name = rest[0].value if rest and isinstance(rest[0], ast.Constant) else "queries.sql"
            return ROOT.joinpath(*package.split("."), str(name))
        case _:
            return None


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of every module, by its dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }


@cache
def tables() -> dict[tuple[str, str], Path]:
    """Return the file behind each (module, variable) that holds statements, imports included."""
    found: dict[tuple[str, str], Path] = {}
    for module, tree in trees().items():
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    path = file_loaded(value)
                    if path:
                        found[module, name] = path
                case _:
                    pass
    for module, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    source = found.get((node.module or "", alias.name))
                    if source:
                        found[module, alias.asname or alias.name] = source
    return found


@cache
def names_used() -> dict[Path, set[str]]:
    """Return the names that code asks of each file of statements."""
    used: defaultdict[Path, set[str]] = defaultdict(set)
    for module, tree in trees().items():
        for node in ast.walk(tree):
            match node:
                case ast.Subscript(value=ast.Name(id=table), slice=key):
                    path = tables().get((module, table))
                    if path is not None:
                        constants = (p for p in ast.walk(key) if isinstance(p, ast.Constant))
                        used[path].update(str(constant.value) for constant in constants)
                case _:
                    pass
    return used


@pytest.fixture(scope="module")
def untouched(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated database that nothing is written to."""
    with own_database(server, tmp_path_factory.mktemp("untouched")) as settings:
        database = open_database(settings)
        yield database
        database.close()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_statement_can_be_prepared(path: Path, untouched: Database) -> None:
    faults = []
    for name, statement in queries_of(path).items():
        with untouched.transaction() as tx:
            result = tx.pgconn.prepare(b"", with_numbers(statement).encode())
            if result.status != ExecStatus.COMMAND_OK:
                faults.append(f"{name}: {result.get_error_message()}")
    assert faults == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_statement_is_used_and_every_used_name_exists(path: Path) -> None:
    assert names_used()[path] == set(queries_of(path))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("SELECT 1\n-- name: a\n-- It.\nSELECT 1", "SQL before", id="no name"),
        pytest.param("-- name: a\nSELECT 1", "description", id="no description"),
        pytest.param("-- name: a\n-- It.\n", "description", id="no statement"),
        pytest.param("-- name: a b\n-- It.\nSELECT 1", "no name", id="two words"),
        pytest.param("-- name: a\n-- It.\nSELECT 1\n" * 2, "twice", id="twice"),
    ],
)
def test_a_file_that_breaks_the_format_is_refused(
    text: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "a_package_of_queries"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "queries.sql").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    load_queries.cache_clear()
    with pytest.raises(ValueError, match=fault):
        load_queries(package.name)
    sys.modules.pop(package.name, None)
