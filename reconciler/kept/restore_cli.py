"""`bridge snapshot restore`: read how things are, plan to put them back, and apply where asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.bootstrap import open_installation
from bridge.connections.secrets import refuse_foreign_ring
from bridge.connections.store import load_connection
from bridge.consent.who import user_name
from bridge.db.migrate import wait_for_schema
from bridge.delivery.work import RECONCILE
from bridge.errors import ConfigurationError
from bridge.mapping.versions import active
from bridge.plans.choose import Choice
from bridge.plans.steps import step_states
from bridge.plans.store import approve_plan, discard_plan, find_plan
from bridge.runs.model import Scope
from bridge.settings import read_settings
from reconciler.kept.manifest import verify
from reconciler.kept.restored_records import record_steps
from reconciler.kept.restoring import Planned, Restoring, refuse_other
from reconciler.plans import showing
from reconciler.runs.attend import Attendant
from reconciler.runs.halt import Halt
from reconciler.runs.slots import RunSlots
from reconciler.terminal import DONE, WAITING, Terminal, exit_code, print_json, print_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from reconciler.kept.manifest import Manifest

_WHOLE = Scope(extent="full", accepts_fewer=True)
"""Who restores may well have lost most of a side: that is no reason not to look."""


def restore(arguments: argparse.Namespace) -> int:
    """Plan a restore, carry it out where `--apply` says so, and return the exit code."""
    manifest = verify(arguments.folder)
    settings = read_settings()
    wait_for_schema(settings, 0)
    installation = open_installation(settings)
    try:
        with installation.database.transaction() as tx:
            refuse_foreign_ring(tx, installation.keyring)
            connection = load_connection(tx, arguments.connection or manifest.connection)
        refuse_other(connection, manifest)
        terminal = Terminal(
            installation.database, connection.id, is_json=arguments.json, shows_plan=False
        )
        restorer = Restorer(
            installation,
            connection,
            terminal,
            by=user_name(arguments.by),
            is_json=arguments.json,
        )
        code = restorer.look()
        if code != DONE:
            return code
        restoring = restorer.restoring(arguments.folder, manifest)
        plans = restorer.plan(restoring)
        left = {reason: count for reason, count in sorted(restoring.left.items()) if count}
        if not arguments.json:
            _tell(installation, plans, left, is_applied=arguments.apply)
        applied = restorer.apply(plans) if arguments.apply else []
        code = max((one.code for one in applied), default=DONE)
        if arguments.json:
            named = {
                "plans": [plan._asdict() for plan in plans],
                "left": left,
                "applied": [one._asdict() for one in applied],
                "exit_code": code,
            }
            print_json(named)
        return code
    finally:
        installation.broker.close()
        installation.database.close()


class Applied(NamedTuple):
    """What became of one plan: the exit code that says so, and its steps by state."""

    plan: int
    code: int
    steps: Mapping[str, int]


class Restorer:
    """Restores one connection from a snapshot, in this process."""

    def __init__(
        self,
        installation: Installation,
        connection: Connection,
        terminal: Terminal,
        *,
        by: str,
        is_json: bool = False,
    ) -> None:
        """Begin; nothing is called yet."""
        self._is_json = is_json
        self._installation = installation
        self._connection = connection
        self._terminal = terminal
        self._by = by

    def look(self) -> int:
        """Read both sides as they are now; return the exit code of a run that did not end well.

        The plan that such a run makes is given up at once: it was made to read.
        """
        attendant = Attendant(self._installation, self._connection.id, "contacts", self._terminal)
        end = attendant.see_through("plan", asked_by=self._by, scope=_WHOLE)
        code = end.interrupted or exit_code(end.record, {}, tell_differences=False)
        if code != DONE:
            if end.record.reason is not None:
                self._terminal.note(f"run {end.record.id}: {end.record.reason}")
            return code
        if end.record.plan_id is not None and end.record.plan_state == "waiting":
            with self._installation.database.transaction() as tx:
                discard_plan(tx, find_plan(tx, end.record.plan_id), by=self._by)
        return DONE

    def restoring(self, folder: Any, manifest: Manifest) -> Restoring:
        """Return what compares the snapshot with how things are."""
        with self._installation.database.transaction() as tx:
            current = active(tx, self._connection.id)
        if current is None:
            raise ConfigurationError("there is no mapping: `bridge mapping activate`")
        return Restoring(
            connection=self._connection,
            current=current,
            folder=folder,
            manifest=manifest,
            owner=self._installation.settings.owner,
            by=self._by,
            custom_fields=self._custom_fields(),
        )

    def plan(self, restoring: Restoring) -> list[Planned]:
        """Store the plans that restore: that of lists, and that of contacts and records."""
        salesforce = self._installation.salesforce(self._connection)
        try:
            records = record_steps(
                self._installation.database,
                salesforce,
                folder=restoring.folder,
                manifest=restoring.manifest,
                names=restoring.current.mapping.names,
                connection_id=self._connection.id,
            )
            with self._installation.database.transaction() as tx:
                plans = (restoring.plan_lists(tx), restoring.plan_contacts(tx, list(records)))
        finally:
            salesforce.close()
        return [plan for plan in plans if plan is not None]

    def apply(self, plans: Sequence[Planned]) -> list[Applied]:
        """Approve plans and carry them out here; one that takes much away is left to its word."""
        return [self._apply(planned) for planned in plans]

    def _apply(self, planned: Planned) -> Applied:
        if planned.wait_reason is not None:
            self._terminal.note(
                f"plan {planned.id} is left to a word of its own, {planned.wait_reason}: "
                f"`bridge plan approve {planned.id}`"
            )
            return Applied(planned.id, WAITING, {})
        database, connection_id = self._installation.database, self._connection.id
        with database.transaction() as tx:
            run_id, _ = approve_plan(tx, find_plan(tx, planned.id), Choice(), by=self._by)
        attendant = Attendant(self._installation, connection_id, planned.job, self._terminal)
        end = attendant.see_run(run_id)
        with database.transaction() as tx:
            states = step_states(tx, connection_id, planned.id)
        if self._is_json:
            code = end.interrupted or exit_code(end.record, states, tell_differences=False)
        else:
            code = self._terminal.conclude(end, tell_differences=False)
        return Applied(planned.id, code, states)

    def _custom_fields(self) -> frozenset[str]:
        database = self._installation.database
        slots = RunSlots(database, self._connection, lane=RECONCILE, halt=Halt())
        there = self._installation.constant_contact(self._connection, slots.take)
        try:
            return frozenset(str(one["custom_field_id"]) for one in there.custom_fields())
        finally:
            there.close()
            slots.give_back()


def _tell(
    installation: Installation,
    plans: Sequence[Planned],
    left: Mapping[str, int],
    *,
    is_applied: bool,
) -> None:
    for plan in plans:
        with installation.database.transaction() as tx:
            record = find_plan(tx, plan.id)
        showing.show_plan(installation.database, record, Choice())
    if not plans:
        print_line("everything is as the snapshot has it, as far as it is put back")
    for reason, count in left.items():
        sys.stderr.write(f"{count:,} {reason}\n")
    if plans and not is_applied:
        ids = ", ".join(f"`bridge plan approve {plan.id}`" for plan in plans)
        sys.stderr.write(f"nothing is done before {ids}\n")
