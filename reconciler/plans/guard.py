"""When a plan waits for a person's word: it would take too much away, or fill too much. Pure.

What a mistake in Practifi, or half a snapshot, would do to a firm's book is removals and opt-outs
by the hundred; both are rare in a night. A list that is deleted is never an accident's worth. What
years of engagement would take of Salesforce's data storage costs money, and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from reconciler.plans.storage import new_records, storage_words

if TYPE_CHECKING:
    from reconciler.plans.effects import Effects, Figures

Held: TypeAlias = Literal["removals", "opt_outs", "list_deletions", "storage"]

ALWAYS_FREE = 20
PERCENT = 2
FEWER = "`grain: campaign` and fewer `kinds` in interaction.yaml make fewer of them"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether a plan waits.

    Attributes:
        held: What there is too much of; empty: the plan may be carried out.
        reason: Why, in words; empty as well.
    """

    held: tuple[Held, ...] = ()
    reason: str = ""


def judge(effects: Effects, figures: Figures, *, storage_above: int | None = None) -> Verdict:
    """Return whether what steps come to may be done without asking.

    Removals are counted for each list by itself, and for all that lose anybody together, so that
    neither a small list is emptied nor a little of each list taken off unasked.

    Args:
        effects: What the steps come to.
        figures: What there is before.
        storage_above: New records that may be written unasked; None: any number.
    """
    found: list[tuple[Held, str]] = []
    removed = sum(effects.removed.values())
    for list_id, count in sorted(effects.removed.items(), key=lambda item: (-item[1], item[0])):
        members = figures.members.get(list_id, 0)
        if is_too_many(count, members):
            name = figures.names.get(list_id, list_id)
            found.append(("removals", f"{count:,} of {members:,} would be taken off {name}"))
    members = sum(figures.members.get(list_id, 0) for list_id in effects.removed)
    if not found and is_too_many(removed, members):
        found.append(("removals", f"{removed:,} of {members:,} memberships would end"))
    opt_outs = effects.kinds.get("unsubscribe", 0)
    mailable = figures.contacts - figures.unsubscribed
    if is_too_many(opt_outs, mailable):
        found.append(("opt_outs", f"{opt_outs:,} of {mailable:,} would be unsubscribed"))
    if deleted := effects.kinds.get("delete_list", 0):
        found.append(("list_deletions", f"{deleted:,} list{'s' * (deleted > 1)} would be deleted"))
    if storage_above is not None and new_records(effects.kinds) > storage_above:
        found.append(("storage", f"{storage_words(effects.kinds)}: {FEWER}"))
    return Verdict(
        held=tuple(dict.fromkeys(held for held, _ in found)),
        reason="; ".join(words for _, words in found),
    )


def is_too_many(count: int, of: int) -> bool:
    """Tell whether so many of so many wait for approval: more than 20, and more than 2 % of them.

    >>> is_too_many(20, 0), is_too_many(21, 0), is_too_many(40, 2_000), is_too_many(41, 2_000)
    (False, True, False, True)
    """
    return count > ALWAYS_FREE and 100 * count > PERCENT * of
