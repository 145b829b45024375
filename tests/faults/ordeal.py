"""An installation under load, and what has to be true of it whatever happens to its processes."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.demand import Differences, compare
from tests.faults.installation import (
    DELETES_EVERY_S,
    LEASE_S,
    SWEEP_S,
    Installation,
    running_installation,
    until,
)
from tests.faults.load import Firm, running
from tests.faults.messages import Messages
from tests.faults.reading import read_practifi, read_there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECOVERY_S = 60.0
SETTLE_S = 60.0
SLACK_S = 10.0  # a process starts, and has other work, on a machine that is busy

# Calls take as long as they do over a network, so that a kill finds some of them under way.
LATENCY: list[dict[str, object]] = [
    {"side": side, "kind": "latency", "latency_s": 0.1, "share": 0.5}
    for side in ("constant_contact", "salesforce")
]

HELD = """
SELECT kind, key, lease_token::text AS token
FROM work
WHERE done < wanted AND lease_token IS NOT NULL
"""
OPEN = """
SELECT notification_id, object, record_id, state, reason
FROM notification
WHERE finished_at IS NULL
"""
# What the bridge knows and did about one address, for whoever looks for the cause of a difference.
STORY = """
SELECT 'work' AS what, to_jsonb(w) AS row FROM work w WHERE w.key = %(address)s
UNION ALL
SELECT 'record', to_jsonb(r) - 'fields'
FROM practifi_record r LEFT JOIN link l ON l.kind = 'contact' AND l.sf_id = r.sf_id
  LEFT JOIN cc_contact c ON c.contact_id = l.cc_id
WHERE r.kind = 'contact' AND %(address)s IN (r.email_key, c.email_key)
UNION ALL
SELECT 'there', to_jsonb(c) - 'resource' FROM cc_contact c WHERE c.email_key = %(address)s
UNION ALL
SELECT 'link', to_jsonb(l) FROM link l JOIN cc_contact c ON c.contact_id = l.cc_id
WHERE c.email_key = %(address)s
UNION ALL
SELECT 'base', to_jsonb(b)
FROM membership_base b JOIN cc_contact c ON c.contact_id = b.cc_contact_id
WHERE c.email_key = %(address)s
UNION ALL
(SELECT 'step', to_jsonb(s) - 'detail' - 'facts' || jsonb_build_object(
   'lists', s.detail -> 'body' -> 'list_memberships')
 FROM step s WHERE s.subject_key = %(address)s ORDER BY s.plan_id DESC LIMIT 8)
UNION ALL
(SELECT 'told', to_jsonb(n) - 'body_digest' FROM notification n
 JOIN notification_subject s USING (connection_id, notification_id)
 WHERE s.key = %(address)s ORDER BY n.seq DESC LIMIT 8)
