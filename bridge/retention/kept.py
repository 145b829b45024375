"""How long things are kept, in one table. What is not named here stays.

The inbox lets its messages and notifications go itself (`bridge.inbox.retention`), for parts of
some must be kept; everything else goes by one statement each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString

SQL = load_queries("bridge.retention")

_BELIEVED = timedelta(minutes=5)
_DRAFT = timedelta(days=14)
_TRACE = timedelta(days=30)
_RECORD = timedelta(days=400)
# Mailings of the last 25 months are read again; what is older is complete, and stays so.
_ENGAGEMENT = timedelta(days=790)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One kind of things.

    Attributes:
        what: What they are called.
        since: From when on their time counts.
        after: How long they are kept.
        statement: Lets some of the old ones go; None: the inbox does it.
    """

    what: str
    since: str
    after: timedelta
    statement: LiteralString | None = None

    @property
    def says(self) -> str:
        """How long they are kept, in words.

        >>> Kept(what="drafts", since="changed", after=timedelta(days=14)).says
        '14 days'
        """
        if not self.after:
            return "not at all"
        count, unit = (
            (self.after.days, "day") if self.after.days else (self.after.seconds // 60, "minute")
        )
        return f"{count} {unit}{'' if count == 1 else 's'}"


KEPT: Final[Sequence[Kept]] = (
    Kept(what="raw messages", since="received", after=timedelta(days=14)),
    Kept(what="notifications, but for dead letters", since="ended", after=_TRACE),
    Kept(
        what="sessions, log-in links and launches of the console",
        since="ended",
        after=timedelta(0),
        statement=SQL["sessions"],
    ),
    Kept(
        what="what Salesforce has said of its users and records",
        since="asked",
        after=_BELIEVED,
        statement=SQL["record_access"],
    ),
    Kept(
        what="what Salesforce has said of its users' permission sets",
        since="asked",
        after=_BELIEVED,
        statement=SQL["permission_sets"],
    ),
    Kept(
        what="what Salesforce has said of who belongs to a client",
        since="asked",
        after=_BELIEVED,
        statement=SQL["clients"],
    ),
    Kept(
        what="how many contacts a mapping would change",
        since="asked",
        after=timedelta(days=1),
        statement=SQL["mapping_counts"],
    ),
    Kept(
        what="drafts of *Bulk Create*",
        since="changed",
        after=_DRAFT,
        statement=SQL["bulk_drafts"],
    ),
    Kept(what="saves of *Bulk Create*", since="ended", after=_RECORD, statement=SQL["bulk_saves"]),
    Kept(
        what="saves of a client's memberships",
        since="pressed",
        after=_RECORD,
        statement=SQL["saves"],
    ),
    Kept(
        what="steps of single changes, but for the last of each address and list",
        since="their plan ended",
        after=_TRACE,
        statement=SQL["steps"],
    ),
    Kept(
        what="plans of single changes that have no step left",
        since="ended",
        after=_TRACE,
        statement=SQL["plans"],
    ),
    Kept(
        what="runs with their plans and steps, and the scores of nights",
        since="ended",
        after=_RECORD,
        statement=SQL["runs"],
    ),
    Kept(
        what="what people did with mailings; the Interactions in Practifi stay",
        since="the mailing was last sent",
        after=_ENGAGEMENT,
        statement=SQL["events"],
    ),
    Kept(
        what="planned Interactions that were never sent",
        since="their run or plan ended",
        after=_TRACE,
        statement=SQL["planned_interactions"],
    ),
    Kept(
        what="differences of a night; its score stays as long as its run",
        since="taken",
        after=_TRACE,
        statement=SQL["differences"],
    ),
    Kept(
        what="looks of the doctor, but for the last at which both sides were seen",
        since="begun",
        after=_TRACE,
        statement=SQL["looks"],
    ),
    Kept(what="alerts", since="cleared", after=_RECORD, statement=SQL["alerts"]),
)
