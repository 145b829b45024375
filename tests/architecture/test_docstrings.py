"""Whatever is public says what it is for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.architecture.modules import modules

if TYPE_CHECKING:
    from collections.abc import Iterator

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public_parts(node: ast.Module | ast.ClassDef) -> Iterator[Documented]:
    """Yield the public classes and functions of a module, and the public methods of those."""
    for part in node.body:
        if isinstance(part, Documented) and not part.name.startswith("_"):
            yield part
            if isinstance(part, ast.ClassDef):
                yield from public_parts(part)


def is_said_elsewhere(part: Documented) -> bool:
    """Tell whether the part only completes another: an overload, the setter of a property."""
    return any(
        (isinstance(mark, ast.Attribute) and mark.attr == "setter")
        or (isinstance(mark, ast.Name) and mark.id == "overload")
        for mark in part.decorator_list
    )


def test_every_module_says_what_it_is_for() -> None:
    assert [
        module.place
        for module in modules().values()
        if module.tree.body and not ast.get_docstring(module.tree)
    ] == []


def test_every_public_class_and_function_says_what_it_does() -> None:
    assert [
        f"{module.place}:{part.lineno}: {part.name}"
        for module in modules().values()
        for part in public_parts(module.tree)
        if not ast.get_docstring(part) and not is_said_elsewhere(part)
    ] == []
