"""Which reports there are to choose from: by name, those run last first, with why one is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.bulk_create.report_rows import NO_CONTACT, contact_column
from bridge.errors import QuotaSpent, RecordRefused, RemoteError, Unauthorized
from bridge.identity import salesforce_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.values import Record

SHOWN_AT_MOST = 8
JOINED = "A joined report: Salesforce does not let other programs read it"

_LONGEST_NAME = 40
_REMEMBERED_AT_MOST = 5_000
_JOINED_FORMAT = "MultiBlock"


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


@dataclass(slots=True)
class KnownReports:
    """Why reports cannot be a source, as far as it was asked; a call each, until they are changed.

    Shared by threads: to ask once too often does no harm.
    """

    _reasons: dict[tuple[int, str, str | None], str | None] = field(default_factory=dict)

    def why_not(self, salesforce: Salesforce, connection_id: int, row: Record) -> str | None:
        """Return why a report cannot be a source; None: it can."""
        key = connection_id, row["Id"] or "", row["LastModifiedDate"]
        try:
            return self._reasons[key]
        except KeyError:
            reason = _why_not(salesforce, row)
        if reason in {None, NO_CONTACT, JOINED}:  # what Salesforce refuses may be given any time
            if len(self._reasons) >= _REMEMBERED_AT_MOST:
                self._reasons.clear()
            self._reasons[key] = reason
        return reason


def read_reports(
    salesforce: Salesforce, connection_id: int, known: KnownReports, part: str = ""
) -> ReportChoices:
    """Return the reports that have a part in their name, those that were run last first.

    Raises:
        RemoteError: If Salesforce does not answer.
    """
    found = list(salesforce.query(_reports(part)))
    return ReportChoices(
        reports=[
            ReportChoice(
                id=salesforce_id(row["Id"] or ""),
                name=row["Name"] or "",
                folder=row["FolderName"] or "",
                reason=known.why_not(salesforce, connection_id, row),
            )
            for row in found[:SHOWN_AT_MOST]
        ],
        has_more=len(found) > SHOWN_AT_MOST,
    )


def _why_not(salesforce: Salesforce, row: Record) -> str | None:
    if row["Format"] == _JOINED_FORMAT:
        return JOINED
    try:
        columns = salesforce.reports.columns(row["Id"] or "")
    except RecordRefused as error:
        return str(error)
    except RemoteError as error:
        # What Salesforce says of one report leaves the others; silence is about all of them.
        if error.key is None or isinstance(error, Unauthorized | QuotaSpent):
            raise
        return str(error)
    return None if contact_column(columns) else NO_CONTACT


def _reports(part: str) -> str:
    where = f"WHERE Name LIKE '%{_escaped(part[:_LONGEST_NAME])}%' " if part else ""
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
