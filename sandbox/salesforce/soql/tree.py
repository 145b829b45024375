"""What a query says, as data: made by the parser, read by the binder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """Days named in relation to today: `LAST_N_DAYS:30`; the number is 0 where none belongs."""

    name: str
    number: int


Constant: TypeAlias = str | bool | float | date | datetime | DateLiteral | None
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "LIKE"]
Function = Literal["COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"]
FieldSet = Literal["ALL", "STANDARD", "CUSTOM"]


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps of a parent: `Account.Name`; `at` is its place in the text."""

    names: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        """The path as written."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate of the rows of a group: `COUNT(Id) total`; of no path, it counts the rows."""

    function: Function
    path: Path | None
    alias: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """A field, or in HAVING an aggregate, compared with one constant."""

    path: Path | Aggregate
    operator: Operator
    value: Constant


@dataclass(frozen=True, slots=True)
class OneOf:
    """IN and NOT IN."""

    path: Path
    values: tuple[Constant, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Includes:
    """INCLUDES and EXCLUDES of a multi-select picklist: any of these sets, `A;B` is one set."""

    path: Path
    values: tuple[Constant, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Among:
    """IN and NOT IN of what another query selects."""

    path: Path
    query: Query
    negated: bool


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by AND."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Conditions joined by OR."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A negated condition."""

    condition: Condition


Condition: TypeAlias = Compare | OneOf | Among | Includes | All | Any | Not


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY; nulls come first unless the query says otherwise."""

    path: Path | Aggregate
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole query.

    Attributes:
        text: As written, for messages that point into it.
        fields: The fields that it selects, in order; none where it is a `COUNT()`.
        aliases: The names that a grouped query gives to its fields, None where it gives none.
        field_set: What `FIELDS(…)` selects beside them.
        children: Sub-queries over child relationships.
        aggregates: What it works out of each group.
        is_count: It asks only how many, by `COUNT()`.
        source: API name of the object in FROM, as written.
        alias: The object's short name in this query, or None.
    """

    text: str
    fields: tuple[Path, ...]
    aliases: tuple[str | None, ...] = ()
    field_set: FieldSet | None = None
    children: tuple[Query, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    is_count: bool = False
    source: str
    source_at: int
    alias: str | None
    where: Condition | None
    group: tuple[Path, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...]
    limit: int | None
    offset: int

    @property
    def is_grouped(self) -> bool:
        """Whether its records are groups of rows."""
        return bool(self.group or self.aggregates)
