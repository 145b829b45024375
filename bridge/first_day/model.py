"""What the first day found: numbers and names of lists, and nobody's address. Values only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.policies.policy import ForeignPolicy
    from bridge.runs.model import Job

VERSION = 1
"""Of what is stored; another one is not read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """How much there is on either side.

    Attributes:
        without_address: People in Practifi who have no e-mail address.
        members_here: People in Practifi who are on a list.
        contacts_there: Contacts of Constant Contact, those without an address too.
    """

    people_here: int = 0
    without_address: int = 0
    lists_here: int = 0
    members_here: int = 0
    contacts_there: int = 0
    lists_there: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Both sides by e-mail address.

    Attributes:
        ticked_and_mailable: Do Not Email is ticked, and Constant Contact would mail.
        out_and_not_ticked: Unsubscribed there, and no box is ticked.
        box_not_known: The box of somebody at the address cannot be read.
    """

    on_both: int = 0
    only_here: int = 0
    only_there: int = 0
    shared_addresses: int = 0
    shared_people: int = 0
    ticked_and_mailable: int = 0
    out_and_not_ticked: int = 0
    box_not_known: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFigures:
    """Who is on one list, by e-mail address.

    Attributes:
        sf_id: Its record in Practifi; None where there is none.
        is_there: Constant Contact has it.
        known_only_there: On it there alone, and a person of Practifi.
        strangers: On it there, and nobody in Practifi.
    """

    name: str
    sf_id: str | None
    is_there: bool
    on_both: int = 0
    only_here: int = 0
    known_only_there: int = 0
    strangers: int = 0

    @property
    def foreign(self) -> int:
        """Addresses that are on it in Constant Contact alone."""
        return self.known_only_there + self.strangers


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """What one job would do.

    Attributes:
        by_kind: Kind of step -> how many.
        fields: Field -> contacts that it would be changed of.
        by_sign: What they are to people -> how many.
        skipped: Why what was looked at takes no part -> how many.
        rejected: Why what should take part cannot -> how many.
        wait_reason: Why the plan would stop a night for a person's word, if it would.
        calls: Calls to Constant Contact that carrying it out costs.
    """

    job: Job
    run_id: int
    plan_id: int | None
    by_kind: Mapping[str, int]
    by_sign: Mapping[str, int]
    fields: Mapping[str, int]
    skipped: Mapping[str, int]
    rejected: Mapping[str, int]
    wait_reason: str | None
    calls: int

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return sum(self.by_sign.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """What the day has cost, and what carrying the plans out would.

    Attributes:
        runs: Made by the three plan-only runs.
        snapshot: Made for the snapshot.
        planned: That the plans would take.
        per_second, per_day: What the vendor allows; None where no application is connected.
        left: Of today, for runs.
        takes_s: Seconds until the last of the planned ones, spent days included; None: unknown.
    """

    runs: int = 0
    snapshot: int = 0
    planned: int = 0
    per_second: int | None = None
    per_day: int | None = None
    left: int | None = None
    takes_s: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The snapshot: where it is, and how much of each side it holds."""

    folder: str
    contacts: int
    lists: int
    people: int
    memberships: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """Everything that a first day tells.

    Attributes:
        foreign_policy: What is done with members that Constant Contact alone has.
        is_scheduled: Nights run by themselves.
        plans_first: The next scheduled run of lists, and of contacts, writes nothing.
        removals_above, removals_percent: Above which removals a plan waits for a word.
        storage_above: Above how many new Interactions it does.
    """

    made_at: datetime
    connection: str
    sizes: Sizes
    addresses: Addresses
    lists: tuple[ListFigures, ...]
    plans: tuple[Planned, ...]
    calls: Calls
    kept: Kept | None
    foreign_policy: ForeignPolicy
    is_scheduled: bool
    plans_first: bool
    removals_above: int
    removals_percent: int
    storage_above: int

    def as_json(self) -> dict[str, Any]:
        """Return the findings as they are stored and printed."""
        return {"version": VERSION, **asdict(self), "made_at": self.made_at.isoformat()}


def findings_from(stored: Mapping[str, Any]) -> Findings | None:
    """Return the findings that `as_json` had stored; None where another version had."""
    found = dict(stored)
    if found.pop("version", None) != VERSION:
        return None
    parts = {
        "made_at": datetime.fromisoformat(found["made_at"]),
        "sizes": Sizes(**found["sizes"]),
        "addresses": Addresses(**found["addresses"]),
        "lists": tuple(ListFigures(**one) for one in found["lists"]),
        "plans": tuple(Planned(**one) for one in found["plans"]),
        "calls": Calls(**found["calls"]),
        "kept": None if found["kept"] is None else Kept(**found["kept"]),
    }
    return Findings(**found | parts)
