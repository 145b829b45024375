"""What a query says, as data: made by the parser, read by the binder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

Constant: TypeAlias = str | bool | float | date | datetime | None
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "LIKE"]


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
class Compare:
    """A field compared with one constant."""

    path: Path
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


Condition: TypeAlias = Compare | OneOf | Includes | All | Any | Not


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY; nulls come first unless the query says otherwise."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole query.

    Attributes:
        text: As written, for messages that point into it.
        fields: What it selects; none where it is a `COUNT()`.
        source: API name of the object in FROM, as written.
        alias: The object's short name in this query, or None.
    """

    text: str
    fields: tuple[Path, ...]
    source: str
    source_at: int
    alias: str | None
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
