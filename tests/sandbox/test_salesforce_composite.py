"""The Salesforce stand-in: several calls in one, trees of records, ways from record to record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
ACCOUNT = {
    "method": "POST",
    "url": f"{DATA}/sobjects/Account",
    "referenceId": "household",
    "body": {"Name": "Quist Household"},
}
CONTACT = {
    "method": "POST",
    "url": f"{DATA}/sobjects/Contact",
    "referenceId": "person",
    "body": {"LastName": "Quist", "AccountId": "@{household.id}"},
}
NAMELESS = {**ACCOUNT, "referenceId": "nameless", "body": {}}


def post(sandbox: RunningSandbox, path: str, body: object, status: int = 200) -> Any:
    answer = sandbox.salesforce("POST", f"{DATA}/composite{path}", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def count(sandbox: RunningSandbox, name: str) -> int:
    text = f"SELECT COUNT() FROM {name}"  # noqa: S608 - a name
    return int(sandbox.salesforce("GET", f"{DATA}/query", q=text).json()["totalSize"])


def create(sandbox: RunningSandbox, name: str, **fields: object) -> str:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.rule("sf-composite-references")
@pytest.mark.parametrize("all_or_none", [True, False])
def test_later_calls_use_what_earlier_ones_answered(
    sandbox: RunningSandbox, *, all_or_none: bool
) -> None:
    asked = {
        "method": "GET",
        "url": f"{DATA}/sobjects/Contact/@{{person.id}}?fields=AccountId",
        "referenceId": "again",
    }
    body = {"allOrNone": all_or_none, "compositeRequest": [ACCOUNT, CONTACT, asked]}
    household, person, again = post(sandbox, "", body)["compositeResponse"]
    record_id = household["body"]["id"]
    assert household == {
        "body": {"id": record_id, "success": True, "errors": []},
        "httpHeaders": {"Location": f"{DATA}/sobjects/Account/{record_id}"},
        "httpStatusCode": 201,
        "referenceId": "household",
    }
    assert person["httpStatusCode"] == 201
    assert (again["httpStatusCode"], again["body"]["AccountId"]) == (200, record_id)
    assert again["httpHeaders"] == {}


@pytest.mark.rule("sf-composite-references")
def test_a_call_whose_reference_failed_is_halted(sandbox: RunningSandbox) -> None:
    orphan = {**CONTACT, "body": {"LastName": "Quist", "AccountId": "@{nameless.id}"}}
    body = {"compositeRequest": [NAMELESS, orphan, ACCOUNT]}
    nameless, person, household = post(sandbox, "", body)["compositeResponse"]
    assert nameless["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    [error] = person["body"]
    assert (person["httpStatusCode"], error["errorCode"]) == (400, "PROCESSING_HALTED")
    assert error["message"].startswith("Invalid reference specified. No value for nameless.id")
    assert household["httpStatusCode"] == 201


@pytest.mark.rule("sf-composite-all-or-none")
def test_all_or_none_takes_back_what_was_done(sandbox: RunningSandbox) -> None:
    before = count(sandbox, "Account"), count(sandbox, "Contact")
    body = {"allOrNone": True, "compositeRequest": [ACCOUNT, NAMELESS, CONTACT]}
    answers = post(sandbox, "", body)["compositeResponse"]
    codes = [each["body"][0]["errorCode"] for each in answers]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    assert [each["httpStatusCode"] for each in answers] == [400, 400, 400]
    assert (count(sandbox, "Account"), count(sandbox, "Contact")) == before


@pytest.mark.rule("sf-composite-25")
@pytest.mark.parametrize(("path", "key"), [("", "compositeRequest"), ("/batch", "batchRequests")])
def test_a_request_holds_twenty_five_calls(sandbox: RunningSandbox, path: str, key: str) -> None:
    def calls(how_many: int) -> dict[str, Any]:
        one = {"method": "GET", "url": f"{DATA}/limits"}
        return {key: [{**one, "referenceId": f"r{place}"} for place in range(how_many)]}

    post(sandbox, path, calls(25))
    [error] = post(sandbox, path, calls(26), status=400)
    assert error["errorCode"] == "LIMIT_EXCEEDED"


@pytest.mark.rule("sf-composite-batch")
@pytest.mark.parametrize("halts", [True, False])
def test_calls_of_a_batch_know_nothing_of_each_other(
    sandbox: RunningSandbox, *, halts: bool
) -> None:
    calls = [
        {"method": "POST", "url": "v66.0/sobjects/Account", "richInput": {"Name": "Quist"}},
        {"method": "GET", "url": "v66.0/sobjects/Account/001000000000001AAA"},
        {"method": "GET", "url": "v66.0/query?q=SELECT+COUNT()+FROM+Account"},
    ]
    answer = post(sandbox, "/batch", {"batchRequests": calls, "haltOnError": halts})
    assert answer["hasErrors"] is True
    statuses = [each["statusCode"] for each in answer["results"]]
    assert statuses == [201, 404, 412 if halts else 200]
    if halts:
        assert answer["results"][2]["result"][0]["errorCode"] == "BATCH_PROCESSING_HALTED"


@pytest.mark.rule("sf-composite-graph")
def test_each_graph_is_all_or_none(sandbox: RunningSandbox) -> None:
    before = count(sandbox, "Account")
    graphs = [
        {"graphId": "good", "compositeRequest": [ACCOUNT, CONTACT]},
        {"graphId": "bad", "compositeRequest": [ACCOUNT, NAMELESS]},
    ]
    good, bad = post(sandbox, "/graph", {"graphs": graphs})["graphs"]
    assert (good["graphId"], good["isSuccessful"]) == ("good", True)
    assert len(good["graphResponse"]["compositeResponse"]) == 2
    assert (bad["graphId"], bad["isSuccessful"]) == ("bad", False)
    assert count(sandbox, "Account") == before + 1


@pytest.mark.rule("sf-composite-graph")
def test_after_fourteen_failed_graphs_the_others_are_halted(sandbox: RunningSandbox) -> None:
    bad = [{"graphId": f"g{place}", "compositeRequest": [NAMELESS]} for place in range(14)]
    last = {"graphId": "last", "compositeRequest": [ACCOUNT]}
    *_, halted = post(sandbox, "/graph", {"graphs": [*bad, last]})["graphs"]
    [shown] = halted["graphResponse"]["compositeResponse"]
    assert shown["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert halted["isSuccessful"] is False


def tree(*people: dict[str, Any]) -> dict[str, Any]:
    return {
        "records": [
            {
                "attributes": {"type": "Account", "referenceId": "household"},
                "Name": "Quist Household",
                "Contacts": {
                    "records": [
                        {"attributes": {"type": "Contact", "referenceId": f"p{place}"}, **person}
                        for place, person in enumerate(people)
                    ]
                },
            }
        ]
    }


@pytest.mark.rule("sf-tree")
def test_a_tree_makes_records_with_their_children(sandbox: RunningSandbox) -> None:
    body = tree({"LastName": "Quist"}, {"LastName": "Dahl"})
    answer = post(sandbox, "/tree/Account", body, status=201)
    assert answer["hasErrors"] is False
    made = {each["referenceId"]: each["id"] for each in answer["results"]}
    assert list(made) == ["household", "p0", "p1"]
    path = f"{DATA}/sobjects/Contact/{made['p1']}"
    assert sandbox.salesforce("GET", path).json()["AccountId"] == made["household"]


@pytest.mark.rule("sf-tree")
def test_a_tree_with_one_fault_makes_nothing(sandbox: RunningSandbox) -> None:
    before = count(sandbox, "Account")
    body = tree({"LastName": "Quist"}, {"FirstName": "Nameless"})
    answer = post(sandbox, "/tree/Account", body, status=400)
    [failed] = answer["results"]
    assert (answer["hasErrors"], failed["referenceId"]) == (True, "p1")
    assert failed["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    assert count(sandbox, "Account") == before


@pytest.mark.rule("sf-relationship-paths")
def test_children_and_parents_are_read_through_their_relationship(sandbox: RunningSandbox) -> None:
    account = create(sandbox, "Account", Name="Quist")
    people = [create(sandbox, "Contact", LastName="Quist", AccountId=account) for _ in range(2)]
    answer = sandbox.salesforce("GET", f"{DATA}/sobjects/Account/{account}/Contacts")
    page = answer.json()
    assert (page["totalSize"], page["done"]) == (2, True)
    assert {each["Id"] for each in page["records"]} == set(people)
    path = f"{DATA}/sobjects/Contact/{people[0]}/Account"
    assert sandbox.salesforce("GET", path, fields="Name").json()["Name"] == "Quist"
    owner = sandbox.salesforce("GET", f"{path}/Owner").json()
    assert owner["attributes"]["type"] == "User"


@pytest.mark.rule("sf-relationship-paths")
def test_a_parent_is_changed_and_deleted_through_its_relationship(sandbox: RunningSandbox) -> None:
    account = create(sandbox, "Account", Name="Quist")
    person = create(sandbox, "Contact", LastName="Quist", AccountId=account)
    path = f"{DATA}/sobjects/Contact/{person}/Account"
    assert sandbox.salesforce("PATCH", path, {"Name": "Dahl"}).status_code == 204
    assert sandbox.salesforce("GET", path).json()["Name"] == "Dahl"
    assert sandbox.salesforce("DELETE", path).status_code == 204
    assert sandbox.salesforce("GET", path).status_code == 404


@pytest.mark.parametrize("name", ["Nothing", "Contacts/Nothing", "ReportsTo", "Account/Owner/x/"])
def test_a_way_that_leads_nowhere_is_not_found(sandbox: RunningSandbox, name: str) -> None:
    person = create(sandbox, "Contact", LastName="Quist")
    answer = sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/{person}/{name}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {}),
        ("", {"compositeRequest": [{}]}),
        ("", {"compositeRequest": [ACCOUNT, ACCOUNT]}),
        ("", {"compositeRequest": [{**ACCOUNT, "referenceId": "no name"}]}),
        ("", {"compositeRequest": [{**ACCOUNT, "method": 1}]}),
        ("/batch", {"batchRequests": 1}),
        ("/graph", {"graphs": [1]}),
        ("/graph", {"graphs": []}),
        ("/tree/Account", {"records": [{}]}),
        ("/tree/Account", {"records": []}),
        ("/tree/Account", {"records": [{"attributes": {"type": "Account"}}]}),
        ("/tree/Account", {"records": [{"attributes": {"referenceId": "a"}, "x": {"records": 1}}]}),
    ],
)
def test_what_cannot_be_asked_is_refused(sandbox: RunningSandbox, path: str, body: object) -> None:
    [error] = post(sandbox, path, body, status=400)
    assert set(error) == {"message", "errorCode"}


@pytest.mark.parametrize("url", ["//[", "", "/services/data/v1.0/limits", "/nowhere", "é?%%"])
def test_a_call_to_nowhere_is_answered_in_its_place(sandbox: RunningSandbox, url: str) -> None:
    asked = {"method": "GET", "url": url, "referenceId": "nowhere"}
    [answer] = post(sandbox, "", {"compositeRequest": [asked]})["compositeResponse"]
    assert answer["httpStatusCode"] == 404
