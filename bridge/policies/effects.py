"""What a change of a policy does tonight, before it is saved: from what the mirror knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    import psycopg

_SQL = load_queries("bridge.policies", "effects.sql")

_NOBODY = "changes nobody tonight"


def tonight(tx: psycopg.Connection[Any], connection_id: int, name: str, new: str) -> str:
    """Return what the next night does because a policy has a new value, in a sentence.

    Args:
        tx: A connection in a transaction.
        connection_id: Whose policy it is.
        name: A policy, or a rule of coming back.
        new: The value that it would have.
    """
    values = {"connection_id": connection_id}
    match name:
        case "owner" | "shared_name":
            ((shared, of_one_household),) = tx.execute(_SQL["shared_people"], values).fetchall()
            people = of_one_household if name == "shared_name" else shared
            return _people(people, "share an address")
        case "foreign_memberships":
            ((everybody, mailable),) = tx.execute(_SQL["foreign_people"], values).fetchall()
            count = {"adopt": everybody, "remove": mailable}.get(new, 0)
            return _people(count, "are on a list that only Constant Contact has them on")
        case "lists" | "list_deleted" | "list_gone_there":
            ((there, deleted, gone),) = tx.execute(_SQL["lists_apart"], values).fetchall()
            counts = {("lists", "both"): there, ("list_deleted", "delete"): deleted}
            counts["list_gone_there", "make_again"] = gone
            return _lists(counts.get((name, new), 0))
        case "on_last_list_removed" | "changes":
            what = "removals" if name == "on_last_list_removed" else "what is saved"
            return f"{_NOBODY}: it counts for {what} from now on"
        case "policy" | "mass_limit" | "mass_minutes":
            return f"{_NOBODY}: who waits already keeps the rules under which they asked"
        case _:
            return f"{_NOBODY}: it counts for plans that are made from now on"


def _people(count: int, who: str) -> str:
    """Say for how many people it may make a difference.

    >>> _people(12, "share an address")
    'changes up to 12 people tonight, who share an address'
    """
    if not count:
        return _NOBODY
    people = "1 person" if count == 1 else f"{count:,} people"
    return f"changes up to {people} tonight, who {who}"


def _lists(count: int) -> str:
    """Say for how many lists it makes a difference.

    >>> _lists(1), _lists(0)
    ('changes 1 list tonight', 'changes nobody tonight')
    """
    return f"changes {count:,} list{'' if count == 1 else 's'} tonight" if count else _NOBODY
