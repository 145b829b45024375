"""Reports: those that were run of late, what one is made of, and a run.

Salesforce Reports and Dashboards REST API Developer Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce import ids
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.firm import may_run_reports
from sandbox.salesforce.reports.metadata import (
    extended_metadata,
    report_metadata,
    type_metadata,
)
from sandbox.salesforce.reports.run import Running
from sandbox.salesforce.rest.calls import answer

if TYPE_CHECKING:
    from starlette.responses import Response

    from sandbox.salesforce.reports.shelf import Report
    from sandbox.salesforce.rest.calls import Call

_HOUR_S = 3_600
_MOST_LISTED = 200


def show_recent(call: Call) -> Response:
    """List the reports that were run of late, the latest first."""
    rows = [row for row in call.org.tables["Report"] if row["LastRunDate"] and not row["IsDeleted"]]
    rows.sort(key=lambda row: str(row["LastRunDate"]), reverse=True)
    return answer(200, [_listed(call, str(row["Id"])) for row in rows[:_MOST_LISTED]])


def describe_report(call: Call) -> Response:
    """Return what a report is made of."""
    report_id, report = _report(call)
    running = _running(call, report_id, report, {})
    columns = running.columns()
    return answer(
        200,
        {
            "attributes": _attributes(call, report_id, report),
            "reportExtendedMetadata": extended_metadata(report.kind, columns),
            "reportMetadata": report_metadata(report_id, report, columns),
            "reportTypeMetadata": type_metadata(report.kind),
        },
    )


def run_report(call: Call) -> Response:
    """Run a report as it was saved, or with other metadata, and answer at most 2,000 rows."""
    report_id, report = _report(call)
    asked = call.json() if call.body else {}
    metadata = asked.get("reportMetadata", {})
    if not isinstance(metadata, dict):
        message = "The request is invalid because there is no metadata."
        raise ApiError("BAD_REQUEST", message)
    _count(call)
    running = _running(call, report_id, report, metadata)
    columns = running.columns()
    result = running.result(details=call.flag("includeDetails"))
    _note_run(call, report_id)
    return answer(
        200,
        {
            "attributes": _attributes(call, report_id, report),
            **result,
            "reportExtendedMetadata": extended_metadata(report.kind, columns),
            "reportMetadata": running.asked | {"detailColumns": columns},
        },
    )


def _report(call: Call) -> tuple[str, Report]:
    if not may_run_reports(call.org, call.user_id):
        raise _forbidden()
    report_id = ids.canonical(call.path["report"]) or ""
    report = call.api.shelf.by_id.get(report_id)
    if report is None:
        message = "The data you’re trying to access is unavailable."  # noqa: RUF001 -- the vendor's spelling
        raise ApiError("NOT_FOUND", message, status=404)
    if report.refused:
        raise _forbidden()
    if report.format == "MULTI_BLOCK":
        message = "You’re requesting data for an unsupported report format."  # noqa: RUF001 -- the vendor's spelling
        raise ApiError("UNSUPPORTED_OPERATION", message, status=501)
    return report_id, report


def _forbidden() -> ApiError:
    message = "You don’t have sufficient privileges to perform this operation."  # noqa: RUF001 -- the vendor's spelling
    return ApiError("FORBIDDEN", message, status=403)


def _running(call: Call, report_id: str, report: Report, metadata: dict[str, Any]) -> Running:
    saved = report_metadata(report_id, report, list(report.shown_columns))
    return Running(
        org=call.org,
        kind=report.kind,
        asked=saved | metadata,
    )


def _count(call: Call) -> None:
    """Count a run; an org may have so many within an hour."""
    shelf, most = call.api.shelf, call.api.policy().report_runs_an_hour
    now = call.org.now().timestamp()
    shelf.runs = [at for at in shelf.runs if at > now - _HOUR_S]
    if len(shelf.runs) >= most:
        message = (
            f"You can't run more than {most} reports synchronously every 60 minutes. "
            "Try again later."
        )
        raise ApiError("FORBIDDEN", message, status=403)
    shelf.runs.append(now)


def _note_run(call: Call, report_id: str) -> None:
    table = call.org.tables["Report"]
    row = table.get(report_id)
    if row is not None:
        table.put(report_id, row | {"LastRunDate": call.org.now()})


def _listed(call: Call, report_id: str) -> dict[str, object]:
    address = f"/services/data/v{call.version}/analytics/reports/{report_id}"
    return {
        "describeUrl": f"{address}/describe",
        "fieldsUrl": f"{address}/fields",
        "id": report_id,
        "instancesUrl": f"{address}/instances",
        "name": call.api.shelf.by_id[report_id].name,
        "url": address,
    }


def _attributes(call: Call, report_id: str, report: Report) -> dict[str, object]:
    address = f"/services/data/v{call.version}/analytics/reports/{report_id}"
    return {
        "describeUrl": f"{address}/describe",
        "instancesUrl": f"{address}/instances",
        "reportId": report_id,
        "reportName": report.name,
        "type": "Report",
    }
