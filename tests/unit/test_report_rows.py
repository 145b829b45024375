"""Reports of more than one run's rows: all contacts are found, each once, in few calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.bulk_create import report_rows
from bridge.bulk_create.report_rows import contact_column, read_contacts
from bridge.errors import Conflict, NotFoundRemotely, TooMuchAtOnce
from bridge.identity import salesforce_id
from bridge.salesforce.reports import ReportColumn, ReportRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST = 20
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def column(name: str, kind: str = "id", field: str = "", *, lookup: bool = False) -> ReportColumn:
    return ReportColumn(name=name, kind=kind, field=field, is_lookup=lookup)


def contact(number: int) -> str:
    """Return an id of 15 characters whose end counts as Salesforce counts."""
    end = ""
    for _ in range(12):
        number, digit = divmod(number, len(DIGITS))
        end = DIGITS[digit] + end
    return f"003{end}"


class Report:
    """A report of some contacts, of which a run answers twenty rows; asks are kept."""

    def __init__(self, rows: Sequence[str | None], *, heeds_case: bool = True) -> None:
        self.rows = list(rows)
        self.folded: Callable[[str], str] = str if heeds_case else str.lower
        self.asked: list[Mapping[str, Any]] = []
        self.saved: dict[str, Any] = {"reportFilters": [], "reportBooleanFilter": None}
        self.column = column("CONTACT_ID")

    def run(self, metadata: Mapping[str, Any] | None = None) -> ReportRun:
        found = list(self.rows)
        if metadata is not None:
            self.asked.append(metadata)
            begins = tuple(map(self.folded, metadata["reportFilters"][-1]["value"].split(",")))
            found = [row for row in found if row and self.folded(row).startswith(begins)]
            order = metadata["sortBy"][0]["sortOrder"]
            found.sort(key=lambda row: self.folded(row or ""), reverse=order == "Desc")
        return ReportRun(
            name="Clients",
            metadata=self.saved,
            columns=[self.column],
            rows=[[row] for row in found[:MOST]],
            row_count=len(found),
            is_whole=len(found) <= MOST,
        )


def wanted(report: Report) -> set[str]:
    return {salesforce_id(row) for row in report.rows if row and row.startswith("003")}


@pytest.mark.parametrize("heeds_case", [True, False], ids=["with case", "without case"])
@settings(deadline=None, max_examples=60)
@given(
    numbers=st.lists(st.integers(0, 300) | st.integers(0, 62**12 - 1), max_size=150),
    repeated=st.integers(1, 60),
    blank=st.integers(0, 30),
)
def test_all_contacts_are_found_whatever_their_ids_are(
    numbers: list[int], repeated: int, blank: int, *, heeds_case: bool
) -> None:
    first = [contact(numbers[0])] * repeated if numbers else []
    rows = [*map(contact, numbers), *first, *([None] * blank)]
    report = Report(rows, heeds_case=heeds_case)
    found = read_contacts(report.run)
    assert set(found.ids) == wanted(report)
    assert (found.rows, found.calls) == (len(rows), len(report.asked) + 1)


def test_a_run_that_is_whole_is_the_only_call() -> None:
    found = read_contacts(Report([contact(1), contact(1), None, "00Q5g0000000001"]).run)
    assert (list(found.ids), found.calls) == ([salesforce_id(contact(1))], 1)


def test_ids_that_were_given_one_after_the_other_take_few_calls() -> None:
    # As many runs' rows as 5,000 contacts are in Salesforce.
    found = read_contacts(Report([contact(40_000 + number) for number in range(50)]).run)
    assert len(found.ids) == 50
    assert found.calls <= 8


def test_what_the_report_asks_for_is_asked_for_still() -> None:
    report = Report([contact(number) for number in range(30)])
    mine = {"column": "CITY", "operator": "equals", "value": "Leeds"}
    report.saved |= {"reportFilters": [mine, mine], "reportBooleanFilter": "1 OR 2"}
    report.saved |= {"scope": "team", "groupingsDown": [{"name": "CITY"}]}
    read_contacts(report.run)
    for asked in report.asked:
        assert asked["reportFilters"][:2] == [mine, mine]
        assert asked["reportBooleanFilter"] == "(1 OR 2) AND 3"
        assert (asked["scope"], asked["groupingsDown"]) == ("team", [])


def test_a_report_that_loses_rows_meanwhile_is_not_taken_for_whole() -> None:
    report = Report([contact(number * 62**9) for number in range(100)])
    whole = report.run

    def run(metadata: Mapping[str, Any] | None) -> ReportRun:
        if len(report.asked) == 3:
            report.rows = report.rows[:50]
        return whole(metadata)

    with pytest.raises(Conflict, match="has changed while it was read"):
        read_contacts(run)


def test_a_report_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_rows, "ROWS_AT_MOST", 40)
    report = Report([contact(number) for number in range(41)])
    with pytest.raises(TooMuchAtOnce, match="Clients has 41 rows, and 40 are possible"):
        read_contacts(report.run)
    assert report.asked == []


@pytest.mark.parametrize("row_limit", [True, False], ids=["a limit of rows", "a lookup"])
def test_rows_that_cannot_be_read_on_are_refused(*, row_limit: bool) -> None:
    report = Report([contact(number) for number in range(41)])
    if row_limit:
        report.saved["topRows"] = {"rowLimit": 41}
    else:
        report.column = column("Visit__c.Contact__c", "string", lookup=True)
    with pytest.raises(TooMuchAtOnce, match="add the column Contact ID, without a limit of rows"):
        read_contacts(report.run)


def test_a_report_without_contacts_is_refused() -> None:
    report = Report(["0015g0000000001"])
    report.column = column("ACCOUNT_ID")
    with pytest.raises(NotFoundRemotely, match="Clients: It has no column Contact ID"):
        read_contacts(report.run)


@pytest.mark.parametrize(
    ("found", "names_contacts"),
    [
        (column("CONTACT_ID"), True),
        (column("Contact.Id"), True),
        (column("Account.Contacts$Id"), True),
        (column("FK_PERSON", field="CampaignMember.ContactId"), True),
        (column("CONTACT_ID", "string"), False),
        (column("ACCOUNT_ID", field="Account.Id"), False),
        (column("CONTACT_OWNER_ID", field="Contact.OwnerId"), False),
        (column("Visit__c.practifi__Contact__c", "string", lookup=True), True),
        (column("CONTACT_NAME", "string", lookup=True), True),
        (column("Visit__c.practifi__Contact__c", "string"), False),
        (column("ACCOUNT.NAME", "string", lookup=True), False),
        (column("Visit__c.Contact_Owner__c", "string", lookup=True), False),
    ],
    ids=lambda value: value.name if isinstance(value, ReportColumn) else "",
)
def test_which_columns_name_contacts(found: ReportColumn, *, names_contacts: bool) -> None:
    assert (contact_column([column("EMAIL", "email"), found]) is found) == names_contacts


def test_a_contact_id_goes_before_a_lookup() -> None:
    lookup, own = column("CONTACT_NAME", "string", lookup=True), column("CONTACT_ID")
    assert contact_column([lookup, own]) is own
