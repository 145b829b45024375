"""Custom fields: their types, choices and limits, and what a contact may put in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cc import NOBODY, a_contact, a_field, made, read

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

PATH = "/contact_custom_fields"


def choices(*labels: str) -> list[dict[str, Any]]:
    return [{"choice_label": label} for label in labels]


def posted(sandbox: RunningSandbox, body: dict[str, Any]) -> requests.Response:
    return sandbox.constant_contact("POST", PATH, body)


def put_value(sandbox: RunningSandbox, contact_id: str, item: dict[str, Any]) -> int:
    body = {"update_source": "Account", "custom_fields": [item]}
    return sandbox.constant_contact("PUT", f"/contacts/{contact_id}", body).status_code


@pytest.mark.rule("cc-field-resource", "cc-field-name")
def test_a_custom_field_has_a_name_made_of_its_label(sandbox: RunningSandbox) -> None:
    field = made(sandbox, PATH, {"label": "Client Since", "type": "date"})
    assert set(field) == {
        "custom_field_id",
        "label",
        "name",
        "type",
        "version",
        "created_at",
        "updated_at",
    }
    assert (field["name"], field["version"]) == ("client_since", 1)
    path = f"{PATH}/{field['custom_field_id']}"
    renamed = sandbox.constant_contact("PUT", path, {"label": "With us since"})
    assert renamed.status_code == 200
    assert renamed.json()["name"] == "with_us_since"
    assert sandbox.constant_contact("GET", path).json() == renamed.json()


@pytest.mark.rule("cc-field-name-unique")
def test_a_label_is_taken_once(sandbox: RunningSandbox) -> None:
    a_field(sandbox, "Client Since")
    assert posted(sandbox, {"label": "client since", "type": "string"}).status_code == 409
    other = a_field(sandbox, "Other")
    clash = sandbox.constant_contact("PUT", f"{PATH}/{other}", {"label": "Client Since"})
    assert clash.status_code == 409


@pytest.mark.rule("cc-field-type-fixed")
def test_a_type_cannot_change(sandbox: RunningSandbox) -> None:
    path = f"{PATH}/{a_field(sandbox, 'Adviser')}"
    answer = sandbox.constant_contact("PUT", path, {"label": "Adviser", "type": "number"})
    assert answer.status_code == 400
    same = {"label": "Adviser", "type": "string"}
    assert sandbox.constant_contact("PUT", path, same).json()["type"] == "string"


@pytest.mark.rule("cc-field-limit-100", "cc-page-size-fields")
def test_an_account_has_a_hundred_custom_fields(sandbox: RunningSandbox) -> None:
    before = len(sandbox.constant_contact("GET", PATH).json()["custom_fields"])
    for number in range(100 - before):
        a_field(sandbox, f"Field {number}")
    answer = posted(sandbox, {"label": "One too many", "type": "string"})
    assert answer.status_code == 400
    assert "100" in answer.json()[0]["error_message"]
    page = sandbox.constant_contact("GET", PATH).json()
    assert len(page["custom_fields"]) == 50
    rest = sandbox.constant_contact("GET", page["_links"]["next"]["href"]).json()
    assert len(rest["custom_fields"]) == 50
    assert "_links" not in rest
    assert sandbox.constant_contact("GET", PATH, limit=101).status_code == 400


FAULTY: dict[str, dict[str, Any]] = {
    "no label": {"type": "string"},
    "long label": {"label": "x" * 51, "type": "string"},
    "no type": {"label": "A"},
    "unknown type": {"label": "A", "type": "colour"},
    "a list as type": {"label": "A", "type": ["string"]},
    "no choices": {"label": "A", "type": "single_select"},
    "101 choices": {
        "label": "A",
        "type": "single_select",
        "choices": choices(*(str(n) for n in range(101))),
    },
    "21 radio buttons": {
        "label": "A",
        "type": "single_select",
        "metadata": {"display_type": "radio"},
        "choices": choices(*(str(n) for n in range(21))),
    },
    "long choice": {"label": "A", "type": "multi_select", "choices": choices("x" * 256)},
    "a choice that is a text": {"label": "A", "type": "multi_select", "choices": ["x"]},
    "metadata that is a text": {"label": "A", "type": "number", "metadata": "x"},
    "places that are a text": {"label": "A", "type": "number", "metadata": {"decimal_places": "1"}},
    "version 3": {"label": "A", "type": "date", "version": 3},
}


@pytest.mark.rule("cc-field-types", "cc-field-choices", "cc-field-resource")
@pytest.mark.parametrize("body", FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_custom_field_is_refused(sandbox: RunningSandbox, body: dict[str, Any]) -> None:
    assert posted(sandbox, body).status_code == 400


VALUES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "string": ({"type": "string"}, ["anything", "x" * 255], ["x" * 256]),
    "text area": ({"type": "text_area"}, ["two\nlines"], ["x" * 256]),
    "date as text": ({"type": "date"}, ["2020-01-31", "last May"], []),
    "date": ({"type": "date", "version": 2}, ["2020-01-31", "1/31/2020"], ["last May"]),
    "datetime": ({"type": "datetime"}, ["2020-01-31T10:00:00Z"], ["noon"]),
    "number": ({"type": "number"}, ["1", "-2.5"], ["one", "1,5"]),
    "whole number": (
        {"type": "number", "metadata": {"integer": True, "allow_negative": False}},
        ["1"],
        ["1.5", "-1"],
    ),
    "currency": (
        {"type": "currency", "metadata": {"currency_code": "USD", "decimal_places": 2}},
        ["1.25"],
        ["1.255", "$1"],
    ),
    "boolean": ({"type": "boolean"}, ["true", "false"], ["yes"]),
}


@pytest.mark.rule("cc-field-types", "cc-field-version-1")
@pytest.mark.parametrize(("body", "good", "bad"), VALUES.values(), ids=VALUES.keys())
def test_a_value_fits_the_type_of_its_field(
    sandbox: RunningSandbox, body: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    field = made(sandbox, PATH, {"label": "Field", **body})
    assert field.get("metadata") == body.get("metadata")
    contact_id = a_contact(sandbox)
    for value in good:
        item = {"custom_field_id": field["custom_field_id"], "value": value}
        assert put_value(sandbox, contact_id, item) == 200
        assert read(sandbox, contact_id)["custom_fields"] == [item]
    for faulty in [*bad, "", None, 7]:
        item = {"custom_field_id": field["custom_field_id"], "value": faulty}
        assert put_value(sandbox, contact_id, item) == 400


@pytest.mark.rule("cc-field-choices")
def test_a_contact_chooses_among_the_choices(sandbox: RunningSandbox) -> None:
    single = made(
        sandbox,
        PATH,
        {"label": "One", "type": "single_select", "choices": choices("Red", "Green")},
    )
    many = made(
        sandbox,
        PATH,
        {"label": "Many", "type": "multi_select", "choices": choices("Tea", "Coffee", "Milk")},
    )
    red, green = (str(one["choice_id"]) for one in single["choices"])
    drinks = [str(one["choice_id"]) for one in many["choices"]]
    contact_id = a_contact(sandbox)
    one = {"custom_field_id": single["custom_field_id"]}
    some = {"custom_field_id": many["custom_field_id"]}
    assert put_value(sandbox, contact_id, {**one, "choice_ids": [red]}) == 200
    assert put_value(sandbox, contact_id, {**one, "choice_ids": [red, green]}) == 400
    assert put_value(sandbox, contact_id, {**one, "choice_ids": ["0"]}) == 400
    assert put_value(sandbox, contact_id, {**one, "value": "Red"}) == 400
    assert put_value(sandbox, contact_id, {**some, "choice_ids": drinks[:2]}) == 200
    body = {"choices": [many["choices"][1], *choices("Water")]}
    changed = sandbox.constant_contact("PUT", f"{PATH}/{some['custom_field_id']}", body).json()
    assert [one["choice_label"] for one in changed["choices"]] == ["Coffee", "Water"]
    assert changed["choices"][0]["choice_id"] == many["choices"][1]["choice_id"]
    assert read(sandbox, contact_id)["custom_fields"] == [{**some, "choice_ids": drinks[1:2]}]
    unknown = {"label": "Many", "choices": [{"choice_id": 1, "choice_label": "x"}]}
    path = f"{PATH}/{some['custom_field_id']}"
    assert sandbox.constant_contact("PUT", path, unknown).status_code == 400


@pytest.mark.rule("cc-contact-limits")
def test_a_contact_has_25_custom_fields(sandbox: RunningSandbox) -> None:
    items = [
        {"custom_field_id": a_field(sandbox, f"Field {n}"), "value": str(n)} for n in range(26)
    ]
    contact_id = a_contact(sandbox, custom_fields=items[:25])
    body = {"update_source": "Account", "custom_fields": items}
    answer = sandbox.constant_contact("PUT", f"/contacts/{contact_id}", body)
    assert answer.status_code == 400
    assert len(read(sandbox, contact_id)["custom_fields"]) == 25


@pytest.mark.rule("cc-field-delete")
def test_a_custom_field_is_deleted_at_once(sandbox: RunningSandbox) -> None:
    field_id = a_field(sandbox, "Adviser")
    contact_id = a_contact(sandbox, custom_fields=[{"custom_field_id": field_id, "value": "Q"}])
    assert sandbox.constant_contact("DELETE", f"{PATH}/{field_id}").status_code == 204
    assert read(sandbox, contact_id)["custom_fields"] == []
    for gone in (field_id, NOBODY):
        assert sandbox.constant_contact("GET", f"{PATH}/{gone}").status_code == 404
        assert sandbox.constant_contact("DELETE", f"{PATH}/{gone}").status_code == 404
