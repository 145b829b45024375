"""The fields by which an organization marks people who take no part. Pure.

Which there are is found by `describe` and kept with the connection (`bridge.doctor.people`); a
mapping that says `take_part: standard` leaves out whom they mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.mapping.rules import Condition, LeaveOut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PEOPLE = "people"
"""Their key in what is particular to an organization."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One field, and what it says of people.

    Attributes:
        path: The field, from the contact, as SOQL writes it.
        reason: Why whoever is marked takes no part.
        values: Those of a picklist that mark people; none for other fields.
        is_box: A tick box marks people by its tick; any other field without values by having one.
    """

    path: str
    reason: str
    values: tuple[str, ...] = ()
    is_box: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the mark as it is stored."""
        return {
            "path": self.path,
            "reason": self.reason,
            "values": list(self.values),
            "is_box": self.is_box,
        }

    def is_on(self, record: Mapping[str, str | None]) -> bool:
        """Tell whether a record is marked by it; what is not known marks nobody.

        >>> Mark(path="Deceased__c", reason="…", is_box=True).is_on({"Deceased__c": "true"})
        True
        """
        value = (record.get(self.path) or "").strip()
        if self.values:
            return value in self.values
        return value == "true" if self.is_box else bool(value)

    def as_rule(self) -> LeaveOut:
        """Return the rule of a mapping file that says the same."""
        asked: dict[str, Any] = {"present": True}
        if self.values:
            asked = {"in": list(self.values)}
        elif self.is_box:
            asked = {"is": True}
        when = Condition.model_validate({"field": self.path} | asked)
        return LeaveOut(when=when, reason=self.reason)

    def __str__(self) -> str:
        """Return the field and its values as people read them."""
        values = f" ({', '.join(self.values)})" if self.values else ""
        return f"{self.path}{values}: {self.reason}"


def marks_of(stored: Iterable[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """Return the marks that `Mark.as_json` had stored."""
    return tuple(
        Mark(
            path=one["path"],
            reason=one["reason"],
            values=tuple(one["values"]),
            is_box=one["is_box"],
        )
        for one in stored
    )


def parted(particulars: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Mark, ...] | None]:
    """Return the names that differ in an organization, and its marks; None: nobody has looked."""
    names = {key: value for key, value in particulars.items() if key != PEOPLE}
    stored = particulars.get(PEOPLE)
    return names, None if stored is None else marks_of(stored)


def told(marks: Sequence[Mark] | None, *, is_marked: bool) -> str:
    """Return what `take_part` comes to, as people read it.

    >>> told([Mark(path="Deceased__c", reason="the person has died", is_box=True)], is_marked=True)
    'standard uses Deceased__c: the person has died'
    """
    if not is_marked:
        return "everybody: only `leave_out` decides who takes no part"
    if marks is None:
        return "standard: nobody has looked yet which fields mark people; `bridge doctor` does"
    if not marks:
        return "standard finds no field that marks people as deceased, inactive or former clients"
    return f"standard uses {'; '.join(str(mark) for mark in marks)}"
