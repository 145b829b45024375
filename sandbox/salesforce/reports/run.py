"""Run a report: which records it finds now, in which order, and its fact map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.reports.filters import MOST, test_of
from sandbox.salesforce.reports.shelf import ReportFilter
from sandbox.salesforce.reports.types import OPERATORS, resolve, value

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.reports.types import Column, ReportType
    from sandbox.salesforce.schema import Field
    from sandbox.salesforce.values import Row

ROWS_AT_MOST = 2_000
_SHORT = 15
_EMPTY = "-"
_FILTERS = TypeAdapter(list[ReportFilter])
_Cell = dict[str, object]
_Line = dict[str, list[_Cell]]


@dataclass(frozen=True, kw_only=True)
class Running:
    """One run of a report.

    Attributes:
        asked: The metadata that it is run with.
    """

    org: Org
    kind: ReportType
    asked: dict[str, Any]

    def result(self, *, details: bool) -> dict[str, object]:
        """Return the fact map with what belongs to it.

        Raises:
            ApiError: 400, if the metadata names what is not there.
        """
        found = self._sorted(self._found())
        limit = (self.asked.get("topRows") or {}).get("rowLimit")
        found = found[:limit]
        shown = found[:ROWS_AT_MOST]
        groups = self._groups(shown)
        facts = {
            f"{place}!T": _fact(len(rows), rows, details=details)
            for place, rows in enumerate(groups.values())
        }
        # The rows of a report without groups stand under its total.
        facts["T!T"] = _fact(len(found), [] if groups else self._rows(shown), details=details)
        return {
            "allData": len(found) <= ROWS_AT_MOST,
            "factMap": facts,
            "groupingsAcross": {"groupings": []},
            "groupingsDown": {"groupings": _groupings(list(groups))},
            "hasDetailRows": details,
            "hasExceededTabularRowLimit": False,
        }

    def columns(self) -> list[str]:
        """Return the columns of the rows; those that the user may not read are left out."""
        wanted = self.asked["detailColumns"]
        if not isinstance(wanted, list) or not wanted:
            message = "Can’t run the report because it doesn’t have any columns selected."  # noqa: RUF001 -- the vendor's spelling
            raise ApiError("BAD_REQUEST", message)
        return [name for name in wanted if self._fields(self._column(name)) is not None]

    def _found(self) -> list[Row]:
        try:
            filters = _FILTERS.validate_python(self.asked["reportFilters"] or [])
        except ValidationError:
            message = (
                "The request is invalid because there are no filters. Specify filters or set "
                "filters as an empty array to omit them."
            )
            raise ApiError("BAD_REQUEST", message) from None
        if len(filters) > MOST:
            raise ApiError("BAD_REQUEST", f"You can add up to {MOST} filters to a report.")
        paths: dict[str, list[Field]] = {}
        for each in filters:
            column = self._column(each.column)
            if each.operator not in OPERATORS[column.kind]:
                message = f"Specify a valid condition because {each.operator} is invalid."
                raise ApiError("BAD_REQUEST", message)
            paths[each.column] = self._fields(column) or []
        ids = frozenset(name for name in paths if self._column(name).kind == "id")
        holds = test_of(filters, self.asked["reportBooleanFilter"], ids)
        return [
            row
            for row in self.org.tables[self.kind.object]
            if not row["IsDeleted"]
            and holds({name: self._plain(row, name, path) for name, path in paths.items()})
        ]

    def _sorted(self, rows: list[Row]) -> list[Row]:
        sort = self.asked["sortBy"] or []
        if len(sort) > 1:
            raise ApiError("BAD_REQUEST", "A report can only be sorted by one column.")
        for each in sort:
            name = each.get("sortColumn")
            if name not in self.asked["detailColumns"]:
                message = "The sort column name must be from a selected column."
                raise ApiError("BAD_REQUEST", message)
            path = self._fields(self._column(name)) or []
            rows.sort(
                key=lambda row: self._plain(row, name, path),
                reverse=each.get("sortOrder") == "Desc",
            )
        return rows

    def _groups(self, rows: list[Row]) -> dict[str, list[_Line]]:
        """Return the rows by the value that they are grouped by; none where they are not."""
        by = [one.get("name") for one in self.asked["groupingsDown"] or []]
        if not by:
            return {}
        column = self._column(by[0])
        path = self._fields(column) or []
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(self._plain(row, column.name, path), []).append(row)
        return {name: self._rows(groups[name]) for name in sorted(groups)}

    def _rows(self, rows: list[Row]) -> list[_Line]:
        columns = [self._column(name) for name in self.columns()]
        paths = [(column, self._fields(column) or []) for column in columns]
        return [{"dataCells": self._cells(row, paths)} for row in rows]

    def _cells(self, row: Row, paths: list[tuple[Column, list[Field]]]) -> list[_Cell]:
        return [self._cell(row, column, path) for column, path in paths]

    def _cell(self, row: Row, column: Column, path: list[Field]) -> _Cell:
        label = self._plain(row, column.name, path)
        opens = label or None
        if column.leads_to is not None:
            steps = resolve(self.org, self.org.schema.get(self.kind.object), column.leads_to)
            opens = str(found) if steps and (found := value(self.org, row, steps)) else None
        return {"label": label or _EMPTY, "value": opens}

    def _plain(self, row: Row, name: str, path: list[Field]) -> str:
        found = value(self.org, row, path) if path else None
        text = "" if found is None else str(found)
        return text[:_SHORT] if self._column(name).kind == "id" else text

    def _column(self, name: object) -> Column:
        column = self.kind.column(str(name))
        if column is None:
            message = f"Specify a valid filterable column because {name} is invalid."
            raise ApiError("BAD_REQUEST", message)
        return column

    def _fields(self, column: Column) -> list[Field] | None:
        return resolve(self.org, self.org.schema.get(self.kind.object), column.path)


def _fact(count: int, rows: list[_Line], *, details: bool) -> dict[str, object]:
    fact: dict[str, object] = {"aggregates": [{"label": f"{count:,}", "value": count}]}
    return fact | {"rows": rows} if details else fact


def _groupings(names: list[str]) -> list[dict[str, object]]:
    return [
        {"groupings": [], "key": str(place), "label": name or _EMPTY, "value": name or None}
        for place, name in enumerate(names)
    ]
