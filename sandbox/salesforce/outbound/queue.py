"""The queue of notifications: what waits, when it is tried again, when it is given up.

No network code: the sender takes batches and says how each one ended.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Literal

from sandbox.salesforce.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from sandbox.salesforce.org import Change, Org
    from sandbox.salesforce.outbound.definitions import Definition
    from sandbox.salesforce.outbound.triggers import Trigger

BATCH_COUNT = 100
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=2)
ENDED_KEPT_COUNT = 20_000

State = Literal["waiting", "sending", "delivered", "dropped"]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One notification on its way.

    Attributes:
        attempts: Tries that have ended.
        due_at: When it may be tried next.
        reason: Why the last try failed, or None.
        ended_at: When it was delivered or given up, or None.
        let_overtake: It waited on demand until a younger one had gone; that happens once.
    """

    notification_id: str
    definition: Definition
    record_id: str
    queued_at: datetime
    due_at: datetime
    state: State = "waiting"
    attempts: int = 0
    reason: str | None = None
    ended_at: datetime | None = None
    let_overtake: bool = False

    def listed(self) -> dict[str, object]:
        """Return the delivery as the delivery-status page shows it."""
        return {
            "notification_id": self.notification_id,
            "definition": self.definition.name,
            "action_id": self.definition.action_id,
            "object": self.definition.object,
            "record_id": self.record_id,
            "state": self.state,
            "queued_at": to_json(self.queued_at),
            "attempts": self.attempts,
            "next_attempt_at": None if self.ended_at else to_json(self.due_at),
            "reason": self.reason,
            "ended_at": to_json(self.ended_at),
        }


@dataclass(frozen=True)
class Setup:
    """What is deployed at one moment, and what waits for it."""

    definitions: dict[str, Definition]
    triggers: dict[str, Trigger]
    lines: dict[str, dict[str, Delivery]]


