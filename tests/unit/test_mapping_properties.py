"""What holds for every record: an oracle for the shipped mapping, and laws of `project`."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RecordError
from bridge.mapping.compiled import load_mapping
from tests.unit.mapping_builders import files_with

MAPPING = load_mapping(files_with(), profile="practifi", overrides={})
PATHS = MAPPING.contact.paths

# The vendor's limits, and for each part the field that the shipped mapping reads.
CORE = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "job_title": "Title",
    "company_name": "Account.Name",
}
PHONES = {"home": "HomePhone", "work": "Phone", "mobile": "MobilePhone"}
HOME = {
    "city": "MailingCity",
    "state": "MailingState",
    "postal_code": "MailingPostalCode",
    "country": "MailingCountry",
}

_WORDS = st.text("abc É'-&\t\n0123456789", max_size=70) | st.text(max_size=70)
_PHONES = st.text("+0123456789 ()-x", max_size=20)
_DATES = st.dates().map(lambda day: day.isoformat())


def _value(path: str) -> st.SearchStrategy[str | None]:
    if path == "Email":
        return st.sampled_from(["ada@example.org", " Bo@Example.com "])
    if path.endswith("Phone"):
        return st.none() | _PHONES
    return st.none() | (_DATES if path == "Birthdate" else _WORDS)


RECORDS = st.fixed_dictionaries(
    {"Email": _value("Email")},
    optional={path: _value(path) for path in PATHS if path != "Email"},
)


def squeezed(text: str | None, limit: int) -> str | None:
    words = " ".join((text or "").split())
    return words[:limit].rstrip() or None


@given(RECORDS)
def test_the_shipped_mapping_agrees_with_an_oracle(record: dict[str, str | None]) -> None:
    mapped = MAPPING.contact.project(record)
    assert mapped["email_address"] == {"address": str(record["Email"]).strip()}
    for part, path in CORE.items():
        assert (part in mapped) == (path in record)
        if path in record:
            assert mapped[part] == squeezed(record[path], 50)
    home = mapped.get("street_addresses", {}).get("home", {})
    for part, path in HOME.items():
        assert (part in home) == (path in record)
        if path in record:
            assert home[part] == squeezed(record[path], 50)
    assert set(mapped.get("phone_numbers", {})) == {
        k for k, path in PHONES.items() if path in record
    }
    if "Birthdate" in record:
        born = record["Birthdate"]
        parts = [int(part) for part in born.split("-")[1:]] if born else [None, None]
        assert [mapped["birthday_month"], mapped["birthday_day"]] == parts


@given(RECORDS, st.sampled_from([path for path in PATHS if path != "Email"]))
def test_to_know_less_never_changes_what_is_known(
    record: dict[str, str | None], forgotten: str
) -> None:
    """So a partial message can never write another value than the whole record would."""
    whole = leaves(MAPPING.contact.project(record))
    part = leaves(MAPPING.contact.project({k: v for k, v in record.items() if k != forgotten}))
    assert part.items() <= whole.items()


@given(RECORDS)
def test_project_is_a_function_of_the_record_and_leaves_it_alone(
    record: dict[str, str | None],
) -> None:
    before = dict(record)
    assert MAPPING.contact.project(record) == MAPPING.contact.project(record)
    assert record == before


@given(st.dictionaries(st.sampled_from(PATHS), st.none() | st.text(max_size=300)))
def test_any_text_gives_a_contact_within_the_limits_or_an_error_of_the_record(
    record: dict[str, str | None],
) -> None:
    try:
        mapped = MAPPING.contact.project(record)
    except RecordError as error:
        told, mapped = error, {}
        assert (told.field in PATHS, str(told)[:13]) == (True, "contact.yaml:")
    for path, value in leaves(mapped).items():
        limit = {"phone_numbers": 25, "custom_fields": 255, "email_address": 80}.get(path[0], 50)
        limit = 255 if path[-1] == "street" else limit
        assert value is None or isinstance(value, int) or 0 < len(value) <= limit


def leaves(part: dict[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for key, value in part.items():
        if isinstance(value, dict):
            found |= leaves(value, (*above, key))
        else:
            found[(*above, key)] = value
    return found
