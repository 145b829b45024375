"""Campaigns of a firm, and what the bridge made of them in Practifi; no code under test here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from reconciler.runs.execute import run_now
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

INTERACTION = "practifi__Interaction__c"
SUBJECT, DETAILS = "practifi__Subject__c", "practifi__Details__c"
LINK = "https://www.example.com/rates"
OBJECTS = {"custom": INTERACTION, "event": "Event", "task": "Task"}
TIMES = {"event": "StartDateTime", "task": "ActivityDate"}


@dataclass(frozen=True)
class Mailings:
    """A firm with a list, and campaigns that are sent to it."""

    firm: Firm
    client: str
    list_id: str

    def member(self, email: str, **fields: object) -> str:
        """Create a contact of the client that is on the list."""
        values = {"AccountId": self.client, **fields}
        return self.firm.member(email, self.list_id, **values)

    def send(self, *activities: dict[str, object], name: str = "Market letter") -> dict[str, Any]:
        """Send a campaign and let recipients act."""
        body = {
            "name": name,
            "subject": "What markets did",
            "list_ids": [self.firm.cc_list_id(self.list_id)],
            "activities": list(activities),
        }
        sent: dict[str, Any] = self.firm.sandbox.control(
            "POST", "/constant-contact/campaigns", body
        )
        return sent

    def act(self, campaign: dict[str, Any], *activities: dict[str, object]) -> None:
        """Let recipients of a campaign do something more."""
        path = f"/constant-contact/campaigns/{campaign['campaign_id']}/send"
        self.firm.sandbox.control("POST", path, {"activities": list(activities)})

    def run(self) -> RunRecord:
        """Run the job, and see that its counters add up."""
        bridge = self.firm.bridge
        record = run_now(bridge.installation, bridge.connection_id, "activities")
        assert record.state == "done", record.reason
        counted = record.counters
        explained = sum(counted["skipped"].values()) + sum(counted["rejected"].values())
        assert counted["read"] == counted["unchanged"] + counted["planned"] + explained
        return record

    def interactions(self, name: str = INTERACTION) -> list[dict[str, Any]]:
        """Return the records that the bridge wrote, by subject."""
        query = f"SELECT Id FROM {name} WHERE CC_Bridge_Key__c != null"  # noqa: S608 -- our own
        answer = self.firm.sandbox.salesforce("GET", "/services/data/v66.0/query", q=query)
        assert answer.status_code == 200, answer.text
        found = [self.firm.record(name, one["Id"]) for one in answer.json()["records"]]
        return sorted(found, key=lambda one: str(one.get("Subject") or one.get(SUBJECT)))

    def one(self) -> dict[str, Any]:
        """Return the one record that the bridge wrote."""
        found = self.interactions()
        assert len(found) == 1, found
        return found[0]

    def salesforce_writes(self) -> int:
        """Return how many calls of the bridge wrote Interactions."""
        return len(
            [
                call
                for call in self.firm.sandbox.calls("salesforce")
                if call["owner"] == "bridge"
                and call["method"] in {"POST", "PATCH"}
                and "composite" in call["path"]
            ]
        )

    def writes_to(self, profile: str) -> None:
        """Let the connection write Salesforce's events or tasks instead of an object of its own."""
        names = {
            "profile": profile,
            "object": OBJECTS[profile],
            "client": "WhatId",
            "contact": "WhoId",
            "subject": "Subject",
            "details": "Description",
            "when": TIMES[profile],
        }
        self.firm.bridge.rows(
            "UPDATE connection SET object_names = %(names)s::jsonb "
            "WHERE id = %(connection_id)s RETURNING id",
            names=json.dumps({"interaction": names}),
        )

    def maps(self, interaction_yaml: str) -> None:
        """Activate another interaction.yaml."""
        files = read_files(MAPPINGS) | {"interaction.yaml": interaction_yaml}
        bridge = self.firm.bridge
        with bridge.database.transaction() as tx:
            activate(tx, bridge.connection_id, files, by="test")


def a_household(firm: Firm) -> Mailings:
    """Return a household with a list that exists in both systems."""
    client = firm.create("Account", Name="The Lovelace Household")
    list_id = firm.new_list()
    firm.settle()
    return Mailings(firm, client, list_id)


def opened(email: str, **more: object) -> dict[str, object]:
    """Return that somebody opens the mailing."""
    return {"email": email, "kind": "open", **more}


def clicked(email: str, **more: object) -> dict[str, object]:
    """Return that somebody clicks its link."""
    return {"email": email, "kind": "click", "link_url": LINK, **more}
