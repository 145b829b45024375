"""Fill closed source templates: names in capitals are holes for constants, functions and code.

A template is parsed as written in this package; what fills a hole becomes a node of the syntax
tree and is never read as source. So no text of a mapping file can become code.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Code: TypeAlias = list[ast.stmt]


class Bound:
    """An object that is no constant of the language, such as a table: bound under a name."""

    def __init__(self, value: object) -> None:
        self.value = value


class Namespace:
    """The objects that generated code may name, each under a name made here."""

    def __init__(self) -> None:
        self.objects: dict[str, object] = {"__builtins__": {"ValueError": ValueError, "len": len}}
        self._names: dict[int, str] = {}  # by identity: what is held here keeps its own

    def bind(self, value: object) -> ast.expr:
        """Return an expression that stands for the object."""
        name = self._names.get(id(value))
        if name is None:
            name = f"{getattr(value, '__name__', 'table')}_{len(self.objects)}"
            self._names[id(value)] = name
            self.objects[name] = value
        return ast.Name(id=name, ctx=ast.Load())


def fill(template: str, names: Namespace, **holes: Any) -> Code:
    """Return the statements of a template with its holes filled.

    Raises:
        KeyError: If a hole is left open.
    """
    tree = ast.parse(template)  # anew each time: to copy a tree takes many times as long
    filled = _Filler(names, holes).visit(tree)
    return list(filled.body)


def expression(template: str, names: Namespace, **holes: Any) -> ast.expr:
    """Return the one expression of a template with its holes filled.

    Raises:
        KeyError: If a hole is left open.
    """
    (statement,) = fill(template, names, **holes)
    assert isinstance(statement, ast.Expr)  # noqa: S101 - the templates are ours
    return statement.value


class _Filler(ast.NodeTransformer):
    def __init__(self, names: Namespace, holes: dict[str, Any]) -> None:
        self._names = names
        self._holes = holes

    def visit_Expr(self, node: ast.Expr) -> Any:
        """A hole that stands alone takes statements."""
        if isinstance(node.value, ast.Name) and node.value.id.isupper():
            held = self._holes[node.value.id]
            if isinstance(held, list):
                return held
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A hole within a statement takes an expression, a constant or an object."""
        if not node.id.isupper():
            return node
        held = self._holes[node.id]
        if isinstance(held, ast.Name):
            return ast.Name(id=held.id, ctx=node.ctx)
        if isinstance(held, ast.expr):
            return held
        if isinstance(held, Bound):
            return self._names.bind(held.value)
        if callable(held):
            return self._names.bind(held)
        return ast.Constant(held)


def compiled(
    names: Namespace, name: str, body: Sequence[ast.stmt], filename: str
) -> Callable[..., Any]:
    """Return the function that the statements define under the name.

    Statements keep their line numbers; those without get line 1.
    """
    module = ast.Module(body=list(body), type_ignores=[])
    for node in ast.walk(module):
        if isinstance(node, ast.expr | ast.stmt | ast.excepthandler | ast.arg):
            line = getattr(node, "mapping_line", 1)
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = 0
    code = compile(module, filename, "exec")
    exec(code, names.objects)  # noqa: S102 - built from the templates of this package only
    function: Callable[..., Any] = names.objects[name]  # type: ignore[assignment]
    return function


def on_line(body: Code, line: int) -> Code:
    """Put the statements on a line, by which an error that they raise is told."""
    for statement in body:
        for node in ast.walk(statement):
            node.mapping_line = line  # type: ignore[attr-defined]
    return body
