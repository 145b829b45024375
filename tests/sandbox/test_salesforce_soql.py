"""SOQL: what is parsed, what it selects, how a fault is worded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.app import create_salesforce
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.saving import insert
from sandbox.salesforce.soql.evaluate import Selection
from sandbox.salesforce.soql.parser import parse
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

PEOPLE: tuple[dict[str, Any], ...] = (
    {
        "LastName": "Ash",
        "FirstName": "Ada",
        "Email": "ada@example.org",
        "Birthdate": "1970-01-01",
        "practifi__Segment__c": "A;B",
    },
    {"LastName": "birch", "Email": "Bob@example.org", "HasOptedOutOfEmail": True},
    {"LastName": "Cedar", "FirstName": "50%_off", "practifi__Segment__c": "B"},
    {"LastName": "O'Hara", "Birthdate": "1980-06-30", "CC_Bridge_Status_Reason__c": "a\nb"},
)


@pytest.fixture(scope="module")
def org() -> Org:
    stand_in = create_salesforce(World(7), "empty")
    user_id = str(next(iter(stand_in.org.tables["User"]))["Id"])
    with stand_in.org.transaction(user_id) as tx:
        home = insert(tx, tx.org.schema.get("Account"), {"Name": "Ash Household"})
        for place, person in enumerate(PEOPLE):
            account = {"AccountId": home} if place < 2 else {}
            insert(tx, tx.org.schema.get("Contact"), person | account)
    return stand_in.org


def names(org: Org, text: str) -> list[str]:
    selection = Selection(org, parse(text))
    records = [selection.record(each, version="66.0") for each in selection.ids(deleted_too=False)]
    return [str(record["LastName"]) for record in records if record is not None]


ALL = ["Ash", "birch", "Cedar", "O'Hara"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("LastName = 'ASH'", ["Ash"]),
        ("LastName != 'ash'", ["birch", "Cedar", "O'Hara"]),
        ("FirstName = null", ["birch", "O'Hara"]),
        ("FirstName != null", ["Ash", "Cedar"]),
        ("FirstName != 'Ada'", ["birch", "Cedar", "O'Hara"]),
        ("LastName = 'O\\'Hara'", ["O'Hara"]),
        ("LastName > 'ash' AND LastName < 'd'", ["birch", "Cedar"]),
        ("Email LIKE '%@EXAMPLE.org'", ["Ash", "birch"]),
        ("LastName LIKE 'a_h'", ["Ash"]),
        ("FirstName LIKE '50\\%\\_%'", ["Cedar"]),
        ("FirstName LIKE '5\\%%'", []),
        ("(NOT Email LIKE 'ada%')", ["birch", "Cedar", "O'Hara"]),
        ("LastName IN ('Ash', 'CEDAR')", ["Ash", "Cedar"]),
        ("LastName NOT IN ('Ash', 'CEDAR')", ["birch", "O'Hara"]),
        ("Email IN (null)", ["Cedar", "O'Hara"]),
        ("Birthdate >= 1970-01-01", ["Ash", "O'Hara"]),
        ("Birthdate < 1980-06-30", ["Ash"]),
        ("HasOptedOutOfEmail = TRUE", ["birch"]),
        ("HasOptedOutOfEmail != true", ["Ash", "Cedar", "O'Hara"]),
        ("Account.Name = 'Ash Household'", ["Ash", "birch"]),
        ("Account.Name = null", ["Cedar", "O'Hara"]),
        ("Contact.Account.Name LIKE 'ash%'", ["Ash", "birch"]),
        ("c.Account.Name LIKE 'ash%'", ["Ash", "birch"]),
        ("practifi__Segment__c INCLUDES ('A;B', 'C')", ["Ash"]),
        ("practifi__Segment__c INCLUDES ('B')", ["Ash", "Cedar"]),
        ("practifi__Segment__c EXCLUDES ('A')", ["birch", "Cedar", "O'Hara"]),
        ("(LastName = 'Ash' OR LastName = 'birch') AND FirstName = null", ["birch"]),
        ("LastName = 'Ash' OR (LastName = 'birch' AND Email = null)", ["Ash"]),
        ("CreatedDate > 2001-01-01T00:00:00Z", ALL),
        ("SystemModstamp <= 2001-01-01T00:00:00.000+02:00", []),
        ("CC_Bridge_Status_Reason__c = 'a\\nb'", ["O'Hara"]),
        ("Id IN ('003000000000001')", []),
    ],
)
def test_a_condition_selects(org: Org, where: str, expected: list[str]) -> None:
    assert names(org, f"SELECT LastName FROM Contact c WHERE {where}") == expected  # noqa: S608


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        ("ORDER BY LastName", ALL),
        ("ORDER BY LastName DESC", ALL[::-1]),
        ("ORDER BY FirstName, LastName DESC", ["O'Hara", "birch", "Cedar", "Ash"]),
        ("ORDER BY FirstName NULLS LAST, LastName", ["Cedar", "Ash", "birch", "O'Hara"]),
        ("ORDER BY FirstName DESC NULLS LAST, LastName", ["Ash", "Cedar", "birch", "O'Hara"]),
        ("ORDER BY FirstName DESC, LastName", ["birch", "O'Hara", "Ash", "Cedar"]),
        ("ORDER BY Account.Name NULLS LAST, LastName DESC LIMIT 1", ["birch"]),
        ("ORDER BY LastName LIMIT 2 OFFSET 1", ["birch", "Cedar"]),
        ("order by lastname limit 0", []),
        ("ORDER BY Id LIMIT 1 FOR VIEW", ["Ash"]),
    ],
)
def test_records_come_in_order(org: Org, clauses: str, expected: list[str]) -> None:
    assert names(org, f"SELECT LastName FROM Contact {clauses}") == expected  # noqa: S608


def test_a_parent_is_shown_as_an_object_and_a_missing_one_as_null(org: Org) -> None:
    selection = Selection(org, parse("SELECT Account.Name, account.Id FROM Contact"))
    shown = [selection.record(each, version="66.0") for each in selection.ids(deleted_too=False)]
    assert shown[0] is not None
    assert shown[3] is not None
    parent = shown[0]["Account"]
    assert isinstance(parent, dict)
    assert parent["Name"] == "Ash Household"
    assert parent["attributes"]["url"].endswith(f"/Account/{parent['Id']}")
    assert shown[3]["Account"] is None


@pytest.mark.rule("sf-query-faults", "sf-query-escapes")
@pytest.mark.parametrize(
    ("query", "code", "cause"),
    [
        ("SELECT Id FORM Contact", "MALFORMED_QUERY", "unexpected token: 'FORM'"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY", "unexpected end of query"),
        ("SELECT Id FROM Contact WHERE Name = 'x", "MALFORMED_QUERY", "unterminated"),
        ("SELECT Id FROM Contact WHERE Name = :name", "MALFORMED_QUERY", "Bind variables"),
        ("SELECT Id FROM Contact WHERE Name='a' OR Name='b' AND Id=null", "MALFORMED_QUERY", "AND"),
        ("SELECT Id FROM Contact WHERE Name = 'a\\q'", "MALFORMED_QUERY", "\\q"),
        ("SELECT Id FROM Contact LIMIT -1", "MALFORMED_QUERY", "-1"),
        ("SELECT Id FROM Contact OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Id, Id FROM Contact", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Nme FROM Contact", "INVALID_FIELD", "No such column 'Nme' on entity 'Contact'"),
        ("SELECT Foo.Name FROM Contact", "INVALID_FIELD", "Didn't understand relationship 'Foo'"),
        ("SELECT Id FROM Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported"),
        ("SELECT Id FROM Contact WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID"),
        ("SELECT Id FROM Contact WHERE Id LIKE '003%'", "INVALID_QUERY_FILTER_OPERATOR", "id"),
        ("SELECT Id FROM Contact WHERE Birthdate = '1970-01-01'", "INVALID_FIELD", "enclosed"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2020-01-01", "INVALID_FIELD", "dateTime"),
        ("SELECT Id FROM Contact WHERE LastName = 3", "INVALID_FIELD", "should be enclosed"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        (
            "SELECT Id FROM Contact WHERE LastName INCLUDES ('A')",
            "INVALID_QUERY_FILTER_OPERATOR",
            "",
        ),
        ("SELECT Id, Name FROM Contact GROUP BY Id", "MALFORMED_QUERY", "grouped or aggregated"),
        ("SELECT Id, COUNT(Id) FROM Contact", "MALFORMED_QUERY", "grouped or aggregated"),
        ("SELECT SUM(LastName) FROM Contact", "MALFORMED_QUERY", "aggregate operator SUM"),
        ("SELECT LastName n FROM Contact", "MALFORMED_QUERY", "field aliasing"),
        ("SELECT (SELECT Id FROM Foos) FROM Contact", "INVALID_TYPE", "relationship 'Foos'"),
        ("SELECT FIELDS(ALL) FROM Contact LIMIT 201", "MALFORMED_QUERY", "LIMIT"),
        ("SELECT Id FROM Contact WHERE COUNT(Id) > 1", "MALFORMED_QUERY", "HAVING"),
        (
            "SELECT Id FROM Contact WHERE LastName IN (SELECT Id FROM Account)",
            "MALFORMED_QUERY",
            "",
        ),
        ("SELECT Id FROM Contact WHERE LastName = TODAY", "INVALID_FIELD", "enclosed"),
        ("SELECT Id FROM Contact WHERE Birthdate = LAST_N_DAYS x", "MALFORMED_QUERY", "'x'"),
    ],
)
def test_a_fault_is_worded_as_the_vendor_words_it(
    org: Org, query: str, code: str, cause: str
) -> None:
    with pytest.raises(ApiError) as refused:
        Selection(org, parse(query))
    assert refused.value.code == code
    assert cause in refused.value.message


def test_a_fault_points_at_its_place() -> None:
    with pytest.raises(ApiError) as refused:
        parse("SELECT Id\nFROM Contact WERE Name = 'x'")
    assert refused.value.message == (
        "\nFROM Contact WERE Name = 'x'\n                  ^\n"
        "ERROR at Row:2:Column:19\nunexpected token: 'Name'"
    )


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40))
def test_any_text_survives_quoting(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    parsed = parse(f"SELECT Id FROM Contact WHERE LastName = '{quoted}'")  # noqa: S608
    assert getattr(parsed.where, "value", None) == text


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        parse(text)
    except ApiError as refused:
        assert refused.code == "MALFORMED_QUERY"  # noqa: PT017 - either outcome is good
