"""What a report says of itself: its metadata, its columns, its type. No rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.reports.types import operator_map

if TYPE_CHECKING:
    from sandbox.salesforce.reports.shelf import Report
    from sandbox.salesforce.reports.types import Column, ReportType

_NOT_SET = dict.fromkeys(
    ("chart", "currency", "dashboardSetting", "description", "division", "folderId")
)


def report_metadata(report_id: str, report: Report, columns: list[str]) -> dict[str, object]:
    """Return the report as somebody has saved it; a run may be asked for with another one."""
    sort = [] if report.sort_by is None else [{"sortColumn": report.sort_by, "sortOrder": "Asc"}]
    grouping = [] if report.group_by is None else [_grouping(report.group_by)]
    limited = (
        {}
        if report.row_limit is None
        else {"topRows": {"rowLimit": report.row_limit, "direction": "Asc"}}
    )
    return {
        **_NOT_SET,
        **limited,
        "aggregates": ["RowCount"],
        "buckets": [],
        "crossFilters": [],
        "customSummaryFormula": {},
        "detailColumns": columns,
        "developerName": report.developer_name,
        "groupingsAcross": [],
        "groupingsDown": grouping,
        "hasDetailRows": True,
        "hasRecordCount": True,
        "historicalSnapshotDates": [],
        "id": report_id,
        "name": report.name,
        "reportBooleanFilter": report.boolean_filter,
        "reportFilters": [
            {"isRunPageEditable": True, **each.model_dump()} for each in report.filters
        ],
        "reportFormat": report.format,
        "reportType": {"label": report.kind.label, "type": report.kind.name},
        "scope": "organization",
        "showGrandTotal": True,
        "showSubtotals": True,
        "sortBy": sort,
        "standardDateFilter": None,
        "standardFilters": None,
        "supportsRoleHierarchy": False,
        "userOrHierarchyFilterId": None,
    }


def extended_metadata(kind: ReportType, columns: list[str]) -> dict[str, object]:
    """Return what is told of the columns that a report shows."""
    shown = [each for each in kind.columns if each.name in columns]
    return {
        "aggregateColumnInfo": {"RowCount": {"dataType": "int", "label": "Record Count"}},
        "detailColumnInfo": {each.name: _info(kind, each) for each in shown},
        "groupingColumnInfo": {},
    }


def type_metadata(kind: ReportType) -> dict[str, object]:
    """Return what the columns of a report type can be filtered by."""
    columns = {
        each.name: {
            "dataType": each.kind,
            "filterValues": [],
            "filterable": True,
            "label": each.label,
        }
        for each in kind.columns
    }
    return {
        "categories": [{"columns": columns, "label": kind.label}],
        "dataTypeFilterOperatorMap": operator_map(),
        "standardDateFilterDurationGroups": [],
        "standardFilterInfos": {},
    }


def _grouping(column: str) -> dict[str, str]:
    return {"dateGranularity": "None", "name": column, "sortOrder": "Asc"}


def _info(kind: ReportType, column: Column) -> dict[str, object]:
    return {
        "dataType": column.kind,
        "entityColumnName": f"{kind.object}.{column.path}",
        "filterValues": [],
        "filterable": True,
        "isLookup": column.leads_to not in {None, "Id"},
        "label": column.label,
    }
