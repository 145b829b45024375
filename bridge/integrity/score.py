"""Keep how far both sides agreed when a run had compared them, and why what differed did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

SQL = load_queries("bridge.integrity")

Apart: TypeAlias = Literal["rejected", "waits_for_list", "being_delivered", "gone_there", "paused"]
"""Why a run could not compare a subject, or leaves it as it is."""

_KIND_OF = {"contacts": "contact", "lists": "list"}


def keep_score(
    tx: psycopg.Connection[Any],
    connection_id: int,
    run_id: int,
    job: str,
    apart: Mapping[str, Apart],
) -> None:
    """Keep the score of a run whose plan was just stored, before any of it is carried out.

    Linked records agree unless a step is for them or they could not be compared. A run of another
    job than lists and contacts has none; neither has one without a plan of its own.

    Args:
        tx: The transaction that stores the plan.
        connection_id: Whose run it is.
        run_id: The run.
        job: Its job.
        apart: Subjects that the run could not compare, and why.
    """
    kind = _KIND_OF.get(job)
    if kind is None:
        return
    values = {"connection_id": connection_id, "run_id": run_id, "job": job, "kind": kind}
    if tx.execute(SQL["begin_score"], values).fetchone() is None:
        return
    causes = {"apart": list(apart), "apart_causes": list(apart.values())}
    tx.execute(SQL["add_differences"], values | causes)
    tx.execute(SQL["end_score"], values)
