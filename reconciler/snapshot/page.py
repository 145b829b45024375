"""A page of a source, and what there is to be read by pages that say where the next one begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.runs.model import Extent

Row = TypeVar("Row")


class PageGone(BridgeError):
    """The other side does not know any more where a page begins: the source is read anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[Row]):
    """What came of one call.

    Attributes:
        rows: Records or resources, as the other side has them; there may be none.
        cursor: Where the next page begins, for this process or for another one.
        is_last: There is nothing more to read.
    """

    rows: Sequence[Row]
    cursor: str | None
    is_last: bool


class Source(Protocol[Row]):
    """Something to read by pages."""

    @property
    def name(self) -> str:
        """The name of its checkpoint."""

    @property
    def extent(self) -> Extent:
        """Whether all of it is read, or what changed."""

    @property
    def answered_at(self) -> datetime | None:
        """When the other side answered last, by its own clock (UTC); None where it does not say."""

    def page(self, cursor: str | None) -> Page[Row]:
        """Return the page that begins at a cursor; None begins the source.

        Raises:
            PageGone: If the cursor has ended.
            RemoteError: If the other side does not answer.
        """

    def stage(self, tx: psycopg.Connection[Any], rows: Sequence[Row]) -> None:
        """Put the rows of a page into the staging tables."""

    def leave(self, cursor: str | None) -> None:
        """Tidy up there, when all was read or the run shall stop for good."""
