"""The conditions of flows and workflow rules: formulas over the record that is saved.

expression  both { || both }
both        comparison { && comparison }
comparison  value [ ( = | == | <> | != | < | <= | > | >= ) value ]
value       ! value | ( expression ) | NAME ( arguments ) | reference | 'text' | number
reference   {!$Record.Field} | {!$Record__Prior.Field} | Field
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.salesforce.metadata.xml import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sandbox.salesforce.org import Change
    from sandbox.salesforce.outbound.triggers import Condition
    from sandbox.salesforce.schema import SObject

    Term: TypeAlias = Callable[["Change"], Any]

_TOKEN = re.compile(
    r"""\s*(?:
        \{!\s*(?P<record>\$Record(?:__Prior)?)\.(?P<field>\w+)\s*\}
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<name>[A-Za-z]\w*)
      | (?P<symbol>&&|\|\||==|<>|!=|<=|>=|[=<>(),!])
    )""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERS = frozenset({"<", "<=", ">", ">="})
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}
_DEEPEST = 100


def condition(sobject: SObject, text: str, *, line: int = 1) -> Condition:
    """Return a formula as a test of a saved record.

    Args:
        sobject: The object whose fields it may name.
        text: The formula.
        line: Where it stands, for the message about a fault.

    Raises:
        Problem: If it is malformed, or names what is not there.
    """
    parser = _Parser(sobject, text, line)
    term = parser.whole()
    return lambda change: bool(term(change))


class _Parser:
    def __init__(self, sobject: SObject, text: str, line: int) -> None:
        self._sobject = sobject
        self._line = line
        self._depth = 0
        self._tokens: list[tuple[str, str]] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._wrong(f"Unexpected character: {text[at:].lstrip()[:1]}")
            if match["record"]:
                self._tokens.append((match["record"], match["field"]))
            else:
                kind = str(match.lastgroup)
                self._tokens.append((kind, match[kind]))
            at = match.end()
        self._tokens.append(("end", ""))
        self._next = 0

    def whole(self) -> Term:
        term = self._expression()
        if self._peek()[0] != "end":
            raise self._wrong(f"Syntax error. Extra {self._peek()[1]}")
        return term

    def _expression(self) -> Term:
        terms = [self._both()]
        while self._skip("||"):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else lambda change: any(each(change) for each in terms)

    def _both(self) -> Term:
        terms = [self._comparison()]
        while self._skip("&&"):
            terms.append(self._comparison())
        return terms[0] if len(terms) == 1 else lambda change: all(each(change) for each in terms)

    def _comparison(self) -> Term:
        left = self._value()
        kind, sign = self._peek()
        if kind != "symbol" or sign not in _COMPARISONS:
            return left
        self._next += 1
        right, compare = self._value(), _COMPARISONS[sign]

        def holds(change: Change) -> bool:
            one, other = left(change), right(change)
            if sign in _ORDERS and (one is None or other is None):
                return False
            try:
                return compare(one, other)
            except TypeError:
                return False

        return holds

    def _value(self) -> Term:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._wrong("Formula is too complex")
        try:
            return self._plain_value()
        finally:
            self._depth -= 1

    def _plain_value(self) -> Term:
        kind, text = self._take()
        if kind in {"$Record", "$Record__Prior"}:
            return self._field(text, prior=kind != "$Record")
        if kind == "number":
            amount = float(text)
            return lambda _: amount
        if kind == "string":
            return lambda _: text[1:-1]
        if (kind, text) == ("symbol", "!"):
            inner = self._value()
            return lambda change: not inner(change)
        if (kind, text) == ("symbol", "("):
            inner = self._expression()
            self._need(")")
            return inner
        if kind == "name":
            return self._call(text) if self._skip("(") else self._named(text)
        raise self._wrong(f"Syntax error. Found '{text}'" if text else "Syntax error. Missing ')'")

    def _named(self, name: str) -> Term:
        if name.upper() in _CONSTANTS:
            constant = _CONSTANTS[name.upper()]
            return lambda _: constant
        return self._field(name, prior=False)

    def _field(self, name: str, *, prior: bool) -> Term:
        field = self._sobject.field(name)
        if field is None:
            raise self._wrong(f"Field {name} does not exist. Check spelling.")
        if prior:
            return lambda change: (change.before or {}).get(field.name)
        return lambda change: change.after.get(field.name)

    def _call(self, name: str) -> Term:
        function = name.upper()
        if function in {"ISCHANGED", "PRIORVALUE"}:
            return self._of_change(function)
        arguments: list[Term] = []
        if not self._skip(")"):
            arguments.append(self._expression())
            while self._skip(","):
                arguments.append(self._expression())
            self._need(")")
        made = _function(function, arguments)
        if made is None:
            raise self._wrong(f"Unknown function {name}. Check spelling.")
        return made

    def _of_change(self, function: str) -> Term:
        kind, name = self._take()
        if kind not in {"$Record", "name"}:
            raise self._wrong(f"Incorrect parameter for function '{function}()'. Expected Field")
        now, before = self._field(name, prior=False), self._field(name, prior=True)
        self._need(")")
        if function == "PRIORVALUE":
            return lambda change: (now if change.before is None else before)(change)
        return lambda change: change.before is not None and now(change) != before(change)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next]

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _skip(self, sign: str) -> bool:
        if self._peek() == ("symbol", sign):
            self._next += 1
            return True
        return False

    def _need(self, sign: str) -> None:
        if not self._skip(sign):
            raise self._wrong(f"Syntax error. Missing '{sign}'")

    def _wrong(self, cause: str) -> Problem:
        message = f"The formula expression is invalid: {cause}"
        return Problem(message, line=self._line)


def _function(name: str, arguments: Sequence[Term]) -> Term | None:
    """Return a function of the record, or None where there is none of that name and size."""
    if name in _OF_MANY and arguments:
        gather = _OF_MANY[name]
        return lambda change: gather(each(change) for each in arguments)
    count, made = _FUNCTIONS.get(name, (-1, None))
    if made is None or count != len(arguments):
        return None
    return lambda change: made(change, *(each(change) for each in arguments))


_OF_MANY: dict[str, Callable[[Iterable[Any]], bool]] = {"AND": all, "OR": any}
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "NOT": (1, lambda _, value: not value),
    "ISNEW": (0, lambda change: change.before is None),
    "ISBLANK": (1, lambda _, value: value is None or value == ""),
    "ISNULL": (1, lambda _, value: value is None or value == ""),
    "ISPICKVAL": (2, lambda _, value, wanted: (value or "") == (wanted or "")),
    "TEXT": (1, lambda _, value: "" if value is None else str(value)),
    "INCLUDES": (2, lambda _, value, wanted: wanted in str(value or "").split(";")),
    "IF": (3, lambda _, test, then, other: then if test else other),
    "TRUE": (0, lambda _: True),
    "FALSE": (0, lambda _: False),
}
"""Name of a function -> how many arguments it has, and what it makes of them and the change."""
