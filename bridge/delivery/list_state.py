"""What is known of one list on both sides, read in one go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from bridge.delivery.work import SQL
from bridge.errors import RecordError
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.mapping.compiled import Mapping
    from bridge.salesforce.values import Record

LISTS_SQL = load_queries("bridge.delivery", "lists.sql")


@dataclass(frozen=True, kw_only=True)
class ListState:
    """One list on both sides.

    Attributes:
        is_known: The mirror has the record, with nothing unknown.
        linked_to: The list there, or None.
        name_there: Its name as last seen; None where it was deleted there.
        names_sent: Names that it may have there, because no answer told whether they took effect.
        may_be_made_again: A list that was deleted there waits for nobody.
        agreed_name: The name that both sides last had, where names go both ways.
    """

    is_known: bool
    is_deleted: bool
    fields: dict[str, str | None]
    linked_to: str | None
    name_there: str | None
    names_sent: tuple[str, ...] = ()
    may_be_made_again: bool = False
    agreed_name: str | None = None

    @property
    def is_gone_there(self) -> bool:
        """The list that it was is not there any more."""
        return self.linked_to is not None and self.name_there is None


def takes_name(mapping: Mapping, fields: Record, name: str) -> bool:
    """Tell whether a record that is given a name has that name there.

    A mapping may make the name there of something else, or write it in its own way: such a record
    cannot follow the list.
    """
    try:
        return mapping.list.project({**fields, mapping.names.list.name: name}).get("name") == name
    except RecordError:
        return False


def agree_on_names(
    tx: psycopg.Connection[Any], connection_id: int, names: MappingOf[str, str]
) -> None:
    """Keep the name that both sides have of each list, by its record."""
    if names:
        values = {"sf_ids": list(names), "names": list(names.values())}
        tx.execute(LISTS_SQL["agree_on_names"], values | {"connection_id": connection_id})


def read_list(tx: psycopg.Connection, lease: Lease) -> ListState:
    """Return the state of a leased list."""
    values = {"connection_id": lease.connection_id, "key": lease.key}
    row = tx.execute(SQL["list_state"], values).fetchone()
    names_sent = tx.execute(SQL["list_names_sent"], lease.row()).fetchall()
    assert row is not None  # noqa: S101 -- the statement joins to a row of its own
    sf_id, fields, unknown, deleted_at, cc_id, agreed_name, name_there, deleted_there_at = row
    policies = policies_of(tx, lease.connection_id)
    return ListState(
        is_known=sf_id is not None and not unknown,
        is_deleted=deleted_at is not None,
        fields=fields or {},
        linked_to=str(cc_id) if cc_id else None,
        name_there=None if deleted_there_at is not None else name_there,
        names_sent=tuple(sorted(name for (name,) in names_sent if name)),
        may_be_made_again=policies.list_gone_there == "make_again",
        agreed_name=agreed_name if policies.lists == "both" else None,
    )
