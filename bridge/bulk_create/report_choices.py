"""Which reports there are to choose from: by name, those run last first, with why one is none.

What a report is made of takes a call each, so it is remembered until the report is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.bulk_create.report_rows import NO_CONTACT, contact_column
from bridge.errors import Forbidden, NotFoundRemotely
from bridge.identity import salesforce_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.values import Record

SHOWN_AT_MOST = 8
JOINED = "A joined report: Salesforce does not let other programs read it"

_REMEMBERED_AT_MOST = 5_000
_JOINED_FORMAT = "MultiBlock"
_reasons: dict[tuple[int, str, str | None], str | None] = {}
"""Connection, report, when it was changed -> why it cannot be a source; one for all threads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportChoice:
    """A report that somebody may start from.

    Attributes:
        reason: Why it cannot be chosen; None: it can.
    """

    id: str
    name: str
    folder: str
    reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportChoices:
    """Some of the reports.

    Attributes:
        has_more: There are more than are shown.
        is_unknown: Salesforce did not say.
    """

    reports: Sequence[ReportChoice] = ()
    has_more: bool = False
    is_unknown: bool = False


def read_reports(salesforce: Salesforce, connection_id: int, part: str = "") -> ReportChoices:
    """Return the reports that have a part in their name, those that were run last first.

    Raises:
        RemoteError: If Salesforce does not answer.
    """
    found = list(salesforce.query(_reports(part)))
    return ReportChoices(
        reports=[_choice(salesforce, connection_id, row) for row in found[:SHOWN_AT_MOST]],
        has_more=len(found) > SHOWN_AT_MOST,
    )


def _choice(salesforce: Salesforce, connection_id: int, row: Record) -> ReportChoice:
    report_id = salesforce_id(row["Id"] or "")
    key = connection_id, report_id, row["LastModifiedDate"]
    if key not in _reasons:
        if len(_reasons) >= _REMEMBERED_AT_MOST:
            _reasons.clear()
        reason = _why_not(salesforce, report_id, row)
        if reason in {None, NO_CONTACT, JOINED}:
            _reasons[key] = reason
    else:
        reason = _reasons[key]
    return ReportChoice(
        id=report_id, name=row["Name"] or "", folder=row["FolderName"] or "", reason=reason
    )


def _why_not(salesforce: Salesforce, report_id: str, row: Record) -> str | None:
    if row["Format"] == _JOINED_FORMAT:
        return JOINED
    try:
        columns = salesforce.reports.columns(report_id)
    except (Forbidden, NotFoundRemotely) as error:
        return str(error)
    return None if contact_column(columns) else NO_CONTACT


def _reports(part: str) -> str:
    where = f"WHERE Name LIKE '%{_escaped(part)}%' " if part else ""
    return (
        f"SELECT Id, Name, FolderName, Format, LastModifiedDate FROM Report {where}"  # noqa: S608 -- escaped
        f"ORDER BY LastRunDate DESC NULLS LAST, Name LIMIT {SHOWN_AT_MOST + 1}"
    )


def _escaped(text: str) -> str:
    r"""Return a text as LIKE takes it between quotes, so that it stands for itself.

    >>> _escaped("O'Hara 100%")
    "O\\'Hara 100\\%"
    """
    for special in ("\\", "'", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text
