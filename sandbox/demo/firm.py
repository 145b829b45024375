"""The firm that the console shows: months of an advisory firm's life, by the roads of every day.

What people have saved is saved in both services and found by the bridge; nothing is written into
its database here. It ends with a plan that waits for a person's word.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.demo.scene import DO_NOT_EMAIL, LIST, LIST_CC_ID, MEMBERSHIP
from sandbox.demo.stage import expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.demo.stage import Stage

Record: TypeAlias = "dict[str, Any]"

LETTER, NOTES, EVENTS = "Client letter", "Market notes", "Invitations"
LISTS = (LETTER, NOTES, EVENTS)
CAMPAIGNS = (
    ("Winter letter", "What the winter brought", LETTER),
    ("Rates in January", "Where rates go from here", NOTES),
    ("Evening at the harbour", "You are invited", EVENTS),
)
UNSENDABLE: tuple[Record, ...] = (
    {
        "FirstName": "Anders",
        "Email": "anders.halvorsen@example.org",
        "HomePhone": "+47 22 55 01 00 ext 123456789012345",
    },
    {
        "FirstName": "Berit",
        "Email": "berit.halvorsen@example.org",
        "MobilePhone": "+47 22 55 01 01 ext 123456789012345",
    },
)
TYPED_OVER: tuple[tuple[str, Record], ...] = (
    ("claire.beaumont@example.org", {"first_name": "Clara"}),
    ("kwame.mensah@example.com", {"last_name": "Mensa"}),
    ("ngozi.okafor@example.org", {"job_title": "Architect (ret.)"}),
)
"""Address -> what staff type there; the title is one that the bridge has set back before."""

REPORTS: list[dict[str, object]] = [
    {
        "name": "Platinum clients",
        "folder": "Marketing",
        "columns": ["LAST_NAME", "FIRST_NAME", "EMAIL", "ACCOUNT.NAME", "CONTACT_ID"],
        "filters": [
            {
                "column": "Account.practifi__Client_Segment__c",
                "operator": "equals",
                "value": "Platinum",
            }
        ],
    },
    {"name": "Entities by type", "type": "AccountList", "columns": ["ACCOUNT.NAME", "TYPE"]},
]
"""Reports that marketing has built; the second names no contact."""

CAUSES = 2
"""How many of the three causes are waited for: the last may need another look of the bridge."""

WAITS = 4
"""What `bridge reconcile` ends with where its plan waits for a person's word."""

_LINK = "https://www.example.com/more"


@dataclass
class Firm:
    """What has been made of it so far.

    Attributes:
        people: Contacts with an e-mail address, in the order of their names.
        lists: Name -> record in Salesforce.
        there: Name -> list in Constant Contact.
        members: Name of a list -> membership records, in the order of `people`.
    """

    stage: Stage
    people: Sequence[Record] = ()
    lists: dict[str, str] = field(default_factory=dict)
    there: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Tell one thing that happened."""
        self.stage.narrator.say(text)


def build_firm(stage: Stage) -> None:
    """Let both services be those of a firm that has mailed for a while.

    Raises:
        DemoError: If the bridge does not do what it should.
    """
    firm = Firm(stage)
    stage.narrator.heading("A firm that has mailed for a while")
    _clients_join(firm)
    _campaigns_are_sent(firm)
    _some_opt_out(firm)
    _staff_work_there_by_hand(firm)
    _records_that_cannot_be_sent(firm)
    _somebody_imports_there(firm)


def _clients_join(firm: Firm) -> None:
    """Put the firm's clients on three lists; a run finds them, as after an import."""
    salesforce, control = firm.stage.salesforce, firm.stage.control
    control.set_faults([{"side": "outbound", "kind": "drop"}])
    found = salesforce.query(
        f"SELECT Id, Email, {DO_NOT_EMAIL} FROM Contact ORDER BY LastName, Id"  # noqa: S608 -- ours
    )
    firm.people = [one for one in found if one["Email"] and not one[DO_NOT_EMAIL]]
    for place, name in enumerate(LISTS, start=1):
        firm.lists[name] = salesforce.create(LIST, {"Name": name})
        firm.members[name] = [
            salesforce.create(MEMBERSHIP, _lookups(person, firm.lists[name]))
            for number, person in enumerate(firm.people)
            if place == 1 or number % place != 1
        ]
    control.set_faults([])
    control.build_reports(REPORTS)
    firm.say(f"Salesforce: {len(firm.people)} people of its households are on three lists")
    firm.stage.bridge.reconcile("lists")
    firm.stage.bridge.reconcile("contacts")
    for name, record in firm.lists.items():
        firm.there[name] = str(salesforce.read(LIST, record)[LIST_CC_ID])


