"""SOQL tokens to a tree, by recursive descent: one method a rule of the grammar.

query      SELECT ( COUNT ( ) | path {, path} ) FROM name [name] [WHERE condition]
           [ORDER BY key {, key}] [LIMIT n] [OFFSET n] [FOR ( VIEW | REFERENCE )]
condition  term { AND term } | term { OR term }
term       NOT term | ( condition ) | path comparison
comparison operator constant | [NOT] IN ( constants ) | ( INCLUDES | EXCLUDES ) ( constants )
key        path [ASC | DESC] [NULLS ( FIRST | LAST )]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.soql.tokens import Token, malformed, tokens
from sandbox.salesforce.soql.tree import (
    All,
    Any,
    Compare,
    Condition,
    Constant,
    Includes,
    Not,
    OneOf,
    Order,
    Path,
    Query,
)
from sandbox.salesforce.values import parse_date, parse_datetime

if TYPE_CHECKING:
    from sandbox.salesforce.soql.tree import Operator

_OPERATORS: dict[str, Operator] = {
    "=": "=",
    "!=": "!=",
    "<>": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "LIKE": "LIKE",
}
_CLAUSES = ("WHERE", "ORDER", "LIMIT", "OFFSET", "FOR", "GROUP", "HAVING", "WITH", "USING")
MAX_OFFSET = 2_000


def parse(text: str) -> Query:
    """Return what a query says.

    Raises:
        ApiError: MALFORMED_QUERY, with the place of the first fault.
    """
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._next = 0

    def query(self) -> Query:
        self._need("SELECT")
        fields = self._selected()
        self._need("FROM")
        source = self._name()
        alias = None
        if self._peek().kind == "name" and not self._peek().says(*_CLAUSES):
            alias = self._take().text
        where = self._condition() if self._skip("WHERE") else None
        order = self._order() if self._skip("ORDER") else ()
        limit = self._count() if self._skip("LIMIT") else None
        offset = self._offset() if self._skip("OFFSET") else 0
        if self._skip("FOR") and not self._skip("VIEW", "REFERENCE"):
            raise self._unexpected()
        if self._peek().kind != "end":
            raise self._unexpected()
        return Query(
            text=self._text,
            fields=fields,
            source=source.text,
            source_at=source.at,
            alias=alias,
            where=where,
            order=order,
            limit=limit,
            offset=offset,
        )

    def _selected(self) -> tuple[Path, ...]:
        if self._peek().says("COUNT") and self._peek(1).says("("):
            self._take()
            self._need("(")
            self._need(")")
            return ()
        fields = [self._path()]
        while self._skip(","):
            fields.append(self._path())
        return tuple(fields)

    def _condition(self) -> Condition:
        terms = [self._term()]
        for word, joined in (("AND", All), ("OR", Any)):
            if not self._peek().says(word):
                continue
            while self._skip(word):
                terms.append(self._term())
            # AND and OR side by side need brackets in SOQL.
            if self._peek().says("AND", "OR"):
                raise self._unexpected()
            return joined(tuple(terms))
        return terms[0]

    def _term(self) -> Condition:
        if self._skip("NOT"):
            return Not(self._term())
        if self._skip("("):
            inner = self._condition()
            self._need(")")
            return inner
        path = self._path()
        token = self._take()
        word = token.text.upper() if token.kind in {"name", "symbol"} else ""
        if word in _OPERATORS:
            return Compare(path, _OPERATORS[word], self._constant())
        if word == "NOT":
            self._need("IN")
            return OneOf(path, self._constants(), negated=True)
        if word == "IN":
            return OneOf(path, self._constants(), negated=False)
        if word in {"INCLUDES", "EXCLUDES"}:
            return Includes(path, self._constants(), negated=word == "EXCLUDES")
        raise self._unexpected(token)

    def _constants(self) -> tuple[Constant, ...]:
        self._need("(")
        constants = [self._constant()]
        while self._skip(","):
            constants.append(self._constant())
        self._need(")")
        return tuple(constants)

    def _constant(self) -> Constant:
        token = self._take()
        match token.kind:
            case "string":
                return token.text
            case "number":
                return float(token.text)
            case "datetime" if (moment := parse_datetime(token.text)) is not None:
                return moment
            case "date" if (day := parse_date(token.text)) is not None:
                return day
        if token.says("TRUE", "FALSE"):
            return token.says("TRUE")
        if token.says("NULL"):
            return None
        if token.says(":"):
            raise malformed(self._text, token.at, "Bind variables only allowed in Apex code")
        raise self._unexpected(token)

    def _order(self) -> tuple[Order, ...]:
        self._need("BY")
        keys = [self._key()]
        while self._skip(","):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> Order:
        path = self._path()
        descending = self._skip("DESC")
        if not descending:
            self._skip("ASC")
        nulls_last = False
        if self._skip("NULLS"):
            nulls_last = self._skip("LAST")
            if not nulls_last:
                self._need("FIRST")
        return Order(path, descending, nulls_last)

    def _offset(self) -> int:
        at = self._peek().at
        offset = self._count()
        if offset > MAX_OFFSET:
            cause = f"Maximum SOQL offset allowed is {MAX_OFFSET}"
            raise malformed(self._text, at, cause, code="NUMBER_OUTSIDE_VALID_RANGE")
        return offset

    def _count(self) -> int:
        token = self._take()
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected(token)
        return int(token.text)

    def _path(self) -> Path:
        token = self._name()
        return Path(tuple(token.text.split(".")), token.at)

    def _name(self) -> Token:
        token = self._take()
        if token.kind != "name" or token.says("FROM", "WHERE", "AND", "OR"):
            raise self._unexpected(token)
        return token

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._peek()
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _skip(self, *words: str) -> bool:
        if self._peek().says(*words):
            self._take()
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._skip(word):
            raise self._unexpected()

    def _unexpected(self, token: Token | None = None) -> Exception:
        token = token or self._peek()
        cause = (
            "unexpected end of query"
            if token.kind == "end"
            else f"unexpected token: '{token.text}'"
        )
        return malformed(self._text, token.at, cause)
