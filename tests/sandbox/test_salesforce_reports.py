"""Reports of the Salesforce stand-in: metadata, runs with at most 2,000 rows, and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
REPORTS = f"{DATA}/analytics/reports"
CLIENTS = {"name": "Clients in Camden", "columns": ["LAST_NAME", "ADDRESS2_CITY", "CONTACT_ID"]}


def keep(sandbox: RunningSandbox, **report: Any) -> str:
    """Have this report alone, and return its id."""
    [kept] = sandbox.control("PUT", "/salesforce/reports", [CLIENTS | report])
    return str(kept["id"])


def run(
    sandbox: RunningSandbox, report_id: str, metadata: dict[str, Any] | None = None
) -> requests.Response:
    path = f"{REPORTS}/{report_id}?includeDetails=true"
    if metadata is None:
        return sandbox.salesforce("GET", path)
    return sandbox.salesforce("POST", path, {"reportMetadata": metadata})


def rows(result: dict[str, Any]) -> list[list[str]]:
    return [
        [cell["label"] for cell in row["dataCells"]] for row in result["factMap"]["T!T"]["rows"]
    ]


def some_people(sandbox: RunningSandbox, count: int, **fields: object) -> None:
    for start in range(0, count, 200):
        records = [
            {"attributes": {"type": "Contact"}, "LastName": f"Moran {number}", **fields}
            for number in range(start, min(start + 200, count))
        ]
        answer = sandbox.salesforce("POST", f"{DATA}/composite/sobjects", {"records": records})
        assert all(each["success"] for each in answer.json()), answer.text


@pytest.mark.rule("sf-report-describe")
def test_a_report_says_what_it_is_made_of(sandbox: RunningSandbox) -> None:
    report_id = keep(sandbox, folder="Marketing")
    soql = "SELECT Id, DeveloperName, FolderName, Format, LastRunDate FROM Report"
    [record] = sandbox.salesforce("GET", f"{DATA}/query", q=soql).json()["records"]
    assert record["Id"] == report_id
    assert (record["DeveloperName"], record["FolderName"]) == ("Clients_in_Camden", "Marketing")
    assert (record["Format"], record["LastRunDate"]) == ("Tabular", None)
    told = sandbox.salesforce("GET", f"{REPORTS}/{report_id[:15]}/describe").json()
    assert told["reportMetadata"]["detailColumns"] == CLIENTS["columns"]
    info = told["reportExtendedMetadata"]["detailColumnInfo"]
    assert [info[name]["dataType"] for name in CLIENTS["columns"]] == ["string", "string", "id"]
    can = told["reportTypeMetadata"]["dataTypeFilterOperatorMap"]["id"]
    assert [each["name"] for each in can] == ["equals", "notEqual", "startsWith"]


@pytest.mark.rule("sf-report-run")
def test_a_run_finds_what_its_conditions_say(sandbox: RunningSandbox) -> None:
    some_people(sandbox, 3, MailingCity="Camden")
    condition = {"column": "LAST_NAME", "operator": "equals", "value": "Moran 0,Moran 2"}
    result = run(sandbox, keep(sandbox, filters=[condition])).json()
    assert [(name, city) for name, city, _ in rows(result)] == [
        ("Moran 0", "Camden"),
        ("Moran 2", "Camden"),
    ]
    first = result["factMap"]["T!T"]["rows"][0]["dataCells"]
    assert first[0]["value"][:15] == first[2]["label"] == first[2]["value"]
    assert (result["allData"], result["hasDetailRows"]) == (True, True)
    assert result["factMap"]["T!T"]["aggregates"] == [{"label": "2", "value": 2}]


@pytest.mark.rule("sf-report-run")
def test_details_are_there_only_where_they_are_asked_for(sandbox: RunningSandbox) -> None:
    result = sandbox.salesforce("GET", f"{REPORTS}/{keep(sandbox)}").json()
    assert result["hasDetailRows"] is False
    assert "rows" not in result["factMap"]["T!T"]


@pytest.mark.rule("sf-report-2000")
def test_a_run_answers_two_thousand_rows_and_counts_all(sandbox: RunningSandbox) -> None:
    some_people(sandbox, 2_001)
    mine = {"column": "LAST_NAME", "operator": "startsWith", "value": "Moran"}
    report_id = keep(sandbox, filters=[mine])
    result = run(sandbox, report_id).json()
    assert (len(rows(result)), result["allData"]) == (2_000, False)
    assert result["factMap"]["T!T"]["aggregates"][0]["value"] == 2_001
    missing = run(sandbox, report_id, {"sortBy": [by("CONTACT_ID", "Desc")]}).json()
    assert rows(missing)[0] not in rows(result)


def by(column: str, order: str = "Asc") -> dict[str, str]:
    return {"sortColumn": column, "sortOrder": order}


@pytest.mark.rule("sf-report-metadata")
def test_a_run_may_be_asked_for_with_other_metadata(sandbox: RunningSandbox) -> None:
    some_people(sandbox, 9)
    mine = {"column": "LAST_NAME", "operator": "startsWith", "value": "Moran"}
    report_id = keep(sandbox, filters=[mine])
    some = [mine, {"column": "LAST_NAME", "operator": "equals", "value": "Moran 3"}]
    asked = {
        "detailColumns": ["LAST_NAME"],
        "reportFilters": [*some, {"column": "LAST_NAME", "operator": "contains", "value": "5"}],
        "reportBooleanFilter": "1 AND (2 OR 3)",
        "sortBy": [by("LAST_NAME", "Desc")],
    }
    assert rows(run(sandbox, report_id, asked).json()) == [["Moran 5"], ["Moran 3"]]
    asked["reportBooleanFilter"] = "1 AND NOT (2 OR 3)"
    assert len(rows(run(sandbox, report_id, asked).json())) == 7
    assert len(rows(run(sandbox, report_id).json())) == 9  # nothing of it was saved


@pytest.mark.rule("sf-report-groups")
def test_rows_of_a_summary_stand_under_their_groups(sandbox: RunningSandbox) -> None:
    some_people(sandbox, 2, MailingCity="Camden")
    some_people(sandbox, 1, MailingCity="Boston")
    mine = {"column": "LAST_NAME", "operator": "startsWith", "value": "Moran"}
    report_id = keep(sandbox, filters=[mine], format="SUMMARY", group_by="ADDRESS2_CITY")
    result = run(sandbox, report_id).json()
    groups = {one["label"]: one["key"] for one in result["groupingsDown"]["groupings"]}
    assert len(result["factMap"][f"{groups['Camden']}!T"]["rows"]) == 2
    assert len(result["factMap"][f"{groups['Boston']}!T"]["rows"]) == 1
    assert result["factMap"]["T!T"]["rows"] == []


@pytest.mark.rule("sf-report-id-conditions")
def test_ids_are_told_by_their_beginning_and_not_compared_by_size(
    sandbox: RunningSandbox,
) -> None:
    report_id = keep(sandbox)
    ids = sorted(row[-1] for row in rows(run(sandbox, report_id).json()))
    above = {"column": "CONTACT_ID", "operator": "greaterThan", "value": ids[-3]}
    refused = run(sandbox, report_id, {"reportFilters": [above]})
    assert "Specify a valid condition because greaterThan is invalid." in refused.text
    some = {"column": "CONTACT_ID", "operator": "startsWith", "value": f"{ids[0]},{ids[5]}"}
    found = rows(run(sandbox, report_id, {"reportFilters": [some]}).json())
    assert sorted(row[-1] for row in found) == [ids[0], ids[5]]
    wrong_case = some | {"value": ids[0].swapcase()}
    assert rows(run(sandbox, report_id, {"reportFilters": [wrong_case]}).json()) == []


@pytest.mark.rule("sf-report-refusals")
def test_a_report_that_is_gone_or_not_shared_is_refused(sandbox: RunningSandbox) -> None:
    report_id = keep(sandbox, refused=True)
    answer = run(sandbox, report_id)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "FORBIDDEN")
    sandbox.control("PUT", "/salesforce/reports", [])
    answer = run(sandbox, report_id)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    soql = "SELECT COUNT() FROM Report"
    assert sandbox.salesforce("GET", f"{DATA}/query", q=soql).json()["totalSize"] == 0


@pytest.mark.rule("sf-report-refusals")
def test_who_may_not_run_reports_is_refused_each_of_them(sandbox: RunningSandbox) -> None:
    path = f"{REPORTS}/{keep(sandbox)}"
    assert sandbox.salesforce("GET", path, by="bridge").status_code == 200
    sandbox.control("POST", "/salesforce/setup", {"runs_reports": False})
    for asked in (path, f"{path}/describe"):
        answer = sandbox.salesforce("GET", asked, by="bridge")
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "FORBIDDEN")
    assert sandbox.salesforce("GET", path).status_code == 200


@pytest.mark.rule("sf-report-refusals")
def test_a_joined_report_is_not_run(sandbox: RunningSandbox) -> None:
    answer = run(sandbox, keep(sandbox, format="MULTI_BLOCK"))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (501, "UNSUPPORTED_OPERATION")


@pytest.mark.rule("sf-report-500-an-hour")
def test_an_org_runs_so_many_reports_an_hour(sandbox: RunningSandbox) -> None:
    report_id = keep(sandbox)
    sandbox.control("PUT", "/salesforce/policy", {"report_runs_an_hour": 2})
    assert [run(sandbox, report_id).status_code for _ in range(3)] == [200, 200, 403]
    assert "more than 2 reports synchronously" in run(sandbox, report_id).text
    assert sandbox.salesforce("GET", f"{REPORTS}/{report_id}/describe").status_code == 200
    sandbox.advance(3_601)
    assert run(sandbox, report_id).status_code == 200


@pytest.mark.rule("sf-report-list")
def test_reports_that_were_run_of_late_are_listed(sandbox: RunningSandbox) -> None:
    report_id = keep(sandbox)
    assert sandbox.salesforce("GET", REPORTS).json() == []
    run(sandbox, report_id)
    [listed] = sandbox.salesforce("GET", REPORTS).json()
    assert (listed["id"], listed["name"]) == (report_id, "Clients in Camden")
    assert sandbox.salesforce("GET", listed["describeUrl"]).status_code == 200


@pytest.mark.parametrize(
    "metadata",
    [
        {"detailColumns": ["NO_SUCH"]},
        {"detailColumns": []},
        {"sortBy": [by("EMAIL")]},
        {"sortBy": [by("LAST_NAME"), by("CONTACT_ID")]},
        {"reportFilters": ["x"]},
        {"reportFilters": [{"column": "NO_SUCH", "operator": "equals", "value": ""}]},
        {"reportBooleanFilter": "1 AND"},
        {"reportBooleanFilter": "drop"},
    ],
    ids=str,
)
def test_metadata_that_names_what_is_not_there_is_refused(
    sandbox: RunningSandbox, metadata: dict[str, Any]
) -> None:
    assert run(sandbox, keep(sandbox), metadata).status_code == 400


def test_a_report_of_columns_that_are_not_there_is_not_kept(sandbox: RunningSandbox) -> None:
    body = [CLIENTS | {"columns": ["NO_SUCH"]}]
    answer = sandbox.session.put(f"{sandbox.line['control_url']}/salesforce/reports", json=body)
    assert (answer.status_code, "no such columns: NO_SUCH" in answer.text) == (400, True)
