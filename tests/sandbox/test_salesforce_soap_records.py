"""`merge` and `undelete` of the Salesforce stand-in over SOAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
ENVELOPE = (
    '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns="urn:partner.soap.sforce.com" xmlns:s="urn:sobject.partner.soap.sforce.com">'
    "<env:Header><SessionHeader><sessionId>{}</sessionId></SessionHeader></env:Header>"
    "<env:Body>{}</env:Body></env:Envelope>"
)


def soap(sandbox: RunningSandbox, call: str, token: str | None = None) -> etree._Element:
    token = token or sandbox.line["observer"]["salesforce_access_token"]
    url = f"{sandbox.line['salesforce_url']}/services/Soap/u/64.0/00D000000000001"
    headers = {"Content-Type": "text/xml", "SOAPAction": '""'}
    body = ENVELOPE.format(token, call).encode()
    return etree.fromstring(sandbox.session.post(url, body, headers=headers, timeout=20).content)


def texts(root: etree._Element, name: str) -> list[str | None]:
    return [each.text for each in root.iter(f"{{*}}{name}")]


def account(sandbox: RunningSandbox) -> str:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/Account", {"Name": "Quist"})
    return str(answer.json()["id"])


def merge(master: str, loser: str, fields: str = "") -> str:
    return (
        f"<merge><request><masterRecord><s:type>Account</s:type><s:Id>{master}</s:Id>{fields}"
        f"</masterRecord><recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
    )


@pytest.mark.rule("sf-merge-moves-children", "sf-merge-deletes-losers")
def test_accounts_are_merged_over_soap(sandbox: RunningSandbox) -> None:
    master, loser = account(sandbox), account(sandbox)
    fields = "<s:Phone>(603) 555-0101</s:Phone><s:fieldsToNull>Fax</s:fieldsToNull>"
    answer = soap(sandbox, merge(master, loser, fields))
    assert texts(answer, "success") == ["true"]
    assert (texts(answer, "id"), texts(answer, "mergedRecordIds")) == ([master], [loser])
    record = sandbox.salesforce("GET", f"{DATA}/sobjects/Account/{master}").json()
    assert record["Phone"] == "(603) 555-0101"
    gone = sandbox.salesforce("GET", f"{DATA}/sobjects/Account/{loser}")
    assert gone.json()[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_a_merge_that_cannot_be_is_a_result_without_success(sandbox: RunningSandbox) -> None:
    master = account(sandbox)
    answer = soap(sandbox, merge(master, master))
    assert texts(answer, "success") == ["false"]
    assert texts(answer, "statusCode") == ["INVALID_CROSS_REFERENCE_KEY"]


@pytest.mark.rule("sf-undelete")
def test_records_come_back_over_soap(sandbox: RunningSandbox) -> None:
    record_id = account(sandbox)
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/Account/{record_id}")
    call = f"<undelete><ids>{record_id}</ids><ids>001000000000001AAA</ids></undelete>"
    answer = soap(sandbox, call)
    assert texts(answer, "success") == ["true", "false"]
    assert texts(answer, "statusCode") == ["UNDELETE_FAILED"]
    found = sandbox.salesforce("GET", f"{DATA}/sobjects/Account/{record_id}")
    assert found.status_code == 200


def test_soap_without_a_session_is_a_fault(sandbox: RunningSandbox) -> None:
    answer = soap(sandbox, "<undelete><ids>x</ids></undelete>", token="no")
    assert texts(answer, "faultcode") == ["sf:INVALID_SESSION_ID"]
