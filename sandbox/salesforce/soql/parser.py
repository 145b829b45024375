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
from sandbox.salesforce.soql.reader import Reader
from sandbox.salesforce.soql.tokens import malformed
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


class _Parser(Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def whole(self) -> Query:
        query = self._query()
        if self.peek().kind != "end":
            raise self.unexpected()
        return query

    def _query(self) -> Query:
        self.need("SELECT")
        selected = self._selected()
        self.need("FROM")
        source = self.name()
        alias = None
        if self.peek().kind == "name" and not self.peek().says(*_CLAUSES):
            alias = self.take().text
        where = self._condition() if self.skip("WHERE") else None
        group = self._group() if self.skip("GROUP") else ()
        having = self._condition() if group and self.skip("HAVING") else None
        order = self._order() if self.skip("ORDER") else ()
        limit = self.count() if self.skip("LIMIT") else None
        offset = self._offset() if self.skip("OFFSET") else 0
        if self.skip("FOR") and not self.skip("VIEW", "REFERENCE", "UPDATE"):
            raise self.unexpected()
        return Query(
            text=self.text,
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
        if self.peek().says("COUNT") and self.peek(1).says("(") and self.peek(2).says(")"):
            for _ in range(3):
                self.take()
            selected.is_count = True
            return selected
        self._column(selected)
        while self.skip(","):
            self._column(selected)
        return selected

    def _column(self, selected: _Selected) -> None:
        if self.peek().says("("):
            selected.children.append(self._subquery())
        elif not self.peek(1).says("("):
            selected.fields.append(self.path())
            selected.aliases.append(self._alias())
        elif self.peek().says(*_FUNCTIONS):
            selected.aggregates.append(self._aggregate())
        elif self.skip("TOLABEL"):
            self.need("(")
            selected.fields.append(self.path())
            self.need(")")
            selected.aliases.append(self._alias())
        elif self.skip("FIELDS") and selected.field_set is None:
            self.need("(")
            token = self.take()
            if not token.says(*_FIELD_SETS):
                raise self.unexpected(token)
            selected.field_set = cast("FieldSet", token.text.upper())
            self.need(")")
        else:
            raise self.unexpected()

    def _alias(self) -> str | None:
        is_alias = self.peek().kind == "name" and self.peek(1).says(",", "FROM")
        return self.take().text if is_alias and not self.peek().says("FROM") else None

    def _aggregate(self) -> Aggregate:
        token = self.take()
        self.need("(")
        path = self.path()
        self.need(")")
        follows = self.peek()
        is_alias = follows.kind == "name" and not follows.says(
            *_CLAUSES, *_OPERATORS, "FROM", "ASC", "DESC", "NULLS", "NOT", "IN", "AND", "OR"
        )
        alias = self.take().text if is_alias else None
        return Aggregate(cast("Function", token.text.upper()), path, alias, token.at)

    def _subquery(self) -> Query:
        self.need("(")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.unexpected()
        query = self._query()
        self.need(")")
        self._depth -= 1
        return query

    def _group(self) -> tuple[Path, ...]:
        self.need("BY")
        paths = [self.path()]
        while self.skip(","):
            paths.append(self.path())
        return tuple(paths)

    def _condition(self) -> Condition:
        terms = [self._term()]
        for word, joined in (("AND", All), ("OR", Any)):
            if not self.peek().says(word):
                continue
            while self.skip(word):
                terms.append(self._term())
            # AND and OR side by side need brackets in SOQL.
            if self.peek().says("AND", "OR"):
                raise self.unexpected()
            return joined(tuple(terms))
        return terms[0]

    def _term(self) -> Condition:
        if self._depth > MAX_DEPTH:
            raise self.unexpected()
        if self.peek().says("NOT", "("):
            self._depth += 1
            inner = self._nested()
            self._depth -= 1
            return inner
        path = self._operand()
        if isinstance(path, Aggregate):
            token = self.take()
            if token.text.upper() not in _OPERATORS or token.says("LIKE"):
                raise self.unexpected(token)
            return Compare(path, _OPERATORS[token.text], self._constant())
        return self._comparison(path)

    def _nested(self) -> Condition:
        if self.skip("NOT"):
            return Not(self._term())
        self.need("(")
        inner = self._condition()
        self.need(")")
        return inner

    def _operand(self) -> Path | Aggregate:
        is_aggregate = self.peek().says(*_FUNCTIONS) and self.peek(1).says("(")
        return self._aggregate() if is_aggregate else self.path()

    def _comparison(self, path: Path) -> Condition:
        token = self.take()
        word = token.text.upper() if token.kind in {"name", "symbol"} else ""
        if word in _OPERATORS:
            return Compare(path, _OPERATORS[word], self._constant())
        if word == "NOT":
            self.need("IN")
        if word in {"IN", "NOT"}:
            negated = word == "NOT"
            if self.peek().says("(") and self.peek(1).says("SELECT"):
                return Among(path, self._subquery(), negated)
            return OneOf(path, self._constants(), negated)
        if word in {"INCLUDES", "EXCLUDES"}:
            return Includes(path, self._constants(), negated=word == "EXCLUDES")
        raise self.unexpected(token)

    def _constants(self) -> tuple[Constant, ...]:
        self.need("(")
        constants = [self._constant()]
        while self.skip(","):
            constants.append(self._constant())
        self.need(")")
        return tuple(constants)

    def _constant(self) -> Constant:  # noqa: PLR0911 - one for each kind
        token = self.take()
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
            self.need(":")
            return DateLiteral(token.text.upper(), self.count())
        if token.says(":"):
            raise malformed(self.text, token.at, "Bind variables only allowed in Apex code")
        raise self.unexpected(token)

    def _order(self) -> tuple[Order, ...]:
        self.need("BY")
        keys = [self._key()]
        while self.skip(","):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> Order:
        path = self._operand()
        descending = self.skip("DESC")
        if not descending:
            self.skip("ASC")
        nulls_last = False
        if self.skip("NULLS"):
            nulls_last = self.skip("LAST")
            if not nulls_last:
                self.need("FIRST")
        return Order(path, descending, nulls_last)

    def _offset(self) -> int:
        at = self.peek().at
        offset = self.count()
        if offset > MAX_OFFSET:
            cause = f"Maximum SOQL offset allowed is {MAX_OFFSET}"
            raise malformed(self.text, at, cause, code="NUMBER_OUTSIDE_VALID_RANGE")
        return offset
