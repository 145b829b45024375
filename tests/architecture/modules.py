"""The modules of the tree as syntax trees, and what each imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bridge", "reconciler", "sandbox")


@dataclass(frozen=True, kw_only=True)
class Import:
    """One imported name: `module` for `import module`, `module` and `name` for `from`."""

    line: int
    module: str
    name: str | None
    is_for_types: bool


@dataclass(frozen=True, kw_only=True)
class Module:
    """One file of the tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """The file as a person would name it."""
        return str(self.path.relative_to(ROOT))

    def imports(self) -> list[Import]:
        """Return every import statement's names, wherever they stand."""
        return list(_imports(self.tree, is_for_types=False))


@cache
def modules() -> dict[str, Module]:
    """Return every module of the three packages by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found[name] = Module(name=name, path=path, tree=tree)
    return found


def _imports(node: ast.AST, *, is_for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            origin = child.module or "" if isinstance(child, ast.ImportFrom) else None
            for alias in child.names:
                yield Import(
                    line=child.lineno,
                    module=alias.name if origin is None else origin,
                    name=None if origin is None else alias.name,
                    is_for_types=is_for_types,
                )
        else:
            for_types = is_for_types or _asks_for_types(child)
            yield from _imports(child, is_for_types=for_types)


def _asks_for_types(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )
