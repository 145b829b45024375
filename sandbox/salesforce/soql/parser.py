"""SOQL tokens to a tree, by recursive descent: one method a rule of the grammar.

query      SELECT ( COUNT ( ) | column {, column} ) FROM name [name] [WHERE condition]
           [GROUP BY path {, path} [HAVING condition]] [ORDER BY key {, key}] [LIMIT n] [OFFSET n]
           [FOR ( VIEW | REFERENCE | UPDATE )]
column     path [name] | TOLABEL ( path ) [name] | FIELDS ( ALL | STANDARD | CUSTOM )
           | aggregate [name] | ( query )
aggregate  ( COUNT | COUNT_DISTINCT | MIN | MAX | SUM | AVG ) ( path )
condition  term { AND term } | term { OR term }
term       NOT term | ( condition ) | ( path | aggregate ) comparison
comparison operator constant | [NOT] IN ( constants | query )
           | ( INCLUDES | EXCLUDES ) ( constants )
key        ( path | aggregate ) [ASC | DESC] [NULLS ( FIRST | LAST )]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast, get_args

from sandbox.salesforce.soql import dates
from sandbox.salesforce.soql.tokens import Token, malformed, tokens
from sandbox.salesforce.soql.tree import (
    Aggregate,
    All,
    Among,
    Any,
    Compare,
    Condition,
    Constant,
    DateLiteral,
    FieldSet,
    Function,
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
_FUNCTIONS = get_args(Function)
_FIELD_SETS = get_args(FieldSet)
_DEEPEST = 20
_MOST_DIGITS = 9
MAX_DEPTH = 100
MAX_OFFSET = 2_000
MAX_LENGTH = 100_000


def parse(text: str) -> Query:
    """Return what a query says.

    Raises:
        ApiError: MALFORMED_QUERY, with the place of the first fault.
    """
    if len(text) > MAX_LENGTH:
        cause = f"SOQL statements cannot be longer than {MAX_LENGTH} characters."
        raise malformed(text, 0, cause, code="QUERY_TOO_COMPLICATED")
    return _Parser(text).whole()


@dataclass
class _Selected:
    """What stands between SELECT and FROM."""

    fields: list[Path] = field(default_factory=list)
    aliases: list[str | None] = field(default_factory=list)
    field_set: FieldSet | None = None
    children: list[Query] = field(default_factory=list)
    aggregates: list[Aggregate] = field(default_factory=list)
    is_count: bool = False


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._next = 0
        self._depth = 0

    def whole(self) -> Query:
        query = self._query()
        if self._peek().kind != "end":
            raise self._unexpected()
        return query

    def _query(self) -> Query:
        self._need("SELECT")
        selected = self._selected()
        self._need("FROM")
        source = self._name()
        alias = None
        if self._peek().kind == "name" and not self._peek().says(*_CLAUSES):
            alias = self._take().text
        where = self._condition() if self._skip("WHERE") else None
        group = self._group() if self._skip("GROUP") else ()
        having = self._condition() if group and self._skip("HAVING") else None
        order = self._order() if self._skip("ORDER") else ()
        limit = self._count() if self._skip("LIMIT") else None
        offset = self._offset() if self._skip("OFFSET") else 0
        if self._skip("FOR") and not self._skip("VIEW", "REFERENCE", "UPDATE"):
            raise self._unexpected()
        return Query(
            text=self._text,
            fields=tuple(selected.fields),
            aliases=tuple(selected.aliases),
            field_set=selected.field_set,
            children=tuple(selected.children),
            aggregates=tuple(selected.aggregates),
            is_count=selected.is_count,
            source=source.text,
            source_at=source.at,
            alias=alias,
            where=where,
            group=group,
            having=having,
            order=order,
            limit=limit,
            offset=offset,
        )

    def _selected(self) -> _Selected:
        selected = _Selected()
        if self._peek().says("COUNT") and self._peek(1).says("(") and self._peek(2).says(")"):
            self._next += 3
            selected.is_count = True
            return selected
        self._column(selected)
        while self._skip(","):
            self._column(selected)
        return selected

    def _column(self, selected: _Selected) -> None:
        if self._peek().says("("):
            selected.children.append(self._subquery())
        elif not self._peek(1).says("("):
            selected.fields.append(self._path())
            selected.aliases.append(self._alias())
        elif self._peek().says(*_FUNCTIONS):
            selected.aggregates.append(self._aggregate())
        elif self._skip("TOLABEL"):
            self._need("(")
            selected.fields.append(self._path())
            self._need(")")
            selected.aliases.append(self._alias())
        elif self._skip("FIELDS") and selected.field_set is None:
            self._need("(")
            token = self._take()
            if not token.says(*_FIELD_SETS):
                raise self._unexpected(token)
            selected.field_set = cast("FieldSet", token.text.upper())
            self._need(")")
        else:
            raise self._unexpected()

    def _alias(self) -> str | None:
        is_alias = self._peek().kind == "name" and self._peek(1).says(",", "FROM")
        return self._take().text if is_alias and not self._peek().says("FROM") else None

    def _aggregate(self) -> Aggregate:
        token = self._take()
        self._need("(")
        path = self._path()
        self._need(")")
        follows = self._peek()
        is_alias = follows.kind == "name" and not follows.says(
            *_CLAUSES, *_OPERATORS, "FROM", "ASC", "DESC", "NULLS", "NOT", "IN", "AND", "OR"
        )
        alias = self._take().text if is_alias else None
        return Aggregate(cast("Function", token.text.upper()), path, alias, token.at)

    def _subquery(self) -> Query:
        self._need("(")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._unexpected()
        query = self._query()
        self._need(")")
        self._depth -= 1
        return query

    def _group(self) -> tuple[Path, ...]:
        self._need("BY")
        paths = [self._path()]
        while self._skip(","):
            paths.append(self._path())
        return tuple(paths)

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
        if self._depth > MAX_DEPTH:
            raise self._unexpected()
        if self._peek().says("NOT", "("):
            self._depth += 1
            inner = self._nested()
            self._depth -= 1
            return inner
        path = self._operand()
        if isinstance(path, Aggregate):
            token = self._take()
            if token.text.upper() not in _OPERATORS or token.says("LIKE"):
                raise self._unexpected(token)
            return Compare(path, _OPERATORS[token.text], self._constant())
        return self._comparison(path)

    def _nested(self) -> Condition:
        if self._skip("NOT"):
            return Not(self._term())
        self._need("(")
        inner = self._condition()
        self._need(")")
        return inner

    def _operand(self) -> Path | Aggregate:
        is_aggregate = self._peek().says(*_FUNCTIONS) and self._peek(1).says("(")
        return self._aggregate() if is_aggregate else self._path()

    def _comparison(self, path: Path) -> Condition:
        token = self._take()
        word = token.text.upper() if token.kind in {"name", "symbol"} else ""
        if word in _OPERATORS:
            return Compare(path, _OPERATORS[word], self._constant())
        if word == "NOT":
            self._need("IN")
        if word in {"IN", "NOT"}:
            negated = word == "NOT"
            if self._peek().says("(") and self._peek(1).says("SELECT"):
                return Among(path, self._subquery(), negated)
            return OneOf(path, self._constants(), negated)
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

    def _constant(self) -> Constant:  # noqa: PLR0911 - one for each kind
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
        if token.kind == "name" and dates.is_literal(token.text):
            return DateLiteral(token.text.upper(), 0)
        if token.kind == "name" and dates.takes_number(token.text):
            self._need(":")
            return DateLiteral(token.text.upper(), self._count())
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
        path = self._operand()
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
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > _MOST_DIGITS:
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
