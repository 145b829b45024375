"""The org: its records, and the transactions that change them. No HTTP."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.effects import Effect
from sandbox.salesforce import ids, record_flows
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.saving_rules import SavingRules
from sandbox.salesforce.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sandbox.effects import Action
    from sandbox.salesforce.record_access import Level
    from sandbox.salesforce.schema import Schema, SObject
    from sandbox.salesforce.values import Row
    from sandbox.world import World

Tables = dict[str, Table]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One record that a committed transaction created or updated.

    Attributes:
        before: The row before, or None for a new record.
        user_id: Who saved.
    """

    sobject: SObject
    record_id: str
    before: Row | None
    after: Row
    user_id: str


class Transaction:
    """Changes of one user that are made together or not at all.

    Attributes:
        at: The time that the records are stamped with; Salesforce stamps whole seconds.
        allows_duplicates: Duplicate rules that only alert let its records through.
    """

    def __init__(self, org: Org, user_id: str, at: datetime) -> None:
        self.org = org
        self.user_id = user_id
        self.at = at
        self.allows_duplicates = False
        self.changes: list[Change] = []
        self._undo: list[tuple[str, str, Row | None]] = []

    def put(self, sobject: SObject, record_id: str, row: Row) -> None:
        """Write one row and remember what it replaces.

        Raises:
            ApiError: UNABLE_TO_LOCK_ROW, where somebody else holds the record.
        """
        if self.org.holds_next:
            self.org.holds_next = False
            message = "unable to obtain exclusive access to this record"
            raise ApiError("UNABLE_TO_LOCK_ROW", message)
        table = self.org.tables[sobject.name]
        before = table.get(record_id)
        self._undo.append((sobject.name, record_id, before))
        table.put(record_id, row)
        if not row["IsDeleted"]:
            self.changes.append(
                Change(
                    sobject=sobject,
                    record_id=record_id,
                    before=before,
                    after=row,
                    user_id=self.user_id,
                )
            )

    def effects(self) -> list[Effect]:
        """Return what the transaction made of each record, in the order of first writing."""
        first: dict[tuple[str, str], Row | None] = {}
        for name, record_id, before in self._undo:
            first.setdefault((name, record_id), before)
        found = []
        for (name, record_id), before in first.items():
            row = self.org.tables[name].get(record_id)
            is_gone = row is None or bool(row["IsDeleted"])
            action: Action = "create" if before is None else "delete" if is_gone else "update"
            found.append(Effect(object=name, id=record_id, action=action))
        return found

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back on any error what was changed since, and leave what came before."""
        written, changed = len(self._undo), len(self.changes)
        try:
            yield
        except BaseException:
            self._roll_back_to(written, changed)
            raise

    def roll_back(self) -> None:
        """Put every row back."""
        self._roll_back_to(0, 0)

    def _roll_back_to(self, written: int, changed: int) -> None:
        for name, record_id, row in reversed(self._undo[written:]):
            self.org.tables[name].put(record_id, row)
        del self._undo[written:]
        del self.changes[changed:]


class Org:
    """All records of the org.

    Attributes:
        tables: The rows, by the API name of their object.
        serials: Where new ids come from; it is not put back by a rollback, as in Salesforce.
        lock: Held by whoever reads or changes the org: requests come from one event loop, but the
            control API and tests may look from other threads.
        listeners: Called with the changes of each committed transaction.
        effects: What committed transactions wrote since somebody last took it.
        access: What a user may at most do with a record, where that is not everything.
        holds_next: Somebody else holds the record that is written next.
        saving_rules: The duplicate rules and validation rules that records meet.
        flows: The active flows that act on the record itself, by name.
    """

    def __init__(self, world: World, schema: Schema) -> None:
        self.world = world
        self.schema = schema
        self.lock = threading.RLock()
        self.listeners: list[Callable[[list[Change]], None]] = []
        self.effects: list[Effect] = []
        self.holds_next = False
        self._open: Transaction | None = None
        self.begin()

    def begin(self) -> None:
        """Start again as an empty org; the same seed gives the same ids."""
        self.tables: Tables = {each.name: Table(each) for each in self.schema}
        self.serials = ids.Serials(self.world.generator("salesforce-ids"))
        self.numbers: dict[str, int] = {}
        self.access: dict[tuple[str, str], Level] = {}
        self.saving_rules = SavingRules()
        self.flows = record_flows.of_the_start()

    def now(self) -> datetime:
        """Return the time in whole seconds, as Salesforce stamps records."""
        return self.world.now().replace(microsecond=0)

    def copy_tables(self) -> Tables:
        """Return the records as they are now, to be put back later."""
        return {name: table.copy() for name, table in self.tables.items()}

    @contextmanager
    def transaction(self, user_id: str, *, at: datetime | None = None) -> Iterator[Transaction]:
        """Open a transaction: committed at the end, rolled back on any error.

        One that is opened within another is part of it; an error takes only its own part back.

        Args:
            user_id: Who saves.
            at: The time to stamp the records with; now, unless history is written.
        """
        with self.lock:
            if self._open is not None:
                with self._open.savepoint():
                    yield self._open
                return
            self._open = transaction = Transaction(self, user_id, at or self.now())
            try:
                yield transaction
            except BaseException:
                transaction.roll_back()
                raise
            finally:
                self._open = None
            self.effects += transaction.effects()
            if transaction.changes:
                for listener in self.listeners:
                    listener(transaction.changes)

    def take_effects(self) -> list[Effect]:
        """Return what was written since the last taking; call it with the lock held."""
        taken, self.effects = self.effects, []
        return taken

    def next_number(self, sobject: SObject) -> int:
        """Return the next auto-number of an object."""
        self.numbers[sobject.name] = self.numbers.get(sobject.name, 0) + 1
        return self.numbers[sobject.name]
