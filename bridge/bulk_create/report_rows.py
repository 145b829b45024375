"""Read the contacts that a report names: all of them, though one run answers 2,000 rows.

Salesforce lets a column of ids be filtered by how an id begins, not by its size, so that rows
beyond the first 2,000 are found by halves: of what begins alike the lowest and the highest 2,000
are read, and where they do not meet, what lies between is told apart by the next character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from os.path import commonprefix
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING, Any

from bridge.bulk_create.model import ROWS_AT_MOST
from bridge.errors import Conflict, NotFoundRemotely, TooMuchAtOnce
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.salesforce.login import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from bridge.salesforce.reports import ReportColumn, ReportRun

    Run: TypeAlias = Callable[[Mapping[str, Any] | None], ReportRun]

NO_CONTACT = "It has no column Contact ID: add it in Salesforce"

_CONTACT = "003"
_ORDER = digits + "".join(f"{char.upper()}{char}" for char in ascii_lowercase)
_SHORT = 15
_CALLS_AT_MOST = 200  # of the 500 runs that an organization has an hour
_ID_COLUMN = re.compile(r"(?:^|[._$])contacts?[._$]?id$", re.IGNORECASE)
_LOOKUP = re.compile(r"(?:^|[._$])(?:\w+__)?contact(?:__c|[._]name)?$", re.IGNORECASE)


@dataclass(kw_only=True)
class Named:
    """Whom a report names.

    Attributes:
        ids: Contacts, each once, in the order in which they were found.
        rows: How many rows the report has.
        calls: How often it was run.
    """

    report: str = ""
    ids: dict[str, None] = field(default_factory=dict)
    rows: int = 0
    calls: int = 0


def contact_column(columns: Sequence[ReportColumn]) -> ReportColumn | None:
    """Return the column that says which contact a row is about: a Contact ID, else a lookup."""
    for column in columns:
        if column.kind == "id" and any(map(_ID_COLUMN.search, (column.name, column.field))):
            return column
    for column in columns:
        if column.is_lookup and any(map(_LOOKUP.search, (column.name, column.field))):
            return column
    return None


def read_contacts(run: Run) -> Named:
    """Run a report, as often as it takes, and return the contacts that it names.

    Args:
        run: Runs it, as it was saved or with other metadata.

    Raises:
        NotFoundRemotely: If it is not there, or has no column that names contacts.
        TooMuchAtOnce: If it has more rows than a save takes, or than can be told apart.
        Conflict: If rows are missing in the end: it changed meanwhile.
    """
    first = run(None)
    column = contact_column(first.columns)
    if column is None:
        raise NotFoundRemotely(f"{first.name}: {NO_CONTACT}", system=SYSTEM)
    named = Named(report=first.name, rows=first.row_count or len(first.rows))
    _note(named, first, column)
    if first.is_whole:
        return named
    if named.rows > ROWS_AT_MOST:
        message = f"{first.name} has {named.rows:,} rows, and {ROWS_AT_MOST:,} are possible"
        raise TooMuchAtOnce(f"{message}: narrow it in Salesforce", system=SYSTEM)
    if column.kind != "id" or first.metadata.get("topRows"):
        message = f"{first.name} has more than {len(first.rows):,} rows, which Salesforce does not"
        advice = "let us read: add the column Contact ID, without a limit of rows"
        raise TooMuchAtOnce(f"{message} {advice}", system=SYSTEM)
    _read_on(run, first, column, named)
    return named


def _read_on(run: Run, first: ReportRun, column: ReportColumn, named: Named) -> None:
    """Find the rows beyond the first run, and see that none is missing in the end."""

    def ask(beginnings: Sequence[str], order: str) -> ReportRun:
        if named.calls == _CALLS_AT_MOST:
            message = f"{first.name} is not read in {_CALLS_AT_MOST} calls: narrow it in Salesforce"
            raise TooMuchAtOnce(message, system=SYSTEM)
        answer = run(_narrowed(first.metadata, column, beginnings, order))
        _note(named, answer, answer.columns[0])
        return answer

    wanted = met = 0
    pending = [[_CONTACT]]
    while pending:
        beginnings = pending.pop()
        low = ask(beginnings, "Asc")
        count = low.row_count or len(low.rows)
        wanted = wanted or count  # what begins like a contact is asked for first
        if low.is_whole:
            met += count
            continue
        high = ask(beginnings, "Desc")
        if not high.rows:
            break
        parts = _parts(beginnings, low.rows[0][0] or "", high.rows[0][0] or "")
        if count <= len(low.rows) + len(high.rows) or not parts:
            met += count
        else:
            pending += parts
    if met < wanted:
        message = f"{first.name} has changed while it was read: start from it again"
        raise Conflict(message, system=SYSTEM)


def _narrowed(
    metadata: Any, column: ReportColumn, beginnings: Sequence[str], order: str
) -> dict[str, Any]:
    """Return what a run is asked for: one column, in order, of the ids that begin so."""
    filters = [*(metadata.get("reportFilters") or ())]
    logic = metadata.get("reportBooleanFilter")
    begins = {"column": column.name, "operator": "startsWith", "value": ",".join(beginnings)}
    return {
        **metadata,
        "aggregates": ["RowCount"],
        "chart": None,  # it needs the groups
        "customSummaryFormula": None,
        "detailColumns": [column.name],
        "groupingsAcross": [],
        "groupingsDown": [],
        "reportBooleanFilter": f"({logic}) AND {len(filters) + 1}" if logic else None,
        "reportFilters": [*filters, begins],
        "reportFormat": "TABULAR",
        "sortBy": [{"sortColumn": column.name, "sortOrder": order}],
    }


def _parts(beginnings: Sequence[str], lowest: str, highest: str) -> list[list[str]]:
    """Return beginnings in two parts that hold all between two ids; none: it is one contact.

    >>> _parts(["003"], "0035g0000A00000", "0035g0000B00000")
    [['0035g0000A', '0035g0000a'], ['0035g0000B', '0035g0000b']]
    >>> _parts(["003a", "003b", "003c", "003d"], "003b00000000000", "003d00000000000")
    [['003b'], ['003c', '003d']]
    """
    stem = commonprefix([lowest[:_SHORT], highest[:_SHORT]])  # noqa: RUF071 -- characters are meant
    if len(beginnings) == 1:
        # Shorter than what was asked for where Salesforce does not heed the case of letters.
        stem = max(stem, beginnings[0], key=len)
    if len(stem) == _SHORT:
        return []
    if len(stem) >= len(beginnings[0]):
        beginnings = [stem + char for char in _ORDER]
    place = len(beginnings[0]) - 1
    ends = lowest[place], highest[place]
    between = [one for one in beginnings if _is_between(one[place], *ends)]
    middle = len(between) // 2
    return [part for part in (between[:middle], between[middle:]) if part]


def _is_between(char: str, lowest: str, highest: str) -> bool:
    """Tell whether ids with a character may stand between two, with regard to case or without."""
    return lowest <= char <= highest or lowest.lower() <= char.lower() <= highest.lower()


def _note(named: Named, run: ReportRun, column: ReportColumn) -> None:
    place = [one.name for one in run.columns].index(column.name)
    named.calls += 1
    for row in run.rows:
        value = row[place]
        if value is not None and value.startswith(_CONTACT) and is_salesforce_id(value):
            named.ids[salesforce_id(value)] = None
