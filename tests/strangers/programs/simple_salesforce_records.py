"""simple-salesforce: describe, records, upserts, collections, queries, changes, and its errors."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest
import requests
from simple_salesforce import Salesforce, exceptions, format_soql
from simple_salesforce.format import format_external_id

PLACE = json.loads(os.environ["SANDBOX"])


def client(token):
    return Salesforce(session_id=token, instance_url=PLACE["salesforce_url"], version="66.0")


sf = client(PLACE["observer"]["salesforce_access_token"])
assert "Contact" in [each["name"] for each in sf.describe()["sobjects"]]
assert sf.limits()["DailyApiRequests"]["Remaining"]
described = {each["name"]: each for each in sf.Contact.describe()["fields"]}
assert described["Email"]["type"] == "email" and described["LastName"]["nillable"] is False
keys = [each["name"] for each in sf.Account.describe()["fields"] if each["externalId"]]

account = sf.Account.create({"Name": "Weatherby Household", "Type": "Client"})
assert account["success"] and len(account["id"]) == 18
people = [
    sf.Contact.create({"LastName": f"Weatherby {n}", "AccountId": account["id"]})["id"]
    for n in range(3)
]
assert sf.Contact.get(people[0])["LastName"] == "Weatherby 0"
assert sf.Contact.update(people[0], {"Email": "w0@example.com"}) == 204
soql = format_soql(
    "SELECT Id, LastName, Account.Name FROM Contact WHERE Email = {} AND AccountId IN {}",
    "w0@example.com",
    [account["id"]],
)
(found,) = sf.query(soql)["records"]
assert found["Account"]["Name"] == "Weatherby Household"

many = sf.restful(
    "composite/sobjects",
    method="POST",
    json={
        "allOrNone": False,
        "records": [
            {"attributes": {"type": "Contact"}, "LastName": f"Many {n}"} for n in range(199)
        ]
        + [{"attributes": {"type": "Contact"}, "FirstName": "Nameless"}],
    },
)
assert [each["success"] for each in many].count(True) == 199
assert many[-1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
page = sf.query("SELECT Id FROM Contact WHERE LastName LIKE 'Many%' ORDER BY LastName")
assert page["totalSize"] == 199
raw = requests.get(
    f"{PLACE['salesforce_url']}/services/data/v66.0/query",
    params={"q": "SELECT Id FROM Contact"},
    headers={
        "Authorization": f"Bearer {PLACE['observer']['salesforce_access_token']}",
        "Sforce-Query-Options": "batchSize=200",
    },
).json()
total, seen = raw["totalSize"], len(raw["records"])
while not raw["done"]:
    raw = sf.query_more(raw["nextRecordsUrl"], identifier_is_url=True)
    seen += len(raw["records"])
assert seen == total > 200
assert len(sf.query_all("SELECT Id FROM Contact")["records"]) == total
assert len(list(sf.query_all_iter("SELECT Id FROM Contact"))) == total

for name in keys[:1]:
    path = format_external_id(name, "stranger/1 é")
    assert sf.Account.upsert(path, {"Name": "Keyed"}) == 201
    assert sf.Account.upsert(path, {"Name": "Keyed again"}) in {200, 204}

now = datetime.now(UTC)
span = (now - timedelta(hours=1), now + timedelta(minutes=2))
assert people[1] in sf.Contact.updated(*span)["ids"]
assert sf.Contact.delete(people[2]) == 204
assert people[2] in [each["id"] for each in sf.Contact.deleted(*span)["deletedRecords"]]
gone = sf.query_all(
    format_soql("SELECT Id, IsDeleted FROM Contact WHERE Id = {}", people[2]), include_deleted=True
)
assert gone["records"][0]["IsDeleted"] is True

with pytest.raises(exceptions.SalesforceResourceNotFound) as caught:
    sf.Contact.get("003000000000000AAA")
assert caught.value.content[0]["errorCode"] == "NOT_FOUND"
with pytest.raises(exceptions.SalesforceMalformedRequest) as caught:
    sf.query("SELECT Nonsense FROM Contact")
assert caught.value.content[0]["errorCode"] == "INVALID_FIELD"
with pytest.raises(exceptions.SalesforceMalformedRequest) as caught:
    sf.Contact.create({"FirstName": "Nameless"})
assert caught.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
with pytest.raises(exceptions.SalesforceExpiredSession) as caught:
    client("00D!stale").query("SELECT Id FROM Contact")
assert caught.value.content[0]["errorCode"] == "INVALID_SESSION_ID"
requests.put(
    PLACE["control_url"] + "/faults",
    json=[{"side": "salesforce", "kind": "quota", "times": 1, "observer": True}],
).raise_for_status()
with pytest.raises(exceptions.SalesforceRefusedRequest) as caught:
    sf.query("SELECT Id FROM Contact")
assert caught.value.content[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
print("describe, records, queries, changes and five errors")
