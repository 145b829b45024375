"""Compare mapping files with both sides, by the doctor's checks of a mapping. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.doctor.checks import CHECKS, examine

if TYPE_CHECKING:
    from bridge.doctor.facts import Facts
    from bridge.doctor.findings import Finding

_OF_SIDES = frozenset({"state", "Salesforce", "Constant Contact"})
_OF_A_MAPPING = frozenset(
    {
        "objects and fields",
        "rules",
        "picklists",
        "take_part",
        "interactions",
        "campaigns",
        "lists",
        "custom fields",
    }
)


class Compared(NamedTuple):
    """What came of comparing files with both sides.

    Attributes:
        unseen: The sides that could not be looked at.
        fault_count: Faults of the files: that a side is not reached is none.
    """

    findings: tuple[Finding, ...]
    unseen: tuple[str, ...]
    fault_count: int


def compare(facts: Facts) -> Compared:
    """Compare the mapping of facts with what both sides are now.

    A side that cannot be reached is told, and the other one is looked at.
    """
    sides = {"Salesforce": facts.seen, "Constant Contact": facts.there}
    unseen = tuple(name for name, seen in sides.items() if seen is None)
    checks = [one for one in CHECKS if one.name in _OF_SIDES | _OF_A_MAPPING]
    findings = tuple(examine(facts, checks))
    faults = [one for one in findings if one.state == "failed" and one.check in _OF_A_MAPPING]
    return Compared(findings, unseen, len(faults))
