"""What an administrator makes of the org in Setup, by the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"


def setup(sandbox: RunningSandbox, **asked: Any) -> None:
    sandbox.control("POST", "/salesforce/setup", asked)


def found(sandbox: RunningSandbox, soql: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = sandbox.salesforce("GET", f"{DATA}/query", q=soql).json()[
        "records"
    ]
    return records


def described(sandbox: RunningSandbox, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = sandbox.salesforce("GET", f"{DATA}/sobjects/{name}/describe").json()
    return answer


def test_a_field_that_is_changed_is_described_and_kept_to(sandbox: RunningSandbox) -> None:
    setup(sandbox, fields={"Contact.Title": {"updateable": False, "length": 10}})
    fields = {each["name"]: each for each in described(sandbox, "Contact")["fields"]}
    assert (fields["Title"]["updateable"], fields["Title"]["length"]) == (False, 10)
    [contact] = found(sandbox, "SELECT Id FROM Contact LIMIT 1")
    answer = sandbox.salesforce(
        "PATCH", f"{DATA}/sobjects/Contact/{contact['Id']}", {"Title": "Dr"}
    )
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.parametrize(
    ("right", "method"), [("createable", "POST"), ("updateable", "PATCH"), ("deletable", "DELETE")]
)
def test_a_right_that_is_taken_is_described_and_kept_to(
    right: str, method: str, sandbox: RunningSandbox
) -> None:
    [record] = found(sandbox, "SELECT Id FROM Account LIMIT 1")
    setup(sandbox, objects={"Account": {right: False}})
    assert described(sandbox, "Account")[right] is False
    path = "" if method == "POST" else f"/{record['Id']}"
    body = None if method == "DELETE" else {"Name": "New"}
    answer = sandbox.salesforce(method, f"{DATA}/sobjects/Account{path}", body)
    assert answer.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_jobs_and_settings_of_a_package_are_found_by_queries(sandbox: RunningSandbox) -> None:
    setup(sandbox, scheduled_jobs=["A Sync"], running_jobs=["ABatch"], is_sandbox=True)
    for is_on in (True, False):
        setup(sandbox, package_trigger=is_on)
        box, name = "practifi__Constant_Contact_Trigger__c", "practifi__PractiFI_Trigger_Setting__c"
        [setting] = found(sandbox, f"SELECT {box} FROM {name}")  # noqa: S608 -- SOQL
        assert setting[box] is is_on
    [job] = found(sandbox, "SELECT CronJobDetail.Name, State FROM CronTrigger")
    assert (job["CronJobDetail"]["Name"], job["State"]) == ("A Sync", "WAITING")
    [running] = found(sandbox, "SELECT ApexClass.Name FROM AsyncApexJob")
    assert running["ApexClass"]["Name"] == "ABatch"
    assert found(sandbox, "SELECT IsSandbox FROM Organization")[0]["IsSandbox"] is True


def test_a_message_that_is_removed_takes_what_sends_it_along(sandbox: RunningSandbox) -> None:
    setup(sandbox, removed_messages=["Account.CC_Bridge_Account"])
    left = [one["full_name"] for one in sandbox.control("GET", "/salesforce/definitions")]
    assert "Account.CC_Bridge_Account" not in left
    assert left


def test_a_name_that_is_not_there_is_refused(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.line['control_url']}/salesforce/setup"
    wrong: list[dict[str, Any]] = [
        {"fields": {"Contact.Nothing": {}}},
        {"objects": {"Nothing__c": {}}},
    ]
    for asked in wrong:
        assert sandbox.session.post(url, json=asked, timeout=10).status_code == 400


def test_a_reset_takes_it_back(sandbox: RunningSandbox) -> None:
    setup(sandbox, objects={"Account": {"createable": False}}, daily_requests=1)
    sandbox.control("POST", "/reset")
    assert described(sandbox, "Account")["createable"] is True
