"""What a run about some people and lists reads and decides: them, and nothing else.

A person is read with whoever shares their address, with their memberships and their contact there;
a list with everybody who is on it on either side. What is decided is decided as ever.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bridge.constant_contact.answers import next_href, rows_of
from bridge.constant_contact.client import SUBRESOURCES
from bridge.db.queries import load_queries
from bridge.errors import NotFoundRemotely
from bridge.identity import email_key, is_salesforce_id, salesforce_id
from bridge.mirror.remember import Answer, forget_cc_contact, remember_cc_contacts
from bridge.plans.store import names_of
from bridge.salesforce.names import checked_name, checked_path
from reconciler.deciding import decide_again
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any, LiteralString

    from bridge.delivery.read_back import Reader
    from bridge.mirror.model import Kind
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

_SQL = load_queries("reconciler", "only.sql")

_IDS_A_READ = 200


def plan_only(context: RunContext, only: Sequence[str]) -> list[PlannedStep]:
    """Read what the run is about on both sides, and return what is to be done there.

    Args:
        context: The run; its counters count these addresses alone.
        only: `contact:ID` and `list:ID`; an id of either side, or a contact's address.

    Raises:
        ConfigurationError: If nobody and nothing is known by one of them, on either side.
        RemoteError: If a remote side does not answer.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    keys = _Reading(context).read(only)
    context.enter("planning")
    steps: list[PlannedStep] = []
    counters = context.counters
    for number, key in enumerate(keys):
        context.progress("deciding", number, len(keys))
        found = decide_again(context, key)
        counters.read += 1
        if found is None:
            counters.skip("being delivered")
        elif found:
            counters.planned += 1
            steps += found
        else:
            counters.unchanged += 1
    opting_out = {step.subject_key for step in steps if step.kind == "unsubscribe"}
    return sorted(steps, key=lambda step: step.subject_key not in opting_out)