@dataclass
class Queue:
    """The org's outbound queue.

    Attributes:
        may_send: Tells whether a user has the permission Send Outbound Messages.
        kept: Returns after how long a notification is given up.
        factor: What the waits between tries are multiplied by; below 1 they are compressed.
        ended: The latest that have.
        on_work: Called when something was queued or made due.
        generation: How often the queue was cleared: what was under way before is of no interest.
    """

    org: Org
    may_send: Callable[[str], bool]
    kept: Callable[[], timedelta]
    factor: float = 1.0
    ended: deque[Delivery] = field(default_factory=lambda: deque(maxlen=ENDED_KEPT_COUNT))
    on_work: Callable[[], None] = lambda: None
    generation: int = 0
    _definitions: dict[str, Definition] = field(default_factory=dict)
    _triggers: dict[str, Trigger] = field(default_factory=dict)
    _lines: dict[str, dict[str, Delivery]] = field(default_factory=dict)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The deployed outbound messages, in the order of their first deployment."""
        return tuple(self._definitions.values())

    def definition(self, full_name: str) -> Definition | None:
        """Return a definition by its full name, or None."""
        return self._definitions.get(full_name)

    def begin(self, definitions: Iterable[Definition], triggers: Iterable[Trigger]) -> None:
        """Start again: no delivery, and only these definitions and triggers."""
        self._definitions = {each.full_name: each for each in definitions}
        self._triggers = {each.name: each for each in triggers}
        self._lines = {name: {} for name in self._definitions}
        self.ended.clear()
        self.generation += 1

    def define(self, definition: Definition) -> None:
        """Add a definition, or put it in the place of the one with its name."""
        self._definitions[definition.full_name] = definition
        self._lines.setdefault(definition.full_name, {})

    def undefine(self, full_name: str) -> None:
        """Remove a definition, with what waits for it."""
        self._definitions.pop(full_name, None)
        for each in list(self._lines.get(full_name, {}).values()):
            self._end(each, "dropped", "the outbound message was deleted")
        self._lines.pop(full_name, None)

    def setup(self) -> Setup:
        """Return what is deployed, to be put back by `put_back_setup`."""
        lines = {name: dict(line) for name, line in self._lines.items()}
        return Setup(dict(self._definitions), dict(self._triggers), lines)

    def put_back_setup(self, setup: Setup) -> None:
        """Have what was deployed at an earlier moment, and what waited then."""
        self._definitions = setup.definitions
        self._triggers = setup.triggers
        self._lines = setup.lines

    def trigger(self, trigger: Trigger) -> None:
        """Add a trigger, or put it in the place of the one with its name."""
        self._triggers[trigger.name] = trigger

    def untrigger(self, name: str) -> None:
        """Remove a trigger: it was made inactive, or deleted."""
        self._triggers.pop(name, None)

    @property
    def trigger_names(self) -> list[str]:
        """The names of the triggers that are active."""
        return list(self._triggers)

    def triggers_of(self, full_name: str) -> list[str]:
        """Return the names of the triggers that send a message."""
        return [each.name for each in self._triggers.values() if each.sends == full_name]

    @property
    def open(self) -> list[Delivery]:
        """The deliveries that have not ended, oldest first."""
        found = [each for line in self._lines.values() for each in line.values()]
        return sorted(found, key=lambda each: each.queued_at)

    def keep_only(self, notification_ids: Collection[str]) -> None:
        """Forget the deliveries that have not ended, except these."""
        for line in self._lines.values():
            for notification_id in [each for each in line if each not in notification_ids]:
                del line[notification_id]

    def saved(self, changes: Iterable[Change]) -> None:
        """Queue what the changes of one transaction fire: one notification a definition each."""
        now = self.org.now()
        last: dict[tuple[str, str], Change] = {}
        for change in changes:
            key = (change.sobject.name, change.record_id)
            first = last.get(key)
            last[key] = replace(change, before=first.before) if first else change
        for change in last.values():
            if not self.may_send(change.user_id):
                continue
            sent = {each.sends for each in self._triggers.values() if each.fires(change)}
            for definition in self.definitions:
                if definition.full_name in sent:
                    notification_id = self.org.serials.new("04l")
                    self._put(
                        Delivery(
                            notification_id=notification_id,
                            definition=definition,
                            record_id=change.record_id,
                            queued_at=now,
                            due_at=now,
                        )
                    )
        self.on_work()

    def take(self, definition: Definition) -> list[Delivery]:
        """Return the deliveries of one message, now being sent: due ones, up to 100.

        What was tried in vain for a day, or for as long as it is kept, is dropped instead.
        """
        now = self.org.world.now()
        line = self._lines[definition.full_name]
        for each in list(line.values()):
            if each.queued_at > now - self.kept():
                break
            if each.state == "waiting" and each.attempts:
                self._end(each, "dropped", each.reason)
        due = (each for each in line.values() if each.state == "waiting" and each.due_at <= now)
        taken = [replace(each, state="sending") for each in islice(due, BATCH_COUNT)]
        for each in taken:
            self._put(each)
        return taken

    def delivered(self, batch: Sequence[Delivery]) -> None:
        """End the deliveries of an acknowledged message."""
        for each in self._still_open(batch):
            self._end(each, "delivered", None)

    def failed(self, batch: Sequence[Delivery], reason: str) -> None:
        """Let the deliveries of a message wait, each time twice as long as before."""
        now = self.org.world.now()
        for each in self._still_open(batch):
            wait = min(FIRST_WAIT * 2 ** min(each.attempts, 16), LONGEST_WAIT) * self.factor
            self._put(
                replace(
                    each,
                    state="waiting",
                    attempts=each.attempts + 1,
                    due_at=now + wait,
                    reason=reason,
                )
            )

    def put_back(self, batch: Sequence[Delivery]) -> None:
        """Let deliveries wait that were taken and not sent."""
        now = self.org.world.now()
        for each in self._still_open(batch):
            self._put(replace(each, state="waiting", due_at=now))

    def let_overtake(self, batch: Sequence[Delivery], wait_s: float) -> None:
        """Put deliveries back, and let younger ones overtake them for so long."""
        due_at = self.org.world.now() + timedelta(seconds=wait_s)
        for each in self._still_open(batch):
            self._put(replace(each, state="waiting", due_at=due_at, let_overtake=True))

    def lose(self, batch: Sequence[Delivery]) -> None:
        """Drop the deliveries of a message without sending it."""
        for each in self._still_open(batch):
            self._end(each, "dropped", "lost on demand")

    def retry(self, notification_ids: Iterable[str]) -> None:
        """Make deliveries due now, as the Retry link does."""
        now = self.org.world.now()
        for each in self._found(notification_ids):
            self._put(replace(each, due_at=now))
        self.on_work()

    def remove(self, notification_ids: Iterable[str]) -> None:
        """Drop deliveries, as the Del link does."""
        for each in self._found(notification_ids):
            self._end(each, "dropped", "deleted by hand")

    def _put(self, delivery: Delivery) -> None:
        self._lines[delivery.definition.full_name][delivery.notification_id] = delivery

    def _still_open(self, batch: Iterable[Delivery]) -> list[Delivery]:
        """Return what of a batch is still in the queue: it may have been reset meanwhile."""
        return self._found(each.notification_id for each in batch)

    def _found(self, notification_ids: Iterable[str]) -> list[Delivery]:
        return [
            line[notification_id]
            for notification_id in notification_ids
            for line in self._lines.values()
            if notification_id in line
        ]

    def _end(self, delivery: Delivery, state: State, reason: str | None) -> None:
        del self._lines[delivery.definition.full_name][delivery.notification_id]
        attempts = delivery.attempts + (state == "delivered")
        self.ended.append(
            replace(
                delivery,
                state=state,
                attempts=attempts,
                reason=reason,
                ended_at=self.org.world.now(),
            )
        )
