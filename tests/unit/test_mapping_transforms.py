"""The named transforms: a table of what each does, and what holds for all of them."""

from __future__ import annotations

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from bridge.errors import ConversionError, MappingError, RecordError
from bridge.mapping.steps import StepBody
from tests.unit.mapping_builders import a_mapping, projected

CASES = [
    ("trim", " Ada ", "Ada"),
    ("squeeze", "  Ada\t \nAugusta ", "Ada Augusta"),
    ("lower", "ÄDA", "äda"),
    ("upper", "straße", "STRASSE"),
    ("title", "SEAN O'HARA-SMITH", "Sean O'Hara-Smith"),
    ("title", "ada's friends", "Ada's Friends"),
    ("title", "o\N{RIGHT SINGLE QUOTATION MARK}brien", "O\N{RIGHT SINGLE QUOTATION MARK}Brien"),
    ("first_word", " Mary Jane ", "Mary"),
    ("first_word", "   ", None),
    ("first_line", "\n1 Main\nFloor 2", "1 Main"),
    ("one_line", "1 Main,\r\n\r\nFloor 2", "1 Main, Floor 2"),
    ("strip_html", "<p>Profit &amp; loss<br/>2026</p><script>x()</script>", "Profit & loss\n2026"),
    ("strip_html", "<!-- a > b -->5 < 6", "5 < 6"),
    ("digits", "AB-12 34", "1234"),
    ("digits", "٣", None),
    ("cut: 3", "abcdef", "abc"),
    ("cut: 3", "ab cd", "ab"),
    ("prefix: 'No. '", "42", "No. 42"),
    ("suffix: ' years'", "12", "12 years"),
    ("replace: {find: ' Household', with: ''}", "Lovelace Household", "Lovelace"),
    ("number", "1234567.5", "1,234,568"),
    ("number", "2.5", "2"),
    ("number: {decimals: 2, thousands: '.', point: ','}", "1234.5", "1.234,50"),
    ("number", "-0.4", "0"),
    ("money: {symbol: $}", "1.2E6", "$1,200,000"),
    ("money: {symbol: £, decimals: 2}", "-3.005", "-£3.00"),
    ("bands: [{below: 1000000, text: Core}, {text: Private}]", "999999.99", "Core"),
    ("bands: [{below: 1000000, text: Core}, {text: Private}]", "1000000.0", "Private"),
    ("bands: [{below: 0.5, text: low}]", "0.7", None),
    ("date", "2026-07-04T23:00:00.000Z", "2026-07-04"),
    ("date: D MMMM YYYY", "2026-07-04", "4 July 2026"),
    ("date: 'MM/DD/YY, MMM'", "2026-07-04", "07/04/26, Jul"),
    ("year", "1985-07-04", "1985"),
    ("month", "1985-07-04", "7"),
    ("month_name", "1985-07-04", "July"),
    ("day", "1985-07-04", "4"),
    ("in_zone: Australia/Sydney", "2026-11-02T20:15:00.000Z", "2026-11-03T07:15:00"),
    ("in_zone: America/New_York", "2026-11-02", "2026-11-02"),
    ("yes_no", "true", "Yes"),
    ("yes_no: {if_true: Client, if_false: Prospect}", "false", "Prospect"),
    ("join", "Golf;Wine", "Golf, Wine"),
    ("join: ' / '", "Golf; Wine;", "Golf / Wine"),
    ("has: Wine", "Golf;Wine", "true"),
    ("has: Wine", "Winery", "false"),
    ("phone", "(555) 010-9999", "5550109999"),
    ("phone", "+44 (0)20 7946 0018 ext. 5", "+442079460018 x5"),
    ("phone", "0011", "+11"),
    ("phone", "none", None),
    ("phone: {country_code: '61'}", "0412 345 678", "+61412345678"),
    ("phone: {country_code: '1'}", "1 (555) 010-9999 x12", "+15550109999 x12"),
    ("phone: {country_code: '1'}", "555.010.9999", "+15550109999"),
    ("country_name", "au", "Australia"),
    ("country_name", "Australia", "Australia"),
    ("country_code", "United States of America", "US"),
    ("country_code", "Atlantis", "Atlantis"),
]


