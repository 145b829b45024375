"""Who belongs to a client, and how one is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from tests.fix_clients import Office

WAYS = """\
source: client
ways:
  - relation
  - junction:
      object: practifi__Interaction__c
      client: practifi__Client__c
      contact: practifi__Person__c
  - account
"""


def test_people_are_found_by_each_way_that_the_organization_has(office: Office) -> None:
    files = read_files(MAPPINGS) | {"client.yaml": WAYS}
    with office.bridge.database.transaction() as tx:
        activate(tx, office.bridge.connection_id, files, by="test")
    elsewhere = office.firm.create("Account", Name="Elsewhere")
    friend = office.firm.person("friend@example.org", AccountId=elsewhere, FirstName="Fred")
    for contact in (friend, office.people["Ann"]):
        office.firm.create(
            "practifi__Interaction__c",
            practifi__Client__c=office.client,
            practifi__Person__c=contact,
            practifi__Subject__c="Met",
        )
    office.firm.settle()
    seen = office.open(office.log_in())
    assert "3 people, 3 addresses" in seen.text
    places = [seen.text.index(f"{name} Moran") for name in ("Fred", "Ann", "Bob")]
    assert places == sorted(places)


def ways(office: Office, *named: str) -> None:
    """Let only these ways lead from a client to its people."""
    text = f"source: client\nways: [{', '.join(named)}]\n"
    files = read_files(MAPPINGS) | {"client.yaml": text}
    with office.bridge.database.transaction() as tx:
        activate(tx, office.bridge.connection_id, files, by="test")


def test_somebody_of_another_account_belongs_to_a_client_by_a_relation(office: Office) -> None:
    office.firm.sandbox.control(
        "PUT", "/salesforce/features", {"contacts_to_multiple_accounts": True}
    )
    ways(office, "account", "relation")
    elsewhere = office.firm.create("Account", Name="Elsewhere")
    trustee = office.firm.person("trustee@example.org", AccountId=elsewhere, FirstName="Theo")
    for contact in (trustee, office.people["Ann"]):
        office.firm.create("AccountContactRelation", AccountId=office.client, ContactId=contact)
    office.firm.settle()
    seen = office.open(office.log_in())
    assert "3 people, 3 addresses" in seen.text
    assert seen.text.index("Bob Moran") < seen.text.index("Theo Moran")


def test_a_client_that_is_a_person_has_itself(office: Office) -> None:
    office.firm.sandbox.control("PUT", "/salesforce/features", {"person_accounts": True})
    ways(office, "person_account")
    office.client = office.firm.create(
        "Account", FirstName="Pia", LastName="Lund", PersonEmail="pia@example.org"
    )
    office.firm.settle()
    seen = office.open(office.log_in())
    assert "Pia Lund" in seen.text
    assert "1 person, 1 address" in seen.text
    office.people["Pia"] = str(office.firm.record("Account", office.client)["PersonContactId"])
    browser = office.log_in()
    office.save(browser, office.add(browser, office.open(browser), "Pia", "Newsletter"))
    office.firm.settle()
    assert office.there("pia@example.org") == ["Newsletter"]


def test_a_client_is_found_by_name_or_id_if_it_may_be_read(office: Office) -> None:
    office.firm.create("Account", Name="Morand & O'Hara 100%")
    browser = office.log_in()
    assert "Type two letters of the name at least." in browser.get("/clients").text
    seen = browser.get("/clients?q=moran")
    assert seen.links["Moran Household"] == office.path
    assert "Morand & O'Hara 100%" in seen.links
    assert list(browser.get("/clients?q=O'Hara 100%25").links)[-1] == "Morand & O'Hara 100%"
    assert "No client that you may read" in browser.get("/clients?q=100_").text
    assert browser.get(f"/clients?q={office.client[:15]}").path == office.path
    office.limit(office.client, "None")
    office.firm.sandbox.advance(301)
    assert "Moran Household" not in browser.get("/clients?q=moran").links