"""
KNOWN = "SELECT notification_id FROM notification WHERE origin = 'message'"


@dataclass
class Ordeal:
    """An installation under load, and what has to be true of it after every kill."""

    installation: Installation
    firm: Firm
    messages: Messages
    stuck: list[str] = field(default_factory=list)

    def recover(self, killed_at: float) -> float:
        """Wait until a notification that comes now reaches its end; return the seconds.

        Whoever held a lease at the kill has to have lost it by its end, once all run again that
        could take it over.
        """
        held = self.installation.rows(HELD)
        until(self.installation.is_ready, "ready again", within_s=RECOVERY_S)
        probe = self.messages.probe(self.installation.ensure_up)
        until(lambda: self._has_ended(probe), "a new notification ends", within_s=RECOVERY_S)
        took_s = time.monotonic() - killed_at
        until(self.installation.is_whole, "every process runs again", within_s=RECOVERY_S)
        ends_at = max(killed_at + LEASE_S, time.monotonic()) + SWEEP_S + SLACK_S
        leases = {(row["kind"], row["key"], row["token"]) for row in held}
        while leases:
            leases &= {
                (row["kind"], row["key"], row["token"]) for row in self.installation.rows(HELD)
            }
            if leases and time.monotonic() > ends_at:
                self.stuck += [f"{kind} {key}" for kind, key, _ in leases]
                break
            time.sleep(0.05)
        return took_s

    def lost(self) -> set[str]:
        """Return what was acknowledged and is not in the inbox."""
        acknowledged = set(self.messages.acknowledged) | {
            row["notification_id"]
            for row in self.firm.sandbox.control("GET", "/salesforce/deliveries/ended")
            if row["state"] == "delivered"
        }
        return acknowledged - self.accepted()

    def accepted(self) -> set[str]:
        """Return the notifications that are in the inbox."""
        return {row["notification_id"] for row in self.installation.rows(KNOWN)}

    def settle(self) -> Differences:
        """Wait until everything has come to rest as Practifi demands; return what has not."""
        deadline = time.monotonic() + SETTLE_S
        found = self._differences()
        while found.wrong and time.monotonic() < deadline:
            time.sleep(0.5)
            found = self._differences()
        if not found.wrong:  # and it stays so
            time.sleep(DELETES_EVERY_S + SWEEP_S)
            found = self._differences()
        return found

    def story(self, found: Differences) -> Iterator[str]:
        """Tell what the bridge knows and did about some of the addresses that differ."""
        addresses = {sentence.partition(":")[0] for sentence in found.wrong}
        for address in sorted(one for one in addresses if "@" in one)[:3]:
            for row in self.installation.rows(STORY, address=address):
                told = {name: value for name, value in row["row"].items() if value is not None}
                yield f"{address} {row['what']} {told}"

    def _differences(self) -> Differences:
        waiting = [
            f"notification {row['notification_id']} of {row['object']} {row['record_id']} "
            f"is {row['state']}: {row['reason']}"
            for row in self.installation.rows(OPEN)
        ]
        queued = self.firm.sandbox.control("GET", "/salesforce/deliveries")
        if queued:  # many failed attempts have made them wait for longer than a test can
            ids = [row["notification_id"] for row in queued]
            retry = {"notification_ids": ids}
            self.firm.sandbox.control("POST", "/salesforce/deliveries/retry", retry)
        found = compare(
            read_practifi(self.firm.sandbox),
            read_there(self.firm.sandbox),
            left_by_themselves=frozenset(self.firm.left_by_themselves),
        )
        found.wrong += waiting + [f"not delivered: {row}" for row in queued]
        return found

    def _has_ended(self, notification_id: str) -> bool:
        self.installation.ensure_up()
        rows = self.installation.rows(
            "SELECT finished_at FROM notification WHERE notification_id = %(id)s",
            id=notification_id,
        )
        return bool(rows) and rows[0]["finished_at"] is not None


def another(plan: random.Random) -> random.Random:
    """Return draws for one actor, whose number does not depend on the others' pace."""
    return random.Random(plan.random())  # noqa: S311 - a plan that can be repeated


@contextmanager
def ordeal(plan: random.Random, log: Path, folder: Path | None = None) -> Iterator[Ordeal]:
    """Start an installation for a firm that has opened; nobody acts yet."""
    with running_installation(log, folder) as installation:
        installation.sandbox.faults(*LATENCY)
        firm = Firm(installation.sandbox, another(plan))
        messages = Messages(
            endpoint=installation.endpoint,
            organization_id=installation.sandbox.line["organization_id"],
            firm=firm,
            random=another(plan),
        )
        firm.open()
        yield Ordeal(installation, firm, messages)


@contextmanager
def load(ordeal: Ordeal, plan: random.Random) -> Iterator[None]:
    """Let people save and messages come until the end of the block."""
    with ExitStack() as people:
        for act in (ordeal.firm.act, ordeal.messages.post_one):
            pauses = another(plan)
            people.enter_context(running(act, pauses, pause_s=0.1))
        yield
