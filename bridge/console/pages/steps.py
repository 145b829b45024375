"""The steps of a plan a page at a time, filtered by the database: 50,000 open like 50."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from psycopg.rows import dict_row

from bridge.console.paths import explain_path
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.identity import is_salesforce_id, uuid_or_none
from bridge.plans.model import SIGNS
from bridge.plans.steps import step_of
from bridge.plans.store import names_of
from bridge.plans.text import label_of, shown, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

    from bridge.console.page import Visit
    from bridge.plans.model import PlanRecord, StoredStep

_SQL = load_queries("bridge.console.pages")
_COUNT = 50
_LOOKED_AT = 20_000  # places at once
_MARKS = {"add": "+", "change": "~", "remove": "-", "opt-out": "!"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Which steps a person wants to see.

    Attributes:
        text: What they typed: an address, or an id of either side.
        names: What is known by it; None where nothing was typed.
        from_ordinal: The first place looked at.
    """

    sign: str = ""
    state: str = ""
    text: str = ""
    names: list[str] | None = None
    from_ordinal: int = 0

    def address(self, **changed: object) -> str:
        """Return the query of the page with other values."""
        values = {"sign": self.sign, "state": self.state, "q": self.text} | changed
        return urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True, kw_only=True, slots=True)
class StepPage:
    """A page of steps.

    Attributes:
        following: The query of the next page; None on the last.
        first: That of the first page; None on it.
    """

    steps: Sequence[StoredStep]
    search: Search
    following: str | None = None
    first: str | None = None
    marks: Mapping[str, str] = field(default_factory=lambda: _MARKS)

    def who(self, step: StoredStep, names: Mapping[str, str]) -> str:
        """Return what people call the subject of a step."""
        return subject_of(step, names)

    def why(self, step: StoredStep, connection: str) -> str | None:
        """Return the address that explains the subject of a step; None where nothing does."""
        match step.subject_kind:
            case "address" | "status":
                return explain_path(step.subject_key, connection)
            case "list" if is_salesforce_id(step.subject_key) or uuid_or_none(step.subject_key):
                return explain_path(step.subject_key, connection)
            case "interaction" if "practifi_contact" in step.body:
                campaign = str(step.body.get("campaign_activity_id", ""))
                return explain_path(step.body["practifi_contact"], connection, campaign)
            case _:
                return None

    def changes(self, step: StoredStep, names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Yield each field of a step: its label, the old value and the new one."""
        return changes_of(step.change, names)

    def now(self, step: StoredStep, names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Yield what would be done instead of a step that was refused as stale."""
        for one in step.now or ():
            yield from changes_of(one.get("change", {}), names)


def changes_of(
    change: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield the fields of a change as people read them: label, old value, new value."""
    for name, (old, new) in change.items():
        yield label_of(name), shown(old, names), shown(new, names)


def search_of(tx: psycopg.Connection[Any], visit: Visit, plan: PlanRecord) -> Search:
    """Return what the address of the page asks for."""
    text = visit.query("q")
    sign, state = visit.query("sign"), visit.query("state")
    return Search(
        sign=sign if sign in SIGNS else "",
        state=state if state.isalpha() else "",
        text=text,
        names=_names(tx, plan.connection_id, text) if text else None,
        from_ordinal=visit.place("from") or 0,
    )


def read_steps(tx: psycopg.Connection[Any], plan: PlanRecord, search: Search) -> StepPage:
    """Return the page of steps that is asked for."""
    steps: list[StoredStep] = []
    begin, total = search.from_ordinal, plan.totals.get("steps", 0)
    while len(steps) <= _COUNT and begin <= total:
        end = begin + _LOOKED_AT - 1
        steps += _between(tx, plan, search, begin, end, count=_COUNT + 1 - len(steps))
        begin = end + 1
    following = None
    if len(steps) > _COUNT:
        following = search.address(**{"from": steps[_COUNT].ordinal})
    return StepPage(
        steps=steps[:_COUNT],
        search=search,
        following=following,
        first=search.address() if search.from_ordinal else None,
    )


def _between(
    tx: psycopg.Connection[Any],
    plan: PlanRecord,
    search: Search,
    begin: int,
    end: int,
    *,
    count: int,
) -> list[StoredStep]:
    """Return the first steps that are meant among some places of a plan."""
    values = {
        "connection_id": plan.connection_id,
        "plan_id": plan.id,
        "sign": search.sign or None,
        "state": search.state or None,
        "names": search.names,
        "from_ordinal": begin,
        "to_ordinal": end,
        "count": count,
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["plan_steps"], values).fetchall()
    return [step_of(row) for row in rows]


def _names(tx: psycopg.Connection[Any], connection_id: int, text: str) -> list[str]:
    """Return the names of whom or what is known by a text; the text itself in any case."""
    found = {text, text.lower()}
    for kind in ("contact", "list"):
        try:
            contacts, lists = names_of(tx, connection_id, [f"{kind}:{text}"])
        except ConfigurationError:
            continue
        found |= contacts | lists
    return sorted(found)