class _Reading:
    """Reads into the mirror what a run is about."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._connection_id = context.run.connection_id
        self._database = context.installation.database
        self._names = context.current.mapping.names
        self._reader: Reader = reader_of(context)

    def read(self, only: Sequence[str]) -> list[str]:
        """Return the addresses that the run decides on, once all of them were read."""
        for kind in ("list", "contact"):
            given = [text.partition(":")[2] for text in only if text.startswith(f"{kind}:")]
            self._read(kind, {salesforce_id(one) for one in given if is_salesforce_id(one)})
        with self._database.transaction() as tx:
            contacts, lists = names_of(tx, self._connection_id, only)
        people = {name for name in contacts if is_salesforce_id(name)}
        keys = {name for name in contacts if "@" in name} | self._addresses_of(people)
        keys |= self._members_there(lists)
        of_lists = {name for name in lists if is_salesforce_id(name)}
        names = self._names.membership
        people |= {who for _, who in self._memberships(names.list, of_lists, lists=of_lists)}
        people |= self._found(self._names.contact.object, self._names.contact.email, keys)
        people |= self._known(_SQL["people_at"], keys=sorted(keys))
        keys |= self._addresses_of(people)
        self._read("contact", people)
        memberships = self._memberships(names.contact, people, people=people)
        self._read("membership", {one for one, _ in memberships})
        keys |= self._addresses_of(people)
        for number, key in enumerate(sorted(keys)):
            self._context.progress("reading contacts in Constant Contact", number, len(keys))
            self._read_there(key)
        return sorted(keys)

    def _memberships(
        self,
        field: str,
        ids: Collection[str],
        *,
        people: Collection[str] = (),
        lists: Collection[str] = (),
    ) -> set[tuple[str, str]]:
        """Return the memberships of people or lists, here and as last seen, each with its person.

        One that was deleted since is among them, so that this is found.
        """
        names = self._names.membership
        found = self._query(names.object, field, ids, ("Id", names.contact))
        known = {"people": sorted(people), "lists": sorted(lists)}
        with self._database.transaction() as tx:
            values = known | {"connection_id": self._connection_id}
            rows = tx.execute(_SQL["memberships_of"], values).fetchall()
        return {(one, who) for one, who in (*found, *rows) if one and who}

    def _found(self, name: str, field: str, keys: Collection[str]) -> set[str]:
        """Return the ids of the records in Practifi that have one of some values."""
        return {one for (one,) in self._query(name, field, keys, ("Id",)) if one}

    def _query(
        self, name: str, field: str, values: Collection[str], columns: Sequence[str]
    ) -> list[tuple[str | None, ...]]:
        """Return columns of the records whose field has one of some values."""
        rows: list[tuple[str | None, ...]] = []
        for part in _parts(values):
            quoted = ", ".join("'" + _escaped(value) + "'" for value in part)
            what = ", ".join(checked_path(column) for column in columns)
            soql = (
                f"SELECT {what} FROM {checked_name(name)} "  # noqa: S608 -- names are checked
                f"WHERE {checked_path(field)} IN ({quoted})"
            )
            salesforce = self._context.salesforce()
            found = self._context.patiently(partial(_all, salesforce, soql))
            rows += [tuple(record.get(column) for column in columns) for record in found]
        return rows

    def _read(self, kind: Kind, ids: Collection[str]) -> None:
        for part in _parts(ids):
            self._context.progress(f"reading {kind}s in Practifi", len(part))
            # Nobody shall deliver for it: whatever is concerned is decided on by this run.
            self._context.patiently(partial(self._reader.read, kind, part, held=_Everything()))

    def _members_there(self, lists: Collection[str]) -> set[str]:
        """Read the members that lists have there; return their addresses."""
        there = self._context.constant_contact()
        keys: set[str] = set()
        for list_id in sorted(name for name in lists if not is_salesforce_id(name)):
            href: str | None = (
                f"contacts?lists={list_id}&status=all&include={SUBRESOURCES}&limit=500"
            )
            while href is not None:
                answer = self._context.patiently(partial(there.get, href))
                contacts = rows_of(answer, "contacts", "contact_id")
                with self._database.transaction() as tx:
                    remember_cc_contacts(tx, self._connection_id, map(Answer, contacts))
                    self._context.renew(tx)
                found = map(_key_of, contacts)
                keys |= {key for key in found if key is not None}
                self._context.progress("reading contacts in Constant Contact", len(keys))
                href = next_href(answer)
        return keys

    def _read_there(self, key: str) -> None:
        """Read the contact at an address there; what is known of it and not there is forgotten."""
        there = self._context.constant_contact()
        found = self._context.patiently(partial(there.find_contact, key))
        gone: set[str] = set()
        answers = [] if found is None else [Answer(found)]
        for contact_id in self._known(_SQL["contacts_at"], key=key):
            if found is None or contact_id != found["contact_id"]:
                try:
                    answer = self._context.patiently(partial(there.get_contact, contact_id))
                    answers.append(Answer(answer))
                except NotFoundRemotely:
                    gone.add(contact_id)
        with self._database.transaction() as tx:
            remember_cc_contacts(tx, self._connection_id, answers)
            for contact_id in sorted(gone):
                forget_cc_contact(tx, self._connection_id, contact_id)
            self._context.renew(tx)

    def _addresses_of(self, people: Collection[str]) -> set[str]:
        return self._known(_SQL["addresses_of_people"], people=sorted(people))

    def _known(self, query: LiteralString, **values: object) -> set[str]:
        with self._database.transaction() as tx:
            rows = tx.execute(query, values | {"connection_id": self._connection_id})
            return {name for (name,) in rows}


class _Everything:
    """A collection that has everything in it."""

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _parts(names: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), _IDS_A_READ):
        yield ordered[start : start + _IDS_A_READ]


def _all(salesforce: Salesforce, soql: str) -> list[Record]:
    return list(salesforce.query(soql))


def _key_of(contact: Mapping[str, Any]) -> str | None:
    return email_key((contact.get("email_address") or {}).get("address"))


def _escaped(value: str) -> str:
    """Return a text as SOQL has it between quotes."""
    return value.replace("\\", "\\\\").replace("'", "\\'")
