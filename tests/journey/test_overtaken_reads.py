"""A record that is saved while it is read back: both states may have the stamp of one second."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from bridge.bootstrap import Installation
from bridge.delivery.deliver import deliver_slice
from bridge.delivery.read_back import Reader
from bridge.delivery.work import CONSENT, mark
from bridge.mapping.versions import active

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.connections.model import Connection
    from bridge.salesforce.client import Salesforce
    from tests.journey.firm import Firm

ADA = "ada@example.org"


class InterruptedSalesforce:
    """A client whose answers to the first read of contacts come back after something happened."""

    def __init__(self, client: Salesforce, between: list[Callable[[], None]]) -> None:
        self._client = client
        self._between = between

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def read_back(self, name: str, *arguments: Any) -> Any:
        """Read, and let happen what has to before the answer is used."""
        answer = self._client.read_back(name, *arguments)
        if name == "Contact" and self._between:
            self._between.pop()()
        return answer


@dataclass(frozen=True, kw_only=True)
class InterruptedInstallation(Installation):
    """An installation with such a client."""

    between: list[Callable[[], None]] = field(default_factory=list)

    def salesforce(self, connection: Connection) -> Salesforce:
        """Return the client."""
        client = super().salesforce(connection)
        return cast("Salesforce", InterruptedSalesforce(client, self.between))


class LateRead:
    """Another worker's read of a contact: it has its answer, and uses it when told to."""

    def __init__(self, firm: Firm, person: str) -> None:
        self._has_answer, self._may_go_on = threading.Event(), threading.Event()
        installation, connection = firm.bridge.installation, firm.bridge.connection
        with installation.database.transaction() as tx:
            current = active(tx, connection.id)
        assert current is not None
        client = InterruptedSalesforce(installation.salesforce(connection), [self._wait])
        reader = Reader(
            database=installation.database,
            salesforce=cast("Salesforce", client),
            connection=connection,
            mapping=current.mapping,
        )
        self._thread = threading.Thread(target=reader.read, args=("contact", [person]))
        self._thread.start()
        assert self._has_answer.wait(10)

    def _wait(self) -> None:
        self._has_answer.set()
        assert self._may_go_on.wait(10)

    def end(self) -> None:
        """Let it use its answer, and return when it has."""
        self._may_go_on.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


def begin_a_second(firm: Firm) -> None:
    """Move the clock to where what follows happens within one second."""
    now = datetime.fromisoformat(firm.sandbox.control("GET", "/clock")["now"])
    firm.sandbox.advance(1.02 - now.microsecond / 1e6)


def test_a_tick_during_the_read_is_not_taken_back_by_its_answer(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    begin_a_second(firm)

    def tick() -> None:
        firm.tick(person)
        firm.bridge.receive()
        firm.bridge.triage()

    firm.change(person, FirstName="Ada")
    firm.bridge.receive()
    firm.bridge.triage()
    own = InterruptedInstallation(**vars(firm.bridge.installation), between=[tick])
    deliver_slice(own, range(1, 5), until=time.monotonic() + 10)
    assert own.between == []
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")
    assert [entry["change"] for entry in firm.ledger() if entry["side"] == "practifi"] == ["ticked"]


def test_a_read_that_another_worker_has_outdone_takes_nothing_back(firm: Firm) -> None:
    letter, other = firm.new_list("Letter"), firm.new_list("Other")
    person = firm.member(ADA, letter, MobilePhone="+1 415 555 0100")
    firm.settle()
    begin_a_second(firm)

    def save_and_deliver() -> None:
        firm.change(person, MobilePhone="+1 415 555 0118")
        firm.bridge.receive()
        firm.bridge.triage()
        firm.bridge.deliver()

    firm.change(person, FirstName="Ada")
    firm.change(person, Title="Judge")
    firm.bridge.receive()
    firm.bridge.triage()
    own = InterruptedInstallation(**vars(firm.bridge.installation), between=[save_and_deliver])
    deliver_slice(own, range(1, 5), until=time.monotonic() + 10)
    assert own.between == []
    firm.join(person, other)
    firm.settle()
    (phone,) = firm.there(ADA)["phone_numbers"]
    assert phone["phone_number"].endswith("4155550118")


def test_a_tick_that_late_reads_keep_putting_in_doubt_is_carried_out(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), FirstName="Ada")
    firm.settle()
    begin_a_second(firm)
    firm.change(person, FirstName="Augusta")
    late = [LateRead(firm, person), LateRead(firm, person)]
    firm.change(person, FirstName="Ada")
    firm.tick(person)
    firm.bridge.receive()
    firm.bridge.triage()
    own = InterruptedInstallation(
        **vars(firm.bridge.installation), between=[read.end for read in late]
    )
    deliver_slice(own, range(5), until=time.monotonic() + 10)
    assert own.between == []
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")


def test_a_read_that_ends_after_the_delivery_leaves_nothing_in_doubt(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    begin_a_second(firm)
    firm.change(person, FirstName="Ada")
    late = LateRead(firm, person)
    firm.change(person, Title="Judge")
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    late.end()
    firm.settle()
    with firm.bridge.installation.database.transaction() as tx:
        doubted = tx.execute("SELECT sf_id FROM practifi_record WHERE unknown_fields <> '{}'")
        assert doubted.fetchall() == []
    assert firm.there(ADA)["job_title"] == "Judge"


def test_an_untick_is_read_by_whoever_holds_it_and_nobody_else(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    others: list[frozenset[int]] = []

    def deliver_beside() -> None:
        until = time.monotonic() + 10
        others.append(deliver_slice(firm.bridge.installation, (CONSENT,), until=until))

    firm.untick(person)
    firm.bridge.receive()
    firm.bridge.triage()
    with firm.bridge.database.transaction() as tx:  # as where its message fires for consent alone
        mark(tx, firm.bridge.connection.id, {("address", ADA): True})
    own = InterruptedInstallation(**vars(firm.bridge.installation), between=[deliver_beside])
    deliver_slice(own, (CONSENT,), until=time.monotonic() + 10)
    assert others == [frozenset()]
    assert firm.permission(ADA) == "implicit"
