"""Word the Interactions of one mailing; those whose acts read the same are worded once.

Of a mailing to thousands most people did nothing but get it, in the same few minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.constant_contact.results import SUBJECT_CHARACTERS
from reconciler.activities.compose import compose
from reconciler.activities.fields import json_text
from reconciler.copying import escaped

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bridge.mapping.names import InteractionNames
    from reconciler.activities.model import Mailing, Tally, Words

_MOST = 5000


class Worded(NamedTuple):
    """What an Interaction says, and as it is needed of each that says the same.

    Attributes:
        json: Subject and details as JSON.
        columns: Both as COPY reads them, where the record has fields for them.
    """

    words: Words
    json: tuple[str, str]
    columns: str


class Wording:
    """The words for one mailing; for one thread."""

    def __init__(
        self,
        mailing: Mailing,
        names: InteractionNames,
        *,
        zone: ZoneInfo,
        details_max: int,
        subject_max: int = SUBJECT_CHARACTERS,
    ) -> None:
        self._mailing = mailing
        self._names = names
        self._zone = zone
        self._details_max = details_max
        self._subject_max = subject_max
        self._known: dict[tuple[tuple[Tally, ...], tuple[str, ...]], Worded] = {}

    def of(self, tallies: tuple[Tally, ...], others: tuple[str, ...] = ()) -> Worded:
        """Return what `compose` says; times are in the words to the minute."""
        known = self._known.get((tallies, others))
        if known is None:
            known = self._worded(tallies, others)
            if len(self._known) == _MOST:
                self._known.clear()
            self._known[tallies, others] = known
        return known

    def _worded(self, tallies: tuple[Tally, ...], others: tuple[str, ...]) -> Worded:
        words = compose(
            self._mailing,
            tallies,
            zone=self._zone,
            details_max=self._details_max,
            subject_max=self._subject_max,
            others=others,
        )
        fields = ((self._names.subject, words.subject), (self._names.details, words.details))
        return Worded(
            words=words,
            json=(json_text(words.subject), json_text(words.details)),
            columns="\t".join(escaped(text if name else None) for name, text in fields),
        )
