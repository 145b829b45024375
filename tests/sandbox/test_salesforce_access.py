"""What a user of the Salesforce stand-in may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
CONTACT = f"{DATA}/sobjects/Contact"
HIDDEN = ["contact.title", "Contact.HasOptedOutOfEmail", "Contact.LastName", "Nothing.X", "Odd"]

pytestmark = pytest.mark.rule("sf-hidden-field")


def hide(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"hidden_fields": HIDDEN})


def some_contact(sandbox: RunningSandbox) -> str:
    body = {"LastName": "Quist", "Title": "Dr"}
    return str(sandbox.salesforce("POST", CONTACT, body).json()["id"])


def described(sandbox: RunningSandbox, by: Literal["bridge", "observer"]) -> set[str]:
    fields = sandbox.salesforce("GET", f"{CONTACT}/describe", by=by).json()["fields"]
    return {each["name"] for each in fields}


def test_a_hidden_field_is_not_described(sandbox: RunningSandbox) -> None:
    hide(sandbox)
    missing = described(sandbox, "observer") - described(sandbox, "bridge")
    assert missing == {"Title", "HasOptedOutOfEmail"}


def test_a_hidden_field_is_not_read(sandbox: RunningSandbox) -> None:
    record_id = some_contact(sandbox)
    hide(sandbox)
    path = f"{CONTACT}/{record_id}"
    record = sandbox.salesforce("GET", path, by="bridge").json()
    assert {"Title", "HasOptedOutOfEmail"} & record.keys() == set()
    assert record["LastName"] == "Quist"
    assert sandbox.salesforce("GET", path).json()["Title"] == "Dr"


@pytest.mark.parametrize("where", ["", " WHERE Title = 'Dr'", " ORDER BY Title"])
def test_a_query_cannot_name_a_hidden_field(sandbox: RunningSandbox, where: str) -> None:
    hide(sandbox)
    fields = "Id" if where else "Id, Title"
    text = f"SELECT {fields} FROM Contact{where}"  # noqa: S608 - of the table above
    answer = sandbox.salesforce("GET", f"{DATA}/query", q=text, by="bridge")
    [error] = answer.json()
    assert (answer.status_code, error["errorCode"]) == (400, "INVALID_FIELD")
    assert "No such column 'Title' on" in error["message"]
    assert sandbox.salesforce("GET", f"{DATA}/query", q=text).status_code == 200


def test_a_hidden_field_cannot_be_written(sandbox: RunningSandbox) -> None:
    record_id = some_contact(sandbox)
    hide(sandbox)
    path = f"{CONTACT}/{record_id}"
    answer = sandbox.salesforce("PATCH", path, {"Title": "Prof"}, by="bridge")
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"
    assert sandbox.salesforce("PATCH", path, {"FirstName": "Maja"}, by="bridge").status_code == 204
    record = sandbox.salesforce("GET", path).json()
    assert (record["Title"], record["Name"]) == ("Dr", "Maja Quist")


def test_a_new_record_has_the_default_of_a_hidden_field(sandbox: RunningSandbox) -> None:
    hide(sandbox)
    made = sandbox.salesforce("POST", CONTACT, {"LastName": "Quist"}, by="bridge")
    record = sandbox.salesforce("GET", f"{CONTACT}/{made.json()['id']}").json()
    assert (record["Title"], record["HasOptedOutOfEmail"]) == (None, False)
