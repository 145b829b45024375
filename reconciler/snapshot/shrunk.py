"""Whether a source gave so little that something must be wrong with reading it. Pure.

A permission that was withdrawn, a filter or the wrong account look like thousands of deletions. So
a run that reads far less than there was ends before it writes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import RunRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.runs.model import Job

_FEWEST_MISSING = 20
"""People do delete two of three lists; twenty records and half of all, nobody deletes by hand."""

_SIDES = {"practifi": "Practifi", "cc": "Constant Contact"}
_CAUSES = {
    "practifi": (
        "a permission of the bridge's user or a sharing rule hides them, or the connection leads "
        "to another organization"
    ),
    "cc": "the connection was authorised for another account, or somebody emptied this one",
}


class SourceShrunk(RunRefused):
    """A source gave nothing, or less than half of what it gave before."""


def is_shrunk(now: int, before: int) -> bool:
    """Tell whether a source that was read whole gave too little to be believed.

    Nothing is believed where there was one record at most: to delete the last one is an act like
    any other, and more than one went only where somebody emptied all.

    Args:
        now: Rows that came.
        before: Rows of the last complete read.

    >>> [is_shrunk(0, 0), is_shrunk(0, 3), is_shrunk(1, 3), is_shrunk(30, 61), is_shrunk(31, 61)]
    [False, True, False, True, False]
    """
    if now == 0:
        return before > 1
    return 2 * now < before and before - now >= _FEWEST_MISSING


def refuse_shrunk(job: Job, counts: Mapping[str, tuple[int, int]]) -> None:
    """Refuse to go on where a source gave too little.

    Args:
        job: Whose run it is.
        counts: Source -> rows that came, and rows of the last complete read.

    Raises:
        SourceShrunk: If one did; the message names each, and what to do.
    """
    shrunk = {source: pair for source, pair in counts.items() if is_shrunk(*pair)}
    if not shrunk:
        return
    found = ", ".join(
        f"{now:,} of {before:,} {words(source)}" for source, (now, before) in shrunk.items()
    )
    causes = "; or ".join(dict.fromkeys(_CAUSES[source.partition(":")[0]] for source in shrunk))
    raise SourceShrunk(
        f"far less was read than before, so nothing was changed: {found}. Perhaps {causes}. "
        f"Look there; if it is right, `bridge reconcile {job} --accept-fewer` accepts it once"
    )


def words(source: str) -> str:
    """Return a source as people name it.

    >>> words("practifi:membership"), words("cc:list")
    ('memberships in Practifi', 'lists in Constant Contact')
    """
    side, _, kind = source.partition(":")
    return f"{kind}s in {_SIDES[side]}"