def _lookups(person: Record, list_id: str) -> Record:
    return {"practifi__Contact__c": person["Id"], "practifi__Constant_Contact_List__c": list_id}


def _campaigns_are_sent(firm: Firm) -> None:
    """Send three mailings; some open, some click, a few bounce, one or two unsubscribe."""
    chance = random.Random(7)  # noqa: S311 -- the same firm each time
    for name, subject, of_list in CAMPAIGNS:
        acts: list[dict[str, object]] = []
        for number, person in enumerate(_on(firm, of_list)):
            acts += [{"email": person["Email"], **act} for act in _acts(chance, number)]
        campaign = {
            "name": name,
            "subject": subject,
            "list_ids": [firm.there[of_list]],
            "activities": acts,
        }
        sent = firm.stage.control.send_campaign(campaign)
        firm.say(f"Constant Contact: '{name}' sent to {sent}")
    firm.stage.bridge.reconcile("activities")


def _on(firm: Firm, name: str) -> list[Record]:
    """Return those on a list, one for each address."""
    place = LISTS.index(name) + 1
    found = {
        str(person["Email"]).lower(): person
        for number, person in enumerate(firm.people)
        if place == 1 or number % place != 1
    }
    return list(found.values())


def _acts(chance: random.Random, number: int) -> list[dict[str, object]]:
    if number % 17 == 4:  # noqa: PLR2004 -- a few
        return [{"kind": "bounce", "bounce_code": chance.choice("BFSZ")}]
    if chance.random() < 0.4:  # noqa: PLR2004 -- most mail is not opened
        return []
    acts: list[dict[str, object]] = [{"kind": "open"}]
    if chance.random() < 0.3:  # noqa: PLR2004 -- and less is clicked
        acts.append({"kind": "click", "link_url": _LINK})
    return acts


def _some_opt_out(firm: Firm) -> None:
    """Let one tick be saved by staff, and two people unsubscribe by themselves."""
    ticked, *others = firm.people[2], firm.people[9], firm.people[14]
    firm.stage.salesforce.update("Contact", ticked["Id"], {DO_NOT_EMAIL: True})
    for person, reason in zip(others, ("Too many letters", None), strict=True):
        firm.stage.control.unsubscribe(person["Email"], reason)
    firm.say("Do Not Email is ticked for one; two unsubscribe from a mailing")


def _staff_work_there_by_hand(firm: Firm) -> None:
    """Type over names and a title, which the next run sets right."""
    there = firm.stage.constant_contact
    for email, typed in TYPED_OVER:
        contact = there.find_contact(email)
        if contact is not None:
            there.replace_contact(contact | typed)
    firm.say("Constant Contact: by hand, two people are called otherwise, one has another title")


def _records_that_cannot_be_sent(firm: Firm) -> None:
    """Save what no rule can send, and wait until the bridge has given each up, with its cause."""
    salesforce = firm.stage.salesforce
    household = salesforce.create("Account", {"Name": "Halvorsen Household"})
    for fields in UNSENDABLE:
        person = {"AccountId": household, "LastName": "Halvorsen", **fields}
        record = {"Id": salesforce.create("Contact", person)}
        salesforce.create(MEMBERSHIP, _lookups(record, firm.lists[LETTER]))
    salesforce.create(LIST, {"Name": NOTES})
    firm.say(f"Salesforce: records that cannot be sent, and a second list named '{NOTES}'")
    firm.stage.until(lambda: _expect_given_up(firm))


def _expect_given_up(firm: Firm) -> None:
    causes = firm.stage.bridge.ask("inbox", "causes")
    told = ", ".join(sorted(str(cause["cause"]) for cause in causes))
    expect(len(causes) >= CAUSES, f"the inbox tells only of {told or 'nothing'}")


def _somebody_imports_there(firm: Firm) -> None:
    """Put everybody on every list in Constant Contact; what Practifi has not is to be removed."""
    there = firm.stage.constant_contact
    on_letter = there.contact_ids(firm.there[LETTER])
    activity = there.add_to_lists(on_letter, [firm.there[NOTES], firm.there[EVENTS]])
    firm.stage.until(lambda: expect(there.is_done(activity), "the import goes on"))
    firm.say(f"Constant Contact: an import puts all {len(on_letter)} on every list")
    bridge = firm.stage.bridge
    bridge.ask("policy", "set", "foreign_memberships=remove", "--by", "Olive Marsh")
    firm.say("the firm decides: whom only Constant Contact has on a list is taken off")
    bridge.reconcile("contacts", expected=WAITS)
