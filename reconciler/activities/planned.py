"""Planned Interactions, as they are decided: into their table by COPY, which takes any number."""

from __future__ import annotations

from collections import Counter
from itertools import count, islice
from typing import TYPE_CHECKING, NamedTuple

from bridge.db.queries import load_queries
from reconciler.copying import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.activities.model import Mailing, Receiver, Written
    from reconciler.activities.wording import Worded
    from reconciler.runs.context import RunContext

_SQL = load_queries("reconciler.activities", "planning.sql")

_AT_ONCE = 1000
_NULL = r"\N"


class Planned(NamedTuple):
    """One Interaction that has to be written; a tuple, for there may be a million.

    Attributes:
        contact_id: Of the contact there.
        at: When it was, as the field takes it.
        fingerprint: Of what it shall say.
        written: What was written before under the same key.
    """

    contact_id: str
    receiver: Receiver
    worded: Worded
    at: str
    fingerprint: bytes
    written: Written | None

    @property
    def is_new(self) -> bool:
        """Whether Salesforce never took anything under its key."""
        return self.written is None or self.written.fingerprint is None


def keep(
    context: RunContext, mailing: Mailing, planned: Iterator[Planned], *, first: int
) -> Counter[str]:
    """Store what is planned for a mailing, and return how many steps of each kind that is.

    Args:
        context: The run that plans.
        mailing: What all of it is about.
        planned: Decided on as it is asked for.
        first: The place in the plan of the first one.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    names = context.current.mapping.names.interaction
    head = "\t".join(
        (
            str(context.connection.id),
            str(context.run.id),
            str(mailing.campaign_activity_id),
            "t" if names.client else "f",
            str(context.current.version_id),
        )
    )
    kinds: Counter[str] = Counter()
    places = count(first)
    has_time = names.when is not None
    with context.installation.database.transaction() as tx:
        with tx.cursor().copy(_SQL["copy_planned"]) as copy:
            while part := list(islice(planned, _AT_ONCE)):
                context.halt.check()
                lines = [
                    f"{head}\t{place}\t{_columns(one, has_time=has_time)}"
                    for one, place in zip(part, places, strict=False)
                ]
                copy.write("".join(lines))
                created = sum([one.is_new for one in part])
                kinds["create_interaction"] += created
                kinds["update_interaction"] += len(part) - created
        context.renew(tx)
    return +kinds


def _columns(one: Planned, *, has_time: bool) -> str:
    """Return what differs from one to the next; ids and times have nothing to escape."""
    key, contact, account, _ = one.receiver
    return (
        f"{escaped(key)}\t{one.contact_id}\t{contact}\t{account or _NULL}\t{one.worded.columns}\t"
        f"{one.at if has_time else _NULL}\t\\\\x{one.fingerprint.hex()}\t{_stood(one.written)}\n"
    )


def _stood(written: Written | None) -> str:
    """Return what Salesforce has, and by which plan that is there."""
    if written is None or written.fingerprint is None:
        return f"{_NULL}\t{_NULL}\t{_NULL}"
    run_id, place = written.planned or (_NULL, _NULL)
    return f"\\\\x{written.fingerprint.hex()}\t{run_id}\t{place}"
