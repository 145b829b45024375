"""The reports that the org has: what each is about, and which an administrator has put there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sandbox.salesforce.reports.types import TYPES, ReportType

if TYPE_CHECKING:
    from typing import Self

    from sandbox.salesforce.org import Org, Transaction
    from sandbox.salesforce.values import Row

Format = Literal["TABULAR", "SUMMARY", "MULTI_BLOCK"]

PREFIX = "00O"
_OBJECT = "Report"
_FORMATS: dict[Format, str] = {
    "TABULAR": "Tabular",
    "SUMMARY": "Summary",
    "MULTI_BLOCK": "MultiBlock",
}
"""How the object spells what the API calls otherwise."""


class ReportFilter(BaseModel):
    """A condition of a report."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    column: str
    operator: str
    value: str = ""


class Report(BaseModel):
    """One report, as the control API takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40)
    type: str = "ContactList"
    folder: str = "Public Reports"
    format: Format = "TABULAR"
    columns: tuple[str, ...] = Field(default=(), description="none: all of the type")
    filters: tuple[ReportFilter, ...] = ()
    boolean_filter: str | None = Field(default=None, description="such as `1 AND (2 OR 3)`")
    group_by: str | None = Field(default=None, description="the column of a summary's groups")
    row_limit: int | None = Field(default=None, gt=0, description="the first rows alone")
    sort_by: str | None = None
    refused: bool = Field(default=False, description="its folder is not shared with anybody")

    @field_validator("type")
    @classmethod
    def _is_there(cls, name: str) -> str:
        if name not in TYPES:
            message = f"one of {', '.join(TYPES)}"
            raise ValueError(message)
        return name

    @model_validator(mode="after")
    def _has_columns(self) -> Self:
        named = (*self.columns, self.group_by, self.sort_by, *(one.column for one in self.filters))
        unknown = [name for name in named if name and self.kind.column(name) is None]
        if unknown:
            message = f"no such columns: {', '.join(unknown)}"
            raise ValueError(message)
        return self

    @property
    def kind(self) -> ReportType:
        """What it is about."""
        return TYPES[self.type]

    @property
    def developer_name(self) -> str:
        """Its unique name."""
        return re.sub(r"\W+", "_", self.name).strip("_")

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The columns of its rows, in order."""
        every = self.columns or tuple(each.name for each in self.kind.columns)
        return tuple(name for name in every if name != self.group_by)


class Shelf:
    """Serves one org.

    Attributes:
        by_id: The reports that are there.
        runs: When each was run of late, as seconds since 1970.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self.by_id: dict[str, Report] = {}
        self.runs: list[float] = []

    def clear(self) -> None:
        """Have no report, and forget what was run."""
        self.by_id = {}
        self.runs = []

    def replace(self, reports: list[Report], user_id: str) -> None:
        """Have these reports and no others; one of a known name keeps its id."""
        known = {each.developer_name: report_id for report_id, each in self.by_id.items()}
        with self._org.lock, self._org.transaction(user_id) as tx:
            kept = {
                known.get(each.developer_name) or self._org.serials.new(PREFIX): each
                for each in reports
            }
            for report_id, report in kept.items():
                self._put(tx, report_id, report, user_id)
            for report_id in self.by_id.keys() - kept.keys():
                row = self._org.tables[_OBJECT].get(report_id)
                tx.put(self._org.schema.get(_OBJECT), report_id, (row or {}) | {"IsDeleted": True})
            tx.changes.clear()
        self.by_id = kept

    def listed(self) -> list[dict[str, object]]:
        """Return the reports as the control API shows them."""
        return [{"id": key, **each.model_dump()} for key, each in self.by_id.items()]

    def _put(self, tx: Transaction, report_id: str, report: Report, user_id: str) -> None:
        sobject = self._org.schema.get(_OBJECT)
        before = self._org.tables[_OBJECT].get(report_id)
        row: Row = {field.name: None for field in sobject.fields}
        row |= {
            "Id": report_id,
            "OwnerId": user_id,
            "Name": report.name,
            "DeveloperName": report.developer_name,
            "FolderName": report.folder,
            "Format": _FORMATS[report.format],
            "IsDeleted": False,
            "CreatedDate": tx.at if before is None else before["CreatedDate"],
            "CreatedById": user_id,
            "LastModifiedDate": tx.at,
            "LastModifiedById": user_id,
            "SystemModstamp": tx.at,
            "LastRunDate": None if before is None else before["LastRunDate"],
        }
        tx.put(sobject, report_id, row)
