"""A town where one thing is wrong with each person, each for real: by saves, clicks and faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests import outbound
from tests.fix_bridge import MAPPINGS
from tests.journey.firm import LIST, MEMBERSHIP, Firm
from tests.journey.mailings import Mailings, opened
from tests.unit.mapping_builders import without_tests

if TYPE_CHECKING:
    from typing import Any

CAMPAIGN = "Tuesday's letter"
LEAVES_OUT = """
leave_out:
  - when: {field: Title, is: Retired}
    reason: retired people take no part
"""


@dataclass
class Town:
    """A firm, and what it knows people, lists and notifications by.

    Attributes:
        ids: Name -> Salesforce id, of people and lists; of memberships under `NAME's`.
    """

    firm: Firm
    ids: dict[str, str] = field(default_factory=dict)

    def member(self, name: str, letter: str = "letter", **fields: object) -> str:
        """Let a new person join a list."""
        values = {"Email": f"{name}@example.org", "LastName": name.title(), **fields}
        self.ids[name] = self.firm.create("Contact", **values)
        self.ids[f"{name}'s"] = self.firm.join(self.ids[name], self.ids[letter])
        return self.ids[name]

    def new_list(self, name: str, title: str) -> None:
        """Create a list."""
        self.ids[name] = self.firm.new_list(title)

    def change(self, name: str, **fields: object) -> None:
        """Save a person's record."""
        self.firm.change(self.ids[name], **(fields or {"FirstName": "New"}))

    def tell(self, notification_id: str, data: str) -> None:
        """Send an outbound message of our own making."""
        one = outbound.with_data(notification_id, data)
        body = outbound.message(one, organization_id=self.firm.sandbox.line["organization_id"])
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        answer = self.firm.sandbox.session.post(
            self.firm.bridge.url, data=body.encode(), headers=headers
        )
        assert answer.status_code == 200, answer.text

    def about(self, name: str, **fields: str) -> str:
        """Return what a message says of a person."""
        told = {"Id": self.ids[name], **fields}
        body = "".join(outbound.field(key, value) for key, value in told.items())
        kind = 'xsi:type="sf:Contact"'
        return f'<sObject {kind} xmlns:sf="{outbound.ENTERPRISE}">{body}</sObject>'


def build(firm: Firm) -> Town:
    """Return a town in which everything has happened, and something still waits."""
    town = Town(firm)
    with firm.bridge.database.transaction() as tx:
        files = read_files(MAPPINGS)
        files["contact.yaml"] = without_tests(files["contact.yaml"]) + LEAVES_OUT
        activate(tx, firm.bridge.connection_id, files, by="a test")
    _settle_down(town)
    _live(town)
    _send_a_campaign(town)
    _leave_things_waiting(town)
    return town


def _settle_down(town: Town) -> None:
    firm = town.firm
    town.new_list("letter", "Quarterly letter")
    town.new_list("gone list", "Old letter")
    firm.settle()
    town.new_list("twin list", "Quarterly letter")
    for name in ("well", "ticked", "opted", "staffed", "left", "deleted", "bounced", "stranger"):
        town.member(name)
    town.member("faulty", MobilePhone="9" * 40)
    town.member("retired", Title="Retired")
    town.member("nobody", Email=None)
    town.member("edith", Email="both@example.org")
    town.member("walter", Email="both@example.org")
    town.member("twin", "twin list")
    town.member("orphan", "gone list")
    town.ids["listless"] = firm.person("listless@example.org")
    firm.post(
        "/contacts",
        email_address={
            "address": "pending@example.org",
            "permission_to_send": "pending_confirmation",
        },
        create_source="Account",
    )
    town.member("pending")
    for name in ("waits", "saved", "late", "lost", "tried"):
        town.member(name)
    firm.settle()
    firm.policy(first_name_refuses_periods=True)
    town.member("dotted", FirstName="T.J.")
    firm.settle()


def _live(town: Town) -> None:
    firm = town.firm
    firm.tick(town.ids["ticked"])
    firm.tick(town.ids["edith"])
    firm.unsubscribes("opted@example.org")
    there = firm.there("staffed@example.org")
    address = there["email_address"] | {"permission_to_send": "unsubscribed"}
    firm.put(there, email_address=address)
    firm.leaves("left@example.org", firm.cc_list_id(town.ids["letter"]))
    firm.remove(f"/contact_lists/{firm.cc_list_id(town.ids['gone list'])}")
    firm.sandbox.advance(60)  # a list is deleted there by a bulk activity
    firm.save(LIST, town.ids["gone list"], Name="Older letter")
    firm.delete("Contact", town.ids["deleted"])
    web_form = firm.post("/contact_lists", name="Web form")["list_id"]
    there = firm.there("stranger@example.org")
    firm.put(there, list_memberships=[*there["list_memberships"], web_form])
    firm.delete(MEMBERSHIP, town.ids["stranger's"])
    for name in ("opted", "staffed", "left", "stranger"):
        town.change(name)
    firm.settle(deletes=True)
    old = {"SystemModstamp": "2020-01-01T00:00:00.000Z", "FirstName": "Old"}
    town.tell("04l5g00000aBcDEAA0", town.about("well", **old))
    town.ids["deal"] = "0065g00000QrStUAAV"
    town.tell("04l5g00000aBcDFAA0", town.about("deal").replace("sf:Contact", "sf:Opportunity"))
    town.tell("04l5g00000aBcDGAA0", '<sObject xsi:nil="true"/>')
    firm.settle()


def _send_a_campaign(town: Town) -> None:
    firm = town.firm
    mailings = Mailings(firm, "", town.ids["letter"])
    bounce: dict[str, Any] = {
        "email": "bounced@example.org",
        "kind": "bounce",
        "bounce_code": "B",
    }
    mailings.send(opened("well@example.org"), bounce, name=CAMPAIGN)
    firm.sandbox.advance(60)
    town.member("newcomer")
    firm.settle()
    mailings.run()


def _leave_things_waiting(town: Town) -> None:
    """Let messages come in that nobody goes on with, each from another point of its way."""
    firm, bridge = town.firm, town.firm.bridge
    town.change("tried")
    bridge.receive()
    bridge.triage()
    firm.sandbox.faults(
        {
            "side": "constant_contact",
            "method": "PUT",
            "path": "/contacts/",
            "kind": "error_500",
            "times": 9,
        }
    )
    bridge.deliver()
    firm.sandbox.faults()
    town.change("waits")
    firm.tick(town.ids["late"])
    bridge.receive()
    bridge.triage()
    town.change("lost")
    bridge.receive()
    bridge.rows("DELETE FROM message RETURNING id")
    bridge.triage()
    town.change("saved")
    bridge.receive()
