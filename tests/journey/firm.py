"""What the people of a firm, and their clients, do and see in a journey; no code under test here.

A save is made by an ordinary user of the sandbox org, through its REST API; what came of it is read
from both systems with keys that are not the bridge's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fix_bridge import RunningBridge
    from tests.fix_sandbox import RunningSandbox

LIST = "practifi__Constant_Contact_List__c"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
INCLUDED = "custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes"
BASE = "/services/data/v66.0/sobjects"

UNTICKED = {"HasOptedOutOfEmail": False}
TICKED = {"HasOptedOutOfEmail": True}


@dataclass(frozen=True)
class Firm:
    """Both systems, through the eyes of those who use them."""

    bridge: RunningBridge
    sandbox: RunningSandbox

    # In Practifi

    def create(self, name: str, **fields: object) -> str:
        """Create a record and return its id."""
        answer = self.sandbox.salesforce("POST", f"{BASE}/{name}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def save(self, name: str, record_id: str, **fields: object) -> None:
        """Change a record."""
        answer = self.sandbox.salesforce("PATCH", f"{BASE}/{name}/{record_id}", fields)
        assert answer.status_code == 204, answer.text

    def delete(self, name: str, record_id: str) -> None:
        """Delete a record."""
        answer = self.sandbox.salesforce("DELETE", f"{BASE}/{name}/{record_id}")
        assert answer.status_code == 204, answer.text

    def record(self, name: str, record_id: str) -> dict[str, Any]:
        """Return a record with all its fields."""
        answer = self.sandbox.salesforce("GET", f"{BASE}/{name}/{record_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def new_list(self, name: str = "Quarterly letter") -> str:
        """Create a list record."""
        return self.create(LIST, Name=name)

    def person(self, email: str | None, **fields: object) -> str:
        """Create a contact record."""
        return self.create("Contact", **{"LastName": "Moran", "Email": email, **fields})

    def join(self, person: str, list_id: str) -> str:
        """Create the membership of a person in a list."""
        fields = {"practifi__Contact__c": person, "practifi__Constant_Contact_List__c": list_id}
        return self.create(MEMBERSHIP, **fields)

    def member(self, email: str, list_id: str, **fields: object) -> str:
        """Create a contact that is on a list from the start."""
        person = self.person(email, **fields)
        self.join(person, list_id)
        return person

    def change(self, person: str, **fields: object) -> None:
        """Change a contact record."""
        self.save("Contact", person, **fields)

    def tick(self, person: str) -> None:
        """Tick *Do Not Email* and save."""
        self.change(person, **TICKED)

    def untick(self, person: str) -> None:
        """Untick *Do Not Email* and save, later than whatever was before: stamps have seconds."""
        self.sandbox.advance(1.0)
        self.change(person, **UNTICKED)

    def status(self, person: str) -> tuple[str | None, str | None]:
        """Return what Practifi shows of a contact: status and reason."""
        record = self.record("Contact", person)
        return record["CC_Bridge_Status__c"], record["CC_Bridge_Status_Reason__c"]

    def membership_status(self, membership: str) -> tuple[str | None, str | None]:
        """Return what Practifi shows of a membership: status and reason."""
        record = self.record(MEMBERSHIP, membership)
        return record["CC_Bridge_Status__c"], record["CC_Bridge_Status_Reason__c"]

    def cc_list_id(self, list_id: str) -> str:
        """Return the id that was written back to a list record."""
        return str(self.record(LIST, list_id)["practifi__Constant_Contact_List_ID__c"])

    def cc_contact_id(self, person: str) -> str | None:
        """Return the id that was written back to a contact record."""
        found: str | None = self.record("Contact", person)["practifi__Constant_Contact_ID__c"]
        return found

    # In Constant Contact

    def all_there(self, email: str) -> list[dict[str, Any]]:
        """Return every contact with an address, deleted ones too."""
        answer = self.sandbox.constant_contact(
            "GET", "/contacts", email=email, status="all", include=INCLUDED
        )
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["contacts"]
        return found

    def there(self, email: str) -> dict[str, Any]:
        """Return the one contact with an address."""
        found = self.all_there(email)
        assert len(found) == 1, found
        return found[0]

    def by_id(self, contact_id: str) -> dict[str, Any]:
        """Return a contact, deleted or not."""
        answer = self.sandbox.constant_contact("GET", f"/contacts/{contact_id}", include=INCLUDED)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def put(self, contact: dict[str, Any], **changed: object) -> None:
        """Change a contact there by hand, as the firm's staff would."""
        body = contact | {"update_source": "Account"} | changed
        answer = self.sandbox.constant_contact("PUT", f"/contacts/{contact['contact_id']}", body)
        assert answer.status_code == 200, answer.text

    def post(self, path: str, **body: object) -> dict[str, Any]:
        """Create something there by hand."""
        answer = self.sandbox.constant_contact("POST", path, body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def remove(self, path: str) -> None:
        """Delete something there by hand."""
        answer = self.sandbox.constant_contact("DELETE", path)
        assert answer.ok, answer.text

    def permission(self, email: str) -> str:
        """Return the permission of the one contact with an address."""
        return str(self.there(email)["email_address"]["permission_to_send"])

    def lists_of(self, email: str) -> set[str]:
        """Return the lists that the one contact with an address is on."""
        return set(self.there(email)["list_memberships"])

    # The clients' own acts

    def unsubscribes(self, email: str) -> None:
        """A recipient clicks *Unsubscribe*."""
        self.sandbox.control("POST", "/constant-contact/unsubscribe", {"email": email})

    def leaves(self, email: str, cc_list_id: str) -> None:
        """A recipient leaves one list."""
        body = {"email": email, "list_id": cc_list_id}
        self.sandbox.control("POST", "/constant-contact/leave-list", body)

    # The bridge

    def to_evening(self) -> None:
        """Move to 23:00 UTC: so a day is old and has an hour left, whenever a test runs."""
        [row] = self.bridge.rows(
            "SELECT extract(epoch FROM app_now() AT TIME ZONE 'UTC' - date_trunc('day', "
            "app_now() AT TIME ZONE 'UTC'))::float AS past_s"
        )
        self.sandbox.advance((23 * 3600 - row["past_s"]) % 86_400)

    def settle(self, *, deletes: bool = False) -> None:
        """Let the bridge work until nothing is left to do."""
        self.bridge.settle(deletes=deletes)

    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of the bridge's writes to Constant Contact, oldest first."""
        return [
            (call["method"], call["path"])
            for call in self.sandbox.calls("constant_contact")
            if call["owner"] == "bridge"
            and call["method"] in {"POST", "PUT", "DELETE"}
            and "/contact" in call["path"]
        ]

    def policy(self, **policy: bool) -> None:
        """Choose how the account answers where the vendor's documents leave it open."""
        self.sandbox.control("PUT", "/constant-contact/policy", policy)

    def notifications(self) -> list[dict[str, Any]]:
        """Return what became of every notification."""
        return self.bridge.rows(
            "SELECT notification_id, object, record_id, state, reason FROM notification "
            "WHERE connection_id = %(connection_id)s ORDER BY seq"
        )

    def ledger(self) -> list[dict[str, Any]]:
        """Return the ledger of consent, oldest entry first."""
        return self.bridge.rows(
            "SELECT * FROM consent_entry WHERE connection_id = %(connection_id)s ORDER BY seq"
        )