def step(written: str) -> str:
    name, colon, argument = written.partition(":")
    return f"{{{name}:{argument}}}" if colon else name


@pytest.mark.parametrize(("written", "text", "expected"), CASES)
def test_a_transform(written: str, text: str, expected: str | None) -> None:
    assert projected(f"from: A__c, transform: [{step(written)}]", A__c=text) == expected


def test_every_transform_has_a_case_here() -> None:
    tried = {written.partition(":")[0] for written, _, _ in CASES}
    assert set(StepBody.model_fields) == tried | {"lookup"}


@pytest.mark.parametrize(
    ("written", "text", "cause"),
    [
        ("number", "many", "not a number"),
        ("number", "NaN", "not a number that can be written out"),
        ("money: {symbol: $}", "1E30", "not a number that can be written out"),
        ("date", "04/07/2026", "not a date such as 2026-11-02"),
        ("year", "2026-W01-1", "not a date such as 2026-11-02"),
        ("date", "2026-02-30", "not a date such as 2026-11-02"),
        ("in_zone: Australia/Sydney", "2026-11-02Tnoon", "not a time such as"),
        ("yes_no", "maybe", "neither true nor false"),
    ],
)
def test_what_a_transform_cannot_take_is_an_error_that_does_not_show_the_value(
    written: str, text: str, cause: str
) -> None:
    with pytest.raises(ConversionError, match=cause) as caught:
        projected(f"from: A__c, transform: [{step(written)}]", A__c=text)
    assert str(caught.value).startswith("contact.yaml:6:19: custom_fields.it from A__c: ")
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("otherwise", "text", "expected"),
    [
        ("keep", "A", "Private client"),
        ("keep", "C", "C"),
        ("keep", "B", None),
        ("empty", "C", None),
        ("error", "A", "Private client"),
    ],
)
def test_a_lookup(otherwise: str, text: str, expected: str | None) -> None:
    assert looked_up(otherwise, text) == expected


def test_a_value_that_a_lookup_lacks_may_be_an_error() -> None:
    with pytest.raises(ConversionError, match="a value that the lookup table does not have"):
        looked_up("error", "C")


def looked_up(otherwise: str, text: str) -> str | None:
    table = "{A: Private client, B: null, 7: seven}"
    project = a_mapping(
        "job_title: {from: A__c, transform: [{lookup: segment}]}",
        head=f"lookups: {{segment: {{table: {table}, otherwise: {otherwise}}}}}\n",
    ).contact.project
    title: str | None = project({"Email": "a@b.org", "A__c": text})["job_title"]
    return title


def test_transforms_follow_one_another() -> None:
    rule = "from: A__c, transform: [strip_html, one_line, upper, {cut: 7}]"
    assert projected(rule, A__c="<p>ab</p><p>cd</p>") == "AB, CD"


_STEPS = st.lists(st.sampled_from([written for written, _, _ in CASES]), min_size=1, max_size=3)
_TEXTS = st.text(max_size=60) | st.sampled_from([text for _, text, _ in CASES])


@given(_STEPS, _TEXTS)
def test_any_chain_on_any_text_gives_text_within_the_limit_or_an_error_of_the_record(
    steps: list[str], text: str
) -> None:
    rule = f"from: A__c, transform: [{', '.join(map(step, steps))}], too_long: cut"
    try:
        value = projected(rule, A__c=text)
    except RecordError:
        return
    except MappingError:
        reject()  # a chain through which nothing ever comes
    assert value is None or (isinstance(value, str) and 0 < len(value) <= 255)


_STEADY = ["trim", "squeeze", "lower", "first_word", "first_line", "digits", "country_code"]


@given(st.sampled_from(_STEADY), _TEXTS)
def test_a_transform_of_text_changes_nothing_the_second_time(name: str, text: str) -> None:
    twice = projected(f"from: A__c, transform: [{name}, {name}], too_long: cut", A__c=text)
    assert twice == projected(f"from: A__c, transform: [{name}], too_long: cut", A__c=text)
