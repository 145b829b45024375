"""Write the code that reads a record: sources and conditions, from closed templates."""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bridge.mapping import conditions
from bridge.mapping.children import chosen_child
from bridge.mapping.patterns import compiled_pattern
from bridge.mapping.templates import Bound, Code, Namespace, compiled, expression, fill
from bridge.salesforce.children import Children, children_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bridge.mapping.conditions import Answer, Value
    from bridge.mapping.rules import Child, Condition

_COUNTS = """
def counts(record):
    get = record.get
    return CONDITION
"""
_SIGNS = {"above": (1,), "at_least": (0, 1), "below": (-1,), "at_most": (-1, 0)}
_TEXT_QUESTIONS: dict[str, Callable[[Value, str], Answer]] = {
    "contains": conditions.contains,
    "starts_with": conditions.starts_with,
    "ends_with": conditions.ends_with,
    "includes": conditions.includes,
}


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool)


def _text(item: object) -> str:
    """Return a constant as Salesforce spells it."""
    return str(item).lower() if isinstance(item, bool) else str(item)


def parents_of(path: str) -> tuple[str, ...]:
    """Return the relationships above a field, each as a path.

    >>> parents_of("Account.Owner.Name"), parents_of("Email"), parents_of("Contacts.[Title]")
    (('Account', 'Account.Owner'), (), ('Contacts',))
    """
    if children := children_at(path):
        return (children.relation,)
    parts = path.split(".")
    return tuple(".".join(parts[:n]) for n in range(1, len(parts)))


class Reader:
    """Turns sources and conditions into code for one generated function.

    Attributes:
        paths: The Salesforce fields that the code reads so far, in order, each once.
    """

    def __init__(self, names: Namespace, resolve: Callable[[str], str]) -> None:
        self.paths: dict[str, None] = {}
        self._names = names
        self._resolve = resolve

    def read(self, source: str) -> Code:
        """Return the statements that put the value of a source into `v`."""
        path, parents = self._path(source)
        code = fill("v = get(PATH, False)", self._names, PATH=path)
        if parents:
            holes = {"ABOVE": conditions.above, "PARENTS": parents}
            code += fill("if v is False:\n    v = ABOVE(record, PARENTS)", self._names, **holes)
        return code

    def value(self, source: str) -> ast.expr:
        """Return the expression of a source's value."""
        path, parents = self._path(source)
        if not parents:
            return expression("get(PATH, False)", self._names, PATH=path)
        holes = {"KNOWN": conditions.known, "PATH": path, "PARENTS": parents}
        return expression("KNOWN(record, PATH, PARENTS)", self._names, **holes)

    def values(self, sources: Iterable[str]) -> ast.expr:
        """Return the expression of the values of several sources."""
        return ast.Tuple([self.value(source) for source in sources], ast.Load())

    def _path(self, source: str) -> tuple[str, tuple[str, ...]]:
        """Return a field and the relationships above it, each as a path."""
        path = self._resolve(source)
        self.paths[path] = None
        return path, parents_of(path)

    def read_child(self, child: Child, filename: str) -> Code:
        """Return the statements that put a value of child records into `v`."""
        of_child = Reader(self._names, self._resolve)
        where = expression("True", self._names)
        if child.where is not None:
            where = of_child.condition(child.where)
        counts = compiled(
            self._names, "counts", fill(_COUNTS, self._names, CONDITION=where), filename
        )
        order = [child.order_by.removeprefix("-")] if child.order_by else []
        fields = (child.field, *order, *of_child.paths)
        holes = {
            "CHOSEN": chosen_child,
            "VALUE": self.value(Children(child.of, fields).path),
            "COUNTS": counts,
            "FIELD": child.field,
            "ORDER": child.order_by,
            "SEPARATOR": child.with_ if child.take == "all" else None,
        }
        return fill("v = CHOSEN(VALUE, COUNTS, FIELD, ORDER, SEPARATOR)", self._names, **holes)

    def condition(self, condition: Condition) -> ast.expr:
        """Return the expression of a condition: True, False, or None where nothing is known."""
        operator = condition.operator
        if operator in {"all", "any"}:
            answers = [self.condition(inner) for inner in getattr(condition, operator)]
            holes = {
                "JUDGE": conditions.all_of if operator == "all" else conditions.any_of,
                "ANSWERS": ast.Tuple(answers, ast.Load()),
            }
            return expression("JUDGE(ANSWERS)", self._names, **holes)
        if condition.not_ is not None:
            return self._negated(self.condition(condition.not_))
        assert condition.field is not None  # noqa: S101 - the schema asks for it
        value = self.value(condition.field)
        return self._question(operator, getattr(condition, operator), value)

    def _question(self, operator: str, wanted: Any, value: ast.expr) -> ast.expr:
        if operator in {"is_", "in_", "is_not", "not_in"}:
            items = wanted if isinstance(wanted, list) else [wanted]
            holes = {
                "AMONG": conditions.among,
                "TEXTS": Bound(frozenset(_text(item) for item in items if not _is_number(item))),
                "NUMBERS": Bound(frozenset(Decimal(str(i)) for i in items if _is_number(i))),
                "VALUE": value,
            }
            answer = expression("AMONG(VALUE, TEXTS, NUMBERS)", self._names, **holes)
            return self._negated(answer) if operator in {"is_not", "not_in"} else answer
        if operator in _SIGNS:
            limit = wanted if isinstance(wanted, str) else Bound(Decimal(str(wanted)))
            holes = {
                "ORDERED": conditions.ordered,
                "COMPARE": conditions.compare,
                "LIMIT": limit,
                "SIGNS": _SIGNS[operator],
                "VALUE": value,
            }
            return expression("ORDERED(COMPARE(VALUE, LIMIT), SIGNS)", self._names, **holes)
        if operator == "present":
            holes = {"EMPTY": conditions.is_empty, "VALUE": value}
            answer = expression("EMPTY(VALUE)", self._names, **holes)
            return self._negated(answer) if wanted else answer
        if operator == "matches":
            holes = {
                "MATCHES": conditions.matches,
                "VALUE": value,
                "PATTERN": Bound(compiled_pattern(wanted)),
            }
            return expression("MATCHES(VALUE, PATTERN)", self._names, **holes)
        question = _TEXT_QUESTIONS[operator]
        text = wanted if operator == "includes" else wanted.lower()
        return expression("ASK(VALUE, TEXT)", self._names, ASK=question, VALUE=value, TEXT=text)

    def _negated(self, answer: ast.expr) -> ast.expr:
        holes = {"NEGATE": conditions.negate, "ANSWER": answer}
        return expression("NEGATE(ANSWER)", self._names, **holes)
