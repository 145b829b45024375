"""The named transforms: a table of what each does, and what holds for all of them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from bridge.errors import ConversionError, MappingError, RecordError
from bridge.mapping.countries import country_name, state_code
from bridge.mapping.dates import sound_pattern
from bridge.mapping.phones import phone_of
from bridge.mapping.steps import step_names
from bridge.mapping.transforms import phone, truncate
from tests.unit.mapping_builders import a_mapping, projected

SEEN = "2026-11-28T10:05:00.000Z"
CASES = [
    ("trim", " Ada ", "Ada"),
    ("squeeze", "  Ada\t \nAugusta ", "Ada Augusta"),
    ("lower", "ÄDA", "äda"),
    ("upper", "straße", "STRASSE"),
    ("title", "SEAN O'HARA-SMITH", "Sean O'Hara-Smith"),
    ("title", "ada's friends", "Ada's Friends"),
    ("title", "o\N{RIGHT SINGLE QUOTATION MARK}brien", "O\N{RIGHT SINGLE QUOTATION MARK}Brien"),
    ("name", "ludwig VAN beethoven", "Ludwig van Beethoven"),
    ("name", "JUAN DE LA CRUZ", "Juan de la Cruz"),
    ("name", "SEAN O'HARA-MCDONALD III", "Sean O'Hara-McDonald III"),
    ("name", "JANE DOE PH.D.", "Jane Doe PhD"),
    ("name", "VAN BUREN", "Van Buren"),
    ("name", "MACHADO", "Machado"),
    ("name", "John E. SMITH", "John E. SMITH"),
    ("name", "JOHN E SMITH", "John E Smith"),
    ("name", "d'angelo", "D'Angelo"),
    ("name", "ADA'S", "Ada's"),
    ("name", "JJ ABRAMS", "JJ Abrams"),
    ("name", "LaToya McKenzie", "LaToya McKenzie"),
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
    ("truncate: {to: 12}", "Profit and loss", "Profit and…"),
    ("truncate: {to: 10, end: ''}", "Profit and loss", "Profit and"),
    ("truncate: {to: 8, at: character, end: ...}", "Profit and loss", "Profi..."),
    ("truncate: {to: 5}", "Lovelace", "Love…"),
    ("split: {at: ';', take: 1}", "Golf; Wine", "Golf"),
    ("split: {at: ';', take: -1}", "Golf; Wine", "Wine"),
    ("split: {at: ';', take: 3}", "Golf; Wine", None),
    ("prefix: 'No. '", "42", "No. 42"),
    ("suffix: ' years'", "12", "12 years"),
    ("replace: {find: ' Household', with: ''}", "Lovelace Household", "Lovelace"),
    ("number", "1234567.5", "1,234,568"),
    ("number", "2.5", "2"),
    ("number: {decimals: 2, thousands: '.', point: ','}", "1234.5", "1.234,50"),
    ("number", "-0.4", "0"),
    ("money: {symbol: $}", "1.2E6", "$1,200,000"),
    ("money: {symbol: £, decimals: 2}", "-3.005", "-£3.00"),
    ("number", "1.0E7", "10,000,000"),
    ("number: {decimals: 1}", "-0.0", "0.0"),
    ("percent", "12.0", "12%"),
    ("percent: {decimals: 1, point: ','}", "12.55", "12,6%"),
    ("percent: {fraction: true, decimals: 1}", "0.125", "12.5%"),
    ("round: 1000", "1234567.0", "1235000"),
    ("round: 0.05", "1.13", "1.15"),
    ("round: 1000", "-200", "0"),
    ("bands: [{below: 1000000, text: Core}, {text: Private}]", "999999.99", "Core"),
    ("bands: [{below: 1000000, text: Core}, {text: Private}]", "1000000.0", "Private"),
    ("bands: [{below: 0.5, text: low}]", "0.7", None),
    ("date", "2026-07-04T23:00:00.000Z", "2026-07-04"),
    ("date: D MMMM YYYY", "2026-07-04", "4 July 2026"),
    ("date: 'MM/DD/YY, MMM'", "2026-07-04", "07/04/26, Jul"),
    ("date: 'dddd [the] D, ddd'", "2026-07-04", "Saturday the 4, Sat"),
    ("date_time", "2026-11-28T10:00:00.000+0000", "2026-11-28 10:00"),
    ("date_time: 'D MMM YYYY, HH:mm:ss'", "2026-11-28T09:05:07.000Z", "28 Nov 2026, 09:05:07"),
    ("date_time: 'h a [or] hh A'", "2026-11-28T00:00:00.000Z", "12 am or 12 AM"),
    ("date_time: {pattern: 'D MMM h:mm a', zone: Australia/Sydney}", SEEN, "28 Nov 9:05 pm"),
    ("date_time: {pattern: D MMM, zone: America/New_York}", "2026-11-28", "28 Nov"),
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
    ("only: [Wine, Golf]", "Golf;Opera;Wine", "Golf;Wine"),
    ("only: [Chess]", "Golf", None),
    ("sort", "Wine; golf", "golf;Wine"),
    ("has: Wine", "Golf;Wine", "true"),
    ("has: Wine", "Winery", "false"),
    ("phone", "(555) 010-9999", "5550109999"),
    ("phone", "+44 (0)20 7946 0018 ext. 5", "+442079460018 x5"),
    ("phone", "0011", "+11"),
    ("phone", "none", None),
    ("phone: {country: AU}", "0412 345 678", "+61412345678"),
    ("phone: {country: AU}", "0412 345 678 (Bob) / 02 9999 0000", "+61412345678"),
    ("phone: {country: US}", "1 (212) 555-0123 x12", "+12125550123 x12"),
    ("phone: {country: US}", "1-800-FLOWERS", "+18003569377"),
    ("phone: {country: US}", "(555) 010-9999", "+15550109999"),
    ("phone: {country: US}", "12", "12"),
    ("phone: {country: US, invalid: empty}", "(555) 010-9999", None),
    ("phone: {country: GB, format: international}", "020 7946 0018", "+44 20 7946 0018"),
    ("phone: {country: AU, format: national}", "+61 412345678", "0412 345 678"),
    (
        "phone: {country: DE, format: international}",
        "0171 123456789 x123456",
        "+49171123456789 x123456",
    ),
    ("country_name", "au", "Australia"),
    ("country_name", "Australia", "Australia"),
    ("country_code", "United States of America", "US"),
    ("country_code", "Atlantis", "Atlantis"),
    ("country_code", "U.K.", "GB"),
    ("country_code", "Deutschland", "DE"),
    ("country_code", "Korea, Republic of", "KR"),
    ("country_name", "USA", "United States"),
    ("state_name: {country: AU}", "nsw", "New South Wales"),
    ("state_name: {country: US}", "wa", "Washington"),
    ("state_code: {country: AU}", "Western Australia", "WA"),
    ("state_code: {country: CA}", "Quebec", "QC"),
    ("state_code: {country: CA}", "Atlantis", "Atlantis"),
]


def step(written: str) -> str:
    name, colon, argument = written.partition(":")
    return f"{{{name}:{argument}}}" if colon else name


@pytest.mark.parametrize(("written", "text", "expected"), CASES)
def test_a_transform(written: str, text: str, expected: str | None) -> None:
    assert projected(f"from: A__c, transform: [{step(written)}]", A__c=text) == expected


def test_every_transform_has_a_case_here() -> None:
    tried = {written.partition(":")[0] for written, _, _ in CASES}
    assert set(step_names()) == tried | {"lookup"}


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
        ("date_time", "2026-11-03", "not a time such as"),
        ("date_time: {zone: America/New_York}", "0001-01-01T00:00:00Z", "not a time such as"),
        ("round: 10", "many", "not a number"),
        ("percent", "many", "not a number"),
        ("phone: {country: US, invalid: error}", "(555) 010-9999", "not a valid telephone number"),
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


_COUNTRIES = ["AU", "US", "GB", "DE", "IT"]


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("New Zealand", "+6495550123"),
        ("nz", "+6495550123"),
        ("Atlantis", "+61955501234"),
        (None, "+61955501234"),
    ],
)
def test_a_number_is_of_the_country_that_a_field_names(country: str | None, expected: str) -> None:
    rule = "from: A__c, transform: [{phone: {country_from: Land__c, country: AU}}]"
    text = "09 555 0123" if expected.startswith("+64") else "9555 01234"
    assert projected(rule, A__c=text, Land__c=country) == expected


def test_a_state_is_of_the_country_that_a_field_names() -> None:
    rule = "from: A__c, transform: [{state_name: {country_from: Land__c}}]"
    assert projected(rule, A__c="WA", Land__c="USA") == "Washington"
    assert projected(rule, A__c="WA", Land__c="Australia") == "Western Australia"
    assert projected(rule, A__c="WA", Land__c=None) == "WA"


def test_what_needs_a_country_that_is_not_known_is_not_known() -> None:
    rule = "from: A__c, transform: [{phone: {country_from: Account.BillingCountry}}]"
    assert projected(rule, A__c="09 555 0123") == "left out"
    assert projected(rule, A__c=None) is None
    assert projected(rule, A__c="+64 9 555 0123", Account=None) == "+6495550123"


def test_the_field_that_names_a_country_is_read_with_the_others() -> None:
    fields = "phone_numbers: {home: {from: A__c, transform: [{phone: {country_from: Land__c}}]}}"
    assert a_mapping(fields).contact.paths == ("Email", "Land__c", "A__c")


_PHONES = st.text("+0123456789 ()-./xABc", max_size=40) | st.text(max_size=40)
_FORMS = st.sampled_from(["e164", "international"])


@given(_PHONES, st.sampled_from(_COUNTRIES), _FORMS)
def test_a_telephone_number_is_short_and_the_same_when_read_again(
    text: str, country: str, form: str
) -> None:
    once = phone_of(text, country, None, form, "keep")
    assert len(once) <= max(25, len(phone(text)))
    assert phone_of(once, country, None, form, "keep") == once
    assert len(phone_of(text, country, None, form, "empty")) <= 25


@given(_PHONES)
def test_digits_of_a_telephone_number_stay_what_they_are(text: str) -> None:
    assert phone(phone(text)) == phone(text)


@given(_TEXTS, st.sampled_from(_COUNTRIES))
def test_a_country_or_state_is_the_same_when_named_again(text: str, country: str) -> None:
    assert country_name(country_name(text)) == country_name(text)
    code = state_code(text, country, None)
    assert state_code(code, country, None) == code


@given(st.text(max_size=40), st.integers(1, 30), st.text(max_size=3))
def test_a_truncated_text_keeps_its_length_and_its_beginning(
    text: str, more: int, end: str
) -> None:
    to = len(end) + more
    cut = truncate(text, to, end, "word" if more % 2 else "character")
    assert len(cut) <= to
    assert text.strip().startswith(cut.removesuffix(end).rstrip() if cut != text.strip() else cut)


_STEADY = [
    "trim",
    "squeeze",
    "lower",
    "name",
    "first_word",
    "first_line",
    "digits",
    "country_code",
    "sort",
    "only: [Golf]",
    "round: 5",
    "state_code: {country: AU}",
    "phone: {country: AU}",
]


@given(st.sampled_from(_STEADY), _TEXTS)
def test_a_transform_of_text_changes_nothing_the_second_time(name: str, text: str) -> None:
    once = f"from: A__c, transform: [{step(name)}], too_long: cut"
    twice = f"from: A__c, transform: [{step(name)}, {step(name)}], too_long: cut"
    try:
        expected = projected(once, A__c=text)
    except RecordError:
        return
    assert projected(twice, A__c=text) == expected


def test_a_long_word_that_is_no_part_of_a_date_is_refused_at_once() -> None:
    started = time.thread_time()
    for has_time in (True, False):
        with pytest.raises(ValueError, match="no part of a date"):
            sound_pattern("YYYYMMMMDDDD" * 4 + "x", has_time=has_time)
    assert time.thread_time() - started < 1.0
