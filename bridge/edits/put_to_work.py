"""Put mapping files to work: at once and for everybody, or for what is saved from now on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bridge.edits.store import SQL, changed_files
from bridge.errors import MappingError
from bridge.mapping.versions import (
    activate,
    active,
    files_of,
    lock_activations,
    version_in_force,
)
from bridge.policies.policy import is_too_many
from bridge.runs.model import Scope
from bridge.runs.store import ask_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from bridge.connections.model import Connection
    from bridge.edits.foresee import Foreseen
    from bridge.mapping.model import Mapping as CompiledMapping
    from bridge.mapping.versions import AppliesTo, Origin
    from bridge.policies.policy import Policies


@dataclass(frozen=True, kw_only=True, slots=True)
class AtWork:
    """How files came into force.

    Attributes:
        is_news: They were not in force before, or not for everybody.
        run_id: The run that makes a plan for everybody whom no message is about; None: there is
            none to bring up, or no run has ever carried out a plan.
    """

    version_id: int
    is_news: bool
    applies_to: AppliesTo
    run_id: int | None = None


def put_to_work(
    tx: psycopg.Connection[Any],
    connection: Connection,
    files: Mapping[str, str],
    *,
    by: str,
    origin: Origin,
    asked_in: Literal["console", "cli"] = "cli",
    applies_to: AppliesTo = "all",
    foreseen: Foreseen | None = None,
) -> AtWork:
    """Make files the version in force, and ask for the run that brings everybody up to it.

    Before the first plan of contacts was carried out no run is asked for: that plan is the firm's
    own to ask for.

    Args:
        tx: A transaction.
        connection: Whose mapping they are.
        files: Name -> text.
        by: Who does it.
        origin: Where the text came from.
        asked_in: Where the run is asked for.
        applies_to: Whom they are about.
        foreseen: What they change, where that was counted: nothing needs no run.

    Raises:
        MappingError: If the files have faults; the version in force stays.
    """
    lock_activations(tx, connection.id)
    before, old = version_in_force(tx, connection.id), _in_force(tx, connection.id)
    leaves_some = old is not None and old.is_in_vintages
    version_id = activate(tx, connection.id, files, by=by, origin=origin, applies_to=applies_to)
    is_news = version_id != before or (leaves_some and applies_to == "all")
    run_id = None
    if (
        is_news
        and before is not None
        and applies_to == "all"
        and connection.state == "active"
        and (foreseen is None or foreseen.changes_something or leaves_some)
        and _differs(tx, connection.id, old)
        and tx.execute(SQL["was_carried_out"], {"connection_id": connection.id}).fetchone()
    ):
        if {"list.yaml", "names.yaml"} & {*changed_files(_files(tx, connection.id, before), files)}:
            ask_run(tx, connection.id, "lists", mode="apply", origin=asked_in, asked_by=by)
        scope = Scope(extent="full")
        run_id, _ = ask_run(
            tx, connection.id, "contacts", mode="apply", origin=asked_in, asked_by=by, scope=scope
        )
    return AtWork(
        version_id=version_id,
        is_news=is_news,
        applies_to="all" if before is None else applies_to,
        run_id=run_id,
    )


def too_much(foreseen: Foreseen, policies: Policies) -> str:
    """Return why files need a person's word, in words; empty: they may come into force unasked.

    What they bring in fields that nobody has read yet is not known here: the plan that brings
    everybody up to them waits where that is too much.

    Args:
        foreseen: What they change.
        policies: How much another mapping may change unasked.
    """
    tally, counts = foreseen.tally, foreseen.tally.counts
    may_change = (policies.mapping_above, policies.mapping_percent)
    may_lose = (policies.removals_above, policies.removals_percent)
    found = []
    if is_too_many(tally.changed, tally.looked, *may_change):
        found.append(f"{tally.changed:,} of {tally.looked:,} contacts would change")
    gone = counts.get("left_out", 0) + counts.get("refused", 0)
    if is_too_many(gone, tally.looked, *may_lose):
        found.append(f"{gone:,} of {tally.looked:,} would take no part any more")
    if is_too_many(foreseen.lists, foreseen.lists_of, *may_change):
        found.append(f"{foreseen.lists:,} of {foreseen.lists_of:,} lists would change")
    if foreseen.loosens:
        found.append("consent would be loosened")
    return "; ".join(found)


def _in_force(tx: psycopg.Connection[Any], connection_id: int) -> CompiledMapping | None:
    """Return the mapping in force; None where there is none that can be used."""
    try:
        found = active(tx, connection_id)
    except MappingError:
        return None
    return None if found is None else found.mapping


def _differs(tx: psycopg.Connection[Any], connection_id: int, old: CompiledMapping | None) -> bool:
    """Tell whether more than comments and tests differs from what was in force."""
    new = _in_force(tx, connection_id)
    return old is None or new is None or old.meaning != new.meaning


def _files(tx: psycopg.Connection[Any], connection_id: int, version_id: int) -> Mapping[str, str]:
    return files_of(tx, connection_id, version_id) or {}
