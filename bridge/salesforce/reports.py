"""Reports of an organization: which there are, what one is made of, and a run of one.

Salesforce Reports and Dashboards REST API Developer Guide. A run answers at most 2,000 rows, and an
organization may run 500 an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.identity import salesforce_id
from bridge.salesforce.answers import unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.salesforce.session import Session

_PATH = "analytics/reports"
_DETAILS = {"includeDetails": "true"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportColumn:
    """A column of a report's rows.

    Attributes:
        name: Its API name in reports, such as `CONTACT_ID`.
        kind: Its data type, such as `id`.
        field: The field that it shows, such as `Contact.Id`, where Salesforce says so.
        is_lookup: Its values are the names of records, and their ids come along.
    """

    name: str
    kind: str
    field: str
    is_lookup: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportRun:
    """What a run has answered.

    Attributes:
        name: Of the report.
        metadata: What it was run with; a further run can be asked for with a part of it changed.
        rows: The values of each row, in the order of the columns; None where a cell is empty.
        row_count: How many rows there are, answered or not; None where Salesforce does not say.
        is_whole: All of them were answered.
    """

    name: str
    metadata: Mapping[str, Any]
    columns: Sequence[ReportColumn]
    rows: Sequence[Sequence[str | None]]
    row_count: int | None
    is_whole: bool


class Reports:
    """Reports of one organization. Every method raises the errors of `Session.call`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def columns(self, report_id: str) -> Sequence[ReportColumn]:
        """Return the columns of a report's rows.

        Raises:
            NotFoundRemotely: If there is no such report.
            Forbidden: If the bridge's user may not see it.
        """
        path = f"{_PATH}/{salesforce_id(report_id)}/describe"
        answer = self._session.call(lambda library: library.restful(path))
        try:
            return _columns(answer)
        except (AttributeError, KeyError, TypeError):
            raise unavailable("an answer without the report's columns") from None

    def run(self, report_id: str, metadata: Mapping[str, Any] | None = None) -> ReportRun:
        """Run a report now.

        Args:
            report_id: Which.
            metadata: What shall be otherwise than it was saved.

        Raises:
            NotFoundRemotely: If there is no such report.
            Forbidden: If the bridge's user may not see it, or the hour's runs are spent.
            RecordRefused: If Salesforce does not take the metadata.
        """
        path = f"{_PATH}/{salesforce_id(report_id)}"
        if metadata is None:
            answer = self._session.call(lambda library: library.restful(path, params=_DETAILS))
        else:
            body = {"reportMetadata": metadata}
            answer = self._session.call(
                lambda library: library.restful(path, _DETAILS, method="POST", json=body)
            )
        try:
            return _run(answer)
        except (AttributeError, KeyError, TypeError):
            raise unavailable("an answer without the report's rows") from None


def _run(answer: Any) -> ReportRun:
    facts = answer["factMap"]
    total = facts.get("T!T", {}).get("aggregates", [])
    count = total[-1].get("value") if total else None  # the record count comes last
    return ReportRun(
        name=str(answer["reportMetadata"]["name"]),
        metadata=answer["reportMetadata"],
        columns=_columns(answer),
        rows=[
            [_value(cell) for cell in row["dataCells"]]
            for fact in facts.values()
            for row in fact.get("rows", ())
        ],
        row_count=int(count) if isinstance(count, int) else None,
        is_whole=answer["allData"] is True,
    )


def _columns(answer: Any) -> list[ReportColumn]:
    info = answer["reportExtendedMetadata"]["detailColumnInfo"]
    return [
        ReportColumn(
            name=name,
            kind=str(info.get(name, {}).get("dataType", "")),
            field=str(info.get(name, {}).get("entityColumnName") or ""),
            is_lookup=info.get(name, {}).get("isLookup") is True,
        )
        for name in answer["reportMetadata"]["detailColumns"]
    ]


def _value(cell: Any) -> str | None:
    value = cell.get("value")
    return value if isinstance(value, str) else None
