"""SOQL beyond plain rows: groups, sub-queries, semi-joins, date literals, field sets, indexes."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.salesforce.app import create_salesforce
from sandbox.salesforce.queries import Queries
from sandbox.salesforce.saving import insert
from sandbox.salesforce.soql import dates
from sandbox.salesforce.soql.evaluate import Selection
from sandbox.salesforce.soql.parser import parse
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

HOUSEHOLDS = {
    "Ash Household": (("Ada", "A"), ("Alan", "B")),
    "Birch Household": (("Bea", "A"),),
    "Cedar Household": (),
}


@pytest.fixture(scope="module")
def org() -> Org:
    stand_in = create_salesforce(World(7), "empty")
    org = stand_in.org
    user_id = str(next(iter(org.tables["User"]))["Id"])
    with org.transaction(user_id) as tx:
        for name, people in HOUSEHOLDS.items():
            home = insert(tx, org.schema.get("Account"), {"Name": name, "Type": "Client"})
            for first, title in people:
                values = {"LastName": name[:3], "FirstName": first, "Title": title}
                insert(tx, org.schema.get("Contact"), {**values, "AccountId": home})
        insert(tx, org.schema.get("Contact"), {"LastName": "Nobody", "Title": "b"})
    return org


def run(org: Org, text: str) -> dict[str, Any]:
    user_id = str(next(iter(org.tables["User"]))["Id"])
    return Queries(org).run(
        text, user_id=user_id, version="66.0", deleted_too=False, page_count=2000
    )


def rows(org: Org, text: str) -> list[dict[str, Any]]:
    """Return the records of a query without their attributes."""
    found = run(org, text)["records"]
    return [{name: value for name, value in each.items() if name != "attributes"} for each in found]


GROUPED = [
    pytest.param("SELECT COUNT(Id) FROM Contact", [{"expr0": 4}], id="all rows are one group"),
    pytest.param(
        "SELECT COUNT(Id) FROM Contact WHERE LastName = 'x'", [{"expr0": 0}], id="of no row"
    ),
    pytest.param(
        "SELECT COUNT(AccountId) a, COUNT(Id) FROM Contact", [{"a": 3, "expr0": 4}], id="nulls"
    ),
    pytest.param(
        "SELECT Title, COUNT(Id) n FROM Contact GROUP BY Title ORDER BY Title",
        [{"Title": "A", "n": 2}, {"Title": "B", "n": 2}],
        id="groups, without regard to case",
    ),
    pytest.param(
        "SELECT Account.Name, COUNT(Id) FROM Contact GROUP BY Account.Name ORDER BY COUNT(Id) DESC"
        " LIMIT 1",
        [{"Name": "Ash Household", "expr0": 2}],
        id="by a parent, ordered by the aggregate",
    ),
    pytest.param(
        "SELECT Account.Name h FROM Contact GROUP BY Account.Name HAVING COUNT(Id) > 1",
        [{"h": "Ash Household"}],
        id="having",
    ),
    pytest.param(
        "SELECT Title FROM Contact GROUP BY Title HAVING Title = 'a' AND COUNT(Id) >= 2",
        [{"Title": "A"}],
        id="having of a grouped field",
    ),
    pytest.param(
        "SELECT MIN(FirstName) f, MAX(FirstName) l, COUNT_DISTINCT(Title) d FROM Contact",
        [{"f": "Ada", "l": "Bea", "d": 2}],
        id="least, most, different",
    ),
]


@pytest.mark.rule("sf-soql-aggregates")
@pytest.mark.parametrize(("text", "expected"), GROUPED)
def test_groups_are_records(org: Org, text: str, expected: list[dict[str, Any]]) -> None:
    answer = run(org, text)
    assert rows(org, text) == expected
    assert (answer["totalSize"], answer["done"]) == (len(expected), True)
    assert all(each["attributes"] == {"type": "AggregateResult"} for each in answer["records"])


@pytest.mark.rule("sf-soql-children")
def test_a_sub_query_is_a_query_result_in_its_record(org: Org) -> None:
    text = (
        "SELECT Name, (SELECT FirstName, Account.Name FROM Contacts WHERE Title != 'x' "
        "ORDER BY FirstName DESC LIMIT 5) FROM Account ORDER BY Name"
    )
    ash, birch, cedar = run(org, text)["records"]
    assert ash["Contacts"]["totalSize"] == 2
    assert ash["Contacts"]["done"] is True
    assert [each["FirstName"] for each in ash["Contacts"]["records"]] == ["Alan", "Ada"]
    first = birch["Contacts"]["records"][0]
    assert first["attributes"]["type"] == "Contact"
    assert first["Account"]["Name"] == "Birch Household"
    assert cedar["Contacts"] is None


SEMIJOINS = [
    ("Id IN (SELECT AccountId FROM Contact)", ["Ash Household", "Birch Household"]),
    ("Id NOT IN (SELECT AccountId FROM Contact WHERE AccountId != null)", ["Cedar Household"]),
    ("Id IN (SELECT AccountId FROM Contact WHERE FirstName LIKE 'a%')", ["Ash Household"]),
]


@pytest.mark.rule("sf-soql-semi-join")
@pytest.mark.parametrize(("where", "expected"), SEMIJOINS)
def test_a_semi_join_looks_in_another_object(org: Org, where: str, expected: list[str]) -> None:
    text = f"SELECT Name FROM Account WHERE {where} ORDER BY Name"  # noqa: S608
    assert [each["Name"] for each in rows(org, text)] == expected


@pytest.mark.rule("sf-soql-field-sets")
def test_field_sets_select_what_the_object_has(org: Org) -> None:
    (record, *_) = rows(org, "SELECT FIELDS(ALL) FROM Contact LIMIT 200")
    names = {field.name for field in org.schema.get("Contact").fields}
    assert record.keys() == names
    (custom, *_) = rows(org, "SELECT Id, FIELDS(CUSTOM) FROM Contact LIMIT 1")
    assert {name for name in custom if not name.endswith("__c")} == {"Id"}
    (standard, *_) = rows(org, "SELECT FIELDS(STANDARD) FROM Contact")
    assert not any(name.endswith("__c") for name in standard)


TODAY = date(2026, 11, 24)  # a Tuesday
SPANS = [
    ("TODAY", 0, "2026-11-24", "2026-11-25"),
    ("YESTERDAY", 0, "2026-11-23", "2026-11-24"),
    ("TOMORROW", 0, "2026-11-25", "2026-11-26"),
    ("THIS_WEEK", 0, "2026-11-22", "2026-11-29"),
    ("LAST_WEEK", 0, "2026-11-15", "2026-11-22"),
    ("NEXT_MONTH", 0, "2026-12-01", "2027-01-01"),
    ("THIS_QUARTER", 0, "2026-10-01", "2027-01-01"),
    ("LAST_YEAR", 0, "2025-01-01", "2026-01-01"),
    ("LAST_90_DAYS", 0, "2026-08-26", "2026-11-25"),
    ("NEXT_90_DAYS", 0, "2026-11-25", "2027-02-23"),
    ("LAST_N_DAYS", 7, "2026-11-17", "2026-11-25"),
    ("NEXT_N_DAYS", 7, "2026-11-25", "2026-12-02"),
    ("LAST_N_MONTHS", 2, "2026-09-01", "2026-11-01"),
    ("NEXT_N_WEEKS", 1, "2026-11-29", "2026-12-06"),
    ("N_DAYS_AGO", 3, "2026-11-21", "2026-11-22"),
    ("N_MONTHS_AGO", 11, "2025-12-01", "2026-01-01"),
    ("LAST_N_FISCAL_QUARTERS", 1, "2026-07-01", "2026-10-01"),
]


@pytest.mark.rule("sf-soql-date-literals")
@pytest.mark.parametrize(("name", "number", "first", "end"), SPANS)
def test_a_date_literal_stands_for_days(name: str, number: int, first: str, end: str) -> None:
    found = dates.span(name, number, TODAY)
    assert found == (date.fromisoformat(first), date.fromisoformat(end))


@pytest.mark.rule("sf-soql-date-literals")
@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("CreatedDate = TODAY", 4),
        ("CreatedDate >= THIS_MONTH", 4),
        ("CreatedDate < TODAY", 0),
        ("CreatedDate > TODAY", 0),
        ("CreatedDate <= TODAY", 4),
        ("CreatedDate != YESTERDAY", 4),
        ("CreatedDate = LAST_N_DAYS:3", 4),
        ("Birthdate = LAST_N_YEARS:50", 0),
    ],
)
def test_date_literals_compare_with_the_days_they_stand_for(
    org: Org, where: str, count: int
) -> None:
    assert run(org, f"SELECT COUNT() FROM Contact WHERE {where}")["totalSize"] == count  # noqa: S608


TITLES = st.sampled_from(["A", "a", "B", "c d", None])
PEOPLE = st.lists(
    st.tuples(TITLES, st.sampled_from(["x@example.org", "X@EXAMPLE.org", "y@example.org", None])),
    max_size=12,
)


@given(people=PEOPLE, title=st.sampled_from(["A", "b", "C D", "z"]), negated=st.booleans())
@settings(max_examples=60, deadline=None)
def test_an_index_finds_what_a_scan_finds(
    people: list[tuple[str | None, str | None]], title: str, *, negated: bool
) -> None:
    stand_in = create_salesforce(World(7), "empty")
    org = stand_in.org
    user_id = str(next(iter(org.tables["User"]))["Id"])
    made: dict[str, tuple[str | None, str | None]] = {}
    with org.transaction(user_id) as tx:
        for name, email in people:
            values = {"LastName": "x", "Title": name, "Email": email}
            made[insert(tx, org.schema.get("Contact"), values)] = (name, email)
    sign = "!=" if negated else "="
    text = f"SELECT Id FROM Contact WHERE Email = 'x@example.org' AND Title {sign} '{title}'"  # noqa: S608
    expected = {
        record_id
        for record_id, (name, email) in made.items()
        if (email or "").lower() == "x@example.org"
        and ((name or "").lower() == title.lower()) != negated
    }
    assert set(Selection(org, parse(text)).ids(deleted_too=False)) == expected


@pytest.mark.parametrize(
    "where",
    [
        "Id = '{0}'",
        "Id IN ('{0}', '003000000000001')",
        "Email = 'client7@example.org'",
        "practifi__Constant_Contact_ID__c != null AND Id = '{0}'",
        "AccountId = '{1}'",
    ],
)
def test_few_records_of_many_are_found_at_once(large: tuple[Org, str, str], where: str) -> None:
    org, record_id, account_id = large
    text = f"SELECT Id FROM Contact WHERE {where.format(record_id, account_id)}"  # noqa: S608
    assert len(Selection(org, parse(text)).ids(deleted_too=False)) < 5
    started = time.perf_counter()
    for _ in range(20):
        Selection(org, parse(text)).ids(deleted_too=False)
    assert (time.perf_counter() - started) / 20 < 0.005


@pytest.fixture(scope="module")
def large() -> tuple[Org, str, str]:
    """An org of ten thousand contacts, one of them and its account."""
    org = create_salesforce(World(), "medium").org
    row = list(org.tables["Contact"])[5000]
    return org, str(row["Id"]), str(row["AccountId"])


def test_a_deleted_record_leaves_the_index(org: Org) -> None:
    copy = org.tables["Contact"].copy()
    field = org.schema.get("Contact").field("AccountId")
    assert field is not None
    row = next(row for row in copy if row["AccountId"])
    record_id, account_id = str(row["Id"]), row["AccountId"]
    assert record_id in copy.with_key(field, account_id)
    copy.put(record_id, row | {"IsDeleted": True})
    assert record_id not in copy.with_key(field, account_id)
    assert record_id in org.tables["Contact"].with_key(field, account_id)
