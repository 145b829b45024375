"""The sections of the console, and which of them a person finds in its head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.console.access.roles import Right

if TYPE_CHECKING:
    from bridge.console.page import Visit


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the navigation."""

    name: str
    path: str
    right: Right


SECTIONS = (
    Section("Home", "/", Right.LOOK),
    Section("Clients", "/clients", Right.MEET),
    Section("Bulk Create", "/memberships/bulk", Right.MEET),
    Section("Lists", "/lists", Right.MEET),
    Section("Runs", "/runs", Right.LOOK),
    Section("Problems", "/problems", Right.LOOK),
    Section("Unresolved", "/unresolved", Right.READ_PEOPLE),
    Section("Inbox", "/inbox", Right.READ_PEOPLE),
    Section("Explain", "/explain", Right.READ_PEOPLE),
    Section("Audit", "/audit", Right.READ_PEOPLE),
    Section("Mappings", "/mappings", Right.LOOK),
    Section("Settings", "/settings", Right.LOOK),
)


def navigation(visit: Visit) -> list[tuple[Section, bool]]:
    """Return the sections that somebody may open, each with whether they are in it."""
    here = visit.request.url.path
    return [
        (section, here == section.path or (section.path != "/" and _is_below(here, section.path)))
        for section in SECTIONS
        if visit.may(section.right)
    ]


def _is_below(path: str, section: str) -> bool:
    return path.startswith(f"{section}/")
