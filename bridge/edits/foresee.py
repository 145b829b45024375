"""What mapping files would do to a connection, before they are in force."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.constant_contact.spending import read_spending
from bridge.edits.count import comparison_of, look_at_lists
from bridge.edits.loosening import loosened
from bridge.edits.price import Price, ends_at, price_of
from bridge.edits.tally import Tally
from bridge.edits.weigh import weigh_all, weigh_some
from bridge.errors import MappingError
from bridge.mapping.versions import active, compiled_as, files_of
from bridge.salesforce.deploy.definitions import to_deploy_again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.connections.model import Connection
    from bridge.mapping.model import Mapping as CompiledMapping

UNUSABLE = "the mapping in force cannot be used, so nobody can tell what differs from it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """What files would change.

    Attributes:
        version_id: The version that they were compared with; None: there is none to compare with.
        tally: What becomes of contacts.
        lists: Lists that become another thing.
        lists_of: Out of how many.
        loosens: What of consent may be loosened, in sentences.
        stale: Which outbound messages lack what they read, in sentences.
        read_anew: Fields that nobody has read yet: what they bring is not counted.
        price: What the run has to do that brings all contacts up to them.
        ends_at: When that is done if it begins now (UTC); None: that cannot be told.
    """

    version_id: int | None
    tally: Tally = field(default_factory=Tally)
    lists: int = 0
    lists_of: int = 0
    loosens: Sequence[str] = ()
    stale: Sequence[str] = ()
    read_anew: Sequence[str] = ()
    price: Price = Price(in_bulk=0, singly=0, calls=0)  # noqa: RUF009 -- frozen
    ends_at: datetime | None = None

    @property
    def changes_something(self) -> bool:
        """Whether a contact or a list would be another one, or may be once it is read."""
        return bool(self.tally.changed or self.lists or self.read_anew)


def foresee(
    tx: psycopg.Connection[Any],
    connection: Connection,
    files: Mapping[str, str],
    *,
    meant: Sequence[str] = (),
    told: Callable[[int], None] = lambda _looked: None,
) -> Foreseen:
    """Return what mapping files would change of a connection.

    Args:
        tx: A transaction.
        connection: Whose mapping they are.
        files: Name -> text.
        meant: Ids or addresses of the contacts to look at; none: all of them.
        told: Called now and then with how many contacts were looked at.

    Raises:
        MappingError: If the files have faults.
    """
    new = compiled_as(tx, connection.id, files)
    stale = to_deploy_again(tx, connection.id, new)
    try:
        found = active(tx, connection.id)
    except MappingError:
        return Foreseen(version_id=None, loosens=[UNUSABLE], stale=stale)
    if found is None:
        return Foreseen(version_id=None, stale=stale)
    old = found.mapping
    before = files_of(tx, connection.id, found.version_id) or {}
    comparison = comparison_of(tx, connection.id, old, new, texts_of(old, before, files))
    if meant:
        tally = weigh_some(tx, connection.id, comparison, meant)
    else:
        tally = weigh_all(tx, connection.id, comparison, told)
    lists = look_at_lists(tx, connection.id, old, new)
    price = price_of(tally)
    spending = read_spending(tx, connection.name)
    return Foreseen(
        version_id=found.version_id,
        tally=tally,
        lists=lists.changed,
        lists_of=lists.looked,
        loosens=loosened(before, files, old.names, new.names),
        stale=stale,
        read_anew=comparison.read_anew,
        price=price,
        ends_at=ends_at(price, spending[0]) if spending else None,
    )


def texts_of(
    old: CompiledMapping, before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[Mapping[str, str], Mapping[str, str]] | None:
    """Return the files of both sides, unless contacts go by several versions just now."""
    return None if old.is_in_vintages else (before, after)
