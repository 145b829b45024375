"""Runs over a firm whose pages are staged by hand, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from bridge.mirror.remember import remember_custom_fields
from bridge.runs.store import ask_run
from reconciler.candidates.count import count_others
from reconciler.candidates.select import select_candidates
from reconciler.deciding import decide_candidates
from reconciler.runs import store
from reconciler.runs.context import RunContext
from reconciler.snapshot.merge import merge_practifi
from reconciler.snapshot.merge_there import merge_there
from reconciler.snapshot.stage import stage_practifi, stage_there
from reconciler.snapshot.staged import complete
from reconciler.snapshot.terms import begin_staging
from tests.fix_bridge import MAPPINGS, RunningBridge
from tests.postgres.random_firm import FIELD_ID, Firm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.mirror.model import Kind
    from reconciler.runs.model import PlannedStep

KINDS: tuple[Kind, ...] = ("list", "contact", "membership")
SIDES: tuple[Literal["list", "contact"], ...] = ("list", "contact")

LEFT_OUT = {
    "contact.yaml": "leave_out: [{when: {field: Title, is: Left out}, reason: has left}]\n",
    "membership.yaml": ("leave_out: [{when: {field: Name, is: Declined}, reason: was declined}]\n"),
}


@dataclass
class Night:
    """One run after the other over a firm whose pages are staged by hand."""

    bridge: RunningBridge
    firm: Firm
    context: RunContext = field(init=False)

    def read(self, only: set[str] | None = None) -> None:
        """Begin a run, stage what both sides hold, and merge it.

        Where only some records and contacts are read, the run is an incremental one.
        """
        with self.bridge.database.transaction() as tx:
            if hasattr(self, "context"):
                store.drop_snapshot(tx, self.context.lease)
            tx.execute("UPDATE run SET state = 'done', finished_at = app_now()")
            run_id, _ = ask_run(
                tx,
                self.bridge.connection_id,
                "contacts",
                mode="apply",
                origin="cli",
                asked_by="a test",
            )
            lease = store.claim(tx, self.bridge.connection_id, run_id, 600)
            current = active(tx, self.bridge.connection_id)
        assert lease is not None
        assert current is not None
        run = replace(lease.run, extent="full" if only is None else "incremental")
        self.context = RunContext(
            installation=self.bridge.installation,
            connection=self.bridge.connection,
            run=run,
            lease=replace(lease, run=run),
            current=current,
        )
        begin_staging(self.context)
        for kind in KINDS:
            records = self.firm.records(kind)
            page = [one for one in records if only is None or one["Id"] in only]
            self._stage(f"practifi:{kind}", stage_practifi, kind, page)
        self._stage("cc:list", stage_there, "list", "list_id", self.firm.lists_there())
        there = [one for key, one in self.firm.there.items() if only is None or key in only]
        self._stage("cc:contact", stage_there, "contact", "contact_id", there)
        complete(self.context, *(f"practifi:{kind}" for kind in KINDS), "cc:list", "cc:contact")
        for kind in KINDS:
            merge_practifi(self.context, kind)
        for side in SIDES:
            merge_there(self.context, side)

    def decided(self) -> list[PlannedStep]:
        """Choose, count and decide; return the steps."""
        select_candidates(self.context)
        count_others(self.context)
        return list(decide_candidates(self.context))

    def chosen(self) -> set[str]:
        """Return what is chosen by what both sides hold alone, whatever the merge has noted."""
        self.bridge.rows("DELETE FROM candidate RETURNING key")
        select_candidates(self.context)
        return {row["key"] for row in self.bridge.rows("SELECT key FROM candidate")}

    def _stage(self, source: str, stage: Callable[..., None], *page: Any) -> None:
        with self.bridge.database.transaction() as tx:
            stage(tx, self.context, *page)
            self.context.save_checkpoint(
                tx, source, cursor=None, row_count=len(page[-1]), complete=True
            )


WRITE_RULES = {
    "last_name: {": "last_name: {write: create_only, ",
    "first_name: {": "first_name: {write: if_empty_there, ",
    "company_name: {": "company_name: {write: never_clear, ",
    "work: {": "work: {write: never_clear, ",
    "mobile: {": "mobile: {write: if_empty_there, ",
    "      label: Household": "      label: Household\n      write: if_empty_there",
}


def begin_night(bridge: RunningBridge, write_rules: Mapping[str, str] | None = None) -> Night:
    """Return a firm whose mapping leaves some people and memberships out; nobody is drawn yet."""
    files = read_files(MAPPINGS)
    for rule, written in (write_rules or {}).items():
        files["contact.yaml"] = files["contact.yaml"].replace(rule, written)
    with bridge.database.transaction() as tx:
        rules = {name: text.partition("\ntests:")[0] for name, text in files.items()}
        changed = {name: f"{text}\n{LEFT_OUT.get(name, '')}" for name, text in rules.items()}
        activate(tx, bridge.connection_id, changed, by="test")
        current = active(tx, bridge.connection_id)
        household = {"custom_field_id": str(FIELD_ID), "name": "household", "label": "Household"}
        remember_custom_fields(tx, bridge.connection_id, [{**household, "type": "string"}])
    assert current is not None
    return Night(bridge, Firm.drawn(current.mapping, 0))


def settled(night: Night, seed: int) -> None:
    """Let a firm be drawn, created there for the most part, and agreed on."""
    night.firm = Firm.drawn(night.firm.mapping, seed)
    night.read()
    with night.bridge.database.transaction() as tx:
        for of_list in night.firm.lists:
            tx.execute(
                "INSERT INTO link VALUES (%s, 'list', %s, %s, true, now())",
                [night.bridge.connection_id, of_list, night.firm.list_there(of_list)],
            )
    for step in night.decided():
        if step.kind == "create_contact" and night.firm.chance.random() < 0.9:
            night.firm.create(dict(step.body))
    night.read()
    assert {step.kind for step in night.decided()} <= {"create_contact"}
