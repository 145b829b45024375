"""Settle several subjects at once, each written as if it were alone.

A subject is a flow: it calls the services by itself and asks for whatever it has to read or write.
What all flows ask for next is done for all of them in one transaction, so a subject in a crowd
costs a part of each statement. One subject is a crowd of one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import psycopg

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from bridge.db.database import Database

T = TypeVar("T")
K = TypeVar("K", bound="Hashable")
About = TypeVar("About")
Result = TypeVar("Result")

Act: TypeAlias = Callable[[psycopg.Connection, Sequence[About]], Sequence[Result | Exception]]
"""What is done for several at once, in one transaction; gives the results in the same order.

An error among them is raised in the flow whose it is.
"""


class Ask(NamedTuple):
    """What a flow wants to have done before it goes on."""

    act: Act[Any, Any]
    about: Any


Flow: TypeAlias = Generator[Ask, Any, T]
"""Asks for what it needs of the database, and returns what came of it all."""


def ask(act: Act[About, Result], about: About) -> Flow[Result]:
    """Have something done, together with whoever asks for the same, and return what came of it."""
    result: Result = yield Ask(act, about)
    return result


def settle_all(
    database: Database, flows: Mapping[K, Flow[T]], begin: Callable[[K], object]
) -> Iterator[tuple[K, T | Exception]]:
    """Carry flows to their ends and yield each as it ends, with what it returned or raised.

    Where something that was done together fails, it is done for each by itself: an error is met by
    the one whose it is.

    Args:
        database: Where it is done.
        flows: By what each is known.
        begin: Called before a flow goes on by itself: its calls come next.

    Raises:
        psycopg.OperationalError: If the database does not do its part.
    """
    going: list[tuple[K, Any]] = [(key, None) for key in flows]
    while going:
        asked: dict[Act[Any, Any], list[tuple[K, Any]]] = {}
        for key, result in going:
            begin(key)
            try:
                act, about = _resume(flows[key], result)
            except StopIteration as end:
                yield key, end.value
            except Exception as error:
                if _is_of_all(error):
                    raise
                yield key, error
            else:
                asked.setdefault(act, []).append((key, about))
        going = []
        for act, group in asked.items():
            results = _do(database, act, [about for _, about in group])
            going += zip([key for key, _ in group], results, strict=True)


def settle_one(database: Database, flow: Flow[T]) -> T:
    """Carry one flow to its end and return what came of it; raises what it raises."""
    [(_, end)] = settle_all(database, {None: flow}, lambda _: None)
    if isinstance(end, Exception):
        raise end
    return end


def _resume(flow: Flow[Any], result: object) -> Ask:
    return flow.throw(result) if isinstance(result, Exception) else flow.send(result)


def _do(database: Database, act: Act[Any, Any], abouts: Sequence[Any]) -> Sequence[Any]:
    """Return what came of each, an error included."""
    try:
        with database.transaction() as tx:
            return act(tx, abouts)
    except Exception as error:
        if _is_of_all(error):
            raise
        if len(abouts) == 1:
            return [error]
    return [result for about in abouts for result in _do(database, act, [about])]


def _is_of_all(error: Exception) -> bool:
    """Tell whether nothing can be written now, for whomever."""
    is_deadlock = isinstance(error, psycopg.errors.DeadlockDetected)
    return isinstance(error, psycopg.OperationalError) and not is_deadlock
