"""How the first day looks in a terminal: sentences first, then the lists that they are about."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from bridge.first_day.sentences import ANSWERS, FOREIGN, foreign_lists, summary
from bridge.plans.text import shown
from reconciler.terminal import print_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.first_day.model import Findings, ListFigures

_WIDTH = 98
_INDENT = "  "
_LISTS = 20
_HEADS = ("list", "on both sides", "known to Practifi, not on it there", "not in Practifi")


def print_summary(findings: Findings) -> None:
    """Print what the first day found."""
    print_line(f"The first day of {findings.connection}, {findings.made_at:%Y-%m-%d %H:%M} UTC")
    for part in summary(findings):
        print_line("")
        print_line(part.heading)
        for sentence in part.sentences:
            print_line(
                textwrap.fill(
                    shown_whole(sentence),
                    _WIDTH,
                    initial_indent=_INDENT,
                    subsequent_indent=_INDENT,
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
        if part.heading == FOREIGN:
            _print_lists(foreign_lists(findings))


def shown_whole(sentence: str) -> str:
    """Return a sentence in which nothing can move a terminal's cursor, however long it is."""
    return "".join(one if one.isprintable() else " " for one in sentence)


def _print_lists(lists: Sequence[ListFigures]) -> None:
    if not lists:
        return
    rows = [
        (shown(one.name), f"{one.on_both:,}", f"{one.known_only_there:,}", f"{one.strangers:,}")
        for one in lists[:_LISTS]
    ]
    widths = [max(map(len, column)) for column in zip(_HEADS, *rows, strict=True)]
    print_line("")
    for row in (_HEADS, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print_line(f"{_INDENT}{'  '.join(cells)}".rstrip())
    if len(lists) > _LISTS:
        print_line(f"{_INDENT}and {len(lists) - _LISTS} more: --json prints all")
    print_line("")
    for answer, effect in ANSWERS.items():
        print_line(f"{_INDENT}bridge policy set foreign_memberships={answer}")
        print_line(f"{_INDENT}{_INDENT}{effect}")
