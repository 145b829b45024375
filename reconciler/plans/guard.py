"""When a plan waits for a person's word: it would take too much away, or fill too much. Pure.

What a mistake in Practifi, or half a snapshot, would do to a firm's book is removals and opt-outs
by the hundred; both are rare in a night. A list that is deleted is never an accident's worth. What
years of engagement would take of Salesforce's data storage costs money, and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.policies.policy import is_too_many
from reconciler.plans.storage import new_records, storage_words, with_members

if TYPE_CHECKING:
    from bridge.policies.policy import Policies
    from reconciler.plans.effects import Effects, Figures

Held: TypeAlias = Literal["removals", "opt_outs", "list_deletions", "storage", "mapping"]

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


def judge(
    effects: Effects,
    figures: Figures,
    policies: Policies,
    *,
    storage_above: int | None = None,
    shows_members: bool = False,
    by_mapping: int | None = None,
) -> Verdict:
    """Return whether what steps come to may be done without asking.

    Removals are counted for each list by itself, and for all that lose anybody together, so that
    neither a small list is emptied nor a little of each list taken off unasked.

    Args:
        effects: What the steps come to.
        figures: What there is before.
        policies: How much the connection may lose unasked is among them.
        storage_above: New records that may be written unasked; None: any number.
        shows_members: Whether each Interaction has a campaign member follow it.
        by_mapping: The version of the mapping, where no plan by it was carried out yet.
    """
    may_lose = (policies.removals_above, policies.removals_percent)
    may_opt_out = (policies.opt_outs_above, policies.opt_outs_percent)
    found: list[tuple[Held, str]] = []
    removed = sum(effects.removed.values())
    for list_id, count in sorted(effects.removed.items(), key=lambda item: (-item[1], item[0])):
        members = figures.members.get(list_id, 0)
        if is_too_many(count, members, *may_lose):
            name = figures.names.get(list_id, list_id)
            found.append(("removals", f"{count:,} of {members:,} would be taken off {name}"))
    members = sum(figures.members.get(list_id, 0) for list_id in effects.removed)
    if not found and is_too_many(removed, members, *may_lose):
        found.append(("removals", f"{removed:,} of {members:,} memberships would end"))
    going = effects.kinds.get("delete_contact", 0)
    if is_too_many(going, figures.contacts, *may_lose):
        found.append(("removals", f"{going:,} of {figures.contacts:,} contacts would be deleted"))
    opt_outs = effects.kinds.get("unsubscribe", 0)
    mailable = figures.contacts - figures.unsubscribed
    if is_too_many(opt_outs, mailable, *may_opt_out):
        found.append(("opt_outs", f"{opt_outs:,} of {mailable:,} would be unsubscribed"))
    if deleted := effects.kinds.get("delete_list", 0):
        words = f"{deleted:,} list{'s' * (deleted > 1)} would be deleted"
        losing = sum(figures.members.get(list_id, 0) for list_id in effects.deleted)
        if losing:
            words += f", and {losing:,} membership{'s' * (losing > 1)} with them"
        found.append(("list_deletions", words))
    changed = effects.kinds.get("update_contact", 0)
    may_change = (policies.mapping_above, policies.mapping_percent)
    if by_mapping is not None and is_too_many(changed, figures.contacts, *may_change):
        of = f"{changed:,} of {figures.contacts:,} contacts"
        found.append(("mapping", f"{of} would change, the first by version {by_mapping}"))
    if storage_above is not None and new_records(effects.kinds) > storage_above:
        kinds = with_members(effects.kinds) if shows_members else effects.kinds
        found.append(("storage", f"{storage_words(kinds)}: {FEWER}"))
    return Verdict(
        held=tuple(dict.fromkeys(held for held, _ in found)),
        reason="; ".join(words for _, words in found),
    )
