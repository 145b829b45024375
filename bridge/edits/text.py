"""Tell what mapping files would change: as lines for people, and as one JSON value. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.plans.text import label_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.edits.foresee import Foreseen
    from bridge.edits.put_to_work import AtWork
    from bridge.edits.tally import Tally

KINDS = {
    "changed": "get other values",
    "left_out": "take no part any more",
    "taken_in": "take part from now on",
    "refused": "are refused, because a value cannot be converted",
    "not_known": "cannot be told, because a field that decides was not read yet",
}
"""What becomes of contacts -> how it is told."""


def effect_lines(foreseen: Foreseen, *, shows_values: bool = False) -> Iterator[str]:
    """Yield what files would change, as people read it.

    Args:
        foreseen: What was found.
        shows_values: Name some contacts with their values.
    """
    tally = foreseen.tally
    if foreseen.version_id is not None:
        whom = f"{tally.looked:,} contact{'s' * (tally.looked != 1)}"
        yield f"beside version {foreseen.version_id}: {tally.changed:,} of {whom} change"
    elif not foreseen.loosens:
        yield "no mapping is in force: there is nothing to compare with"
    yield from _counts(tally, shows_values=shows_values)
    if foreseen.lists:
        yield f"  {foreseen.lists:7,}  of {foreseen.lists_of:,} lists"
    if foreseen.price.calls:
        yield _price_line(foreseen)
    if foreseen.read_anew:
        yield f"read anew, so what they bring is not counted: {', '.join(foreseen.read_anew)}"
    if foreseen.loosens:
        yield "this loosens consent:"
        yield from (f"  {one}" for one in foreseen.loosens)


def _counts(tally: Tally, *, shows_values: bool) -> Iterator[str]:
    """Yield how many contacts change in which way, each with some of them."""
    for kind, words in KINDS.items():
        if count := tally.counts.get(kind, 0):
            yield f"  {count:7,}  {words}"
            for sf_id, reason in tally.others[kind] if shows_values else ():
                yield f"             {sf_id}  {shown(reason)}"
    for name, count in tally.fields.most_common():
        yield f"  {count:7,}  {label_of(name)}"
        for sf_id, before, after in tally.samples[name] if shows_values else ():
            yield f"             {sf_id}  {shown(before)} -> {shown(after)}"


def outcome_lines(done: AtWork, name: str, foreseen: Foreseen, *, waits: str) -> Iterator[str]:
    """Yield how files came into force.

    Args:
        done: How.
        name: The connection's.
        foreseen: What they change.
        waits: Why the plan for everybody will wait for a word; empty: it need not.
    """
    yield f"{name}: version {done.version_id} is active{'' if done.is_news else ' already'}"
    if done.applies_to == "new":
        yield (
            "new changes only: a contact follows when its record is saved next; "
            "deliveries and nights leave the rest"
        )
    elif done.run_id is not None:
        changed = foreseen.tally.changed
        yield f"{changed:,} contact{'s' * (changed != 1)} change: run {done.run_id} makes the plan"
        if waits:
            yield f"it will wait for approval: {waits}"


def effect_as_json(foreseen: Foreseen, *, shows_values: bool = False) -> dict[str, Any]:
    """Return what files would change, for programs."""
    tally = foreseen.tally
    told: dict[str, Any] = {
        "beside_version": foreseen.version_id,
        "looked": tally.looked,
        "changed": tally.changed,
        "kinds": dict(tally.counts),
        "fields": dict(tally.fields.most_common()),
        "lists": {"changed": foreseen.lists, "looked": foreseen.lists_of},
        "calls": foreseen.price.calls,
        "in_bulk": foreseen.price.in_bulk,
        "singly": foreseen.price.singly,
        "ends_at": None if foreseen.ends_at is None else foreseen.ends_at.isoformat(),
        "read_anew": list(foreseen.read_anew),
        "loosens": list(foreseen.loosens),
        "to_deploy": list(foreseen.stale),
    }
    if shows_values:
        told["samples"] = {
            name: [{"id": sf_id, "before": before, "after": after} for sf_id, before, after in some]
            for name, some in tally.samples.items()
        } | {
            kind: [{"id": sf_id, "reason": reason} for sf_id, reason in some]
            for kind, some in tally.others.items()
        }
    return told


def _price_line(foreseen: Foreseen) -> str:
    price = foreseen.price
    ways = [
        f"{count:,} {way}"
        for count, way in ((price.in_bulk, "in bulk"), (price.singly, "one by one"))
        if count
    ]
    line = f"about {price.calls:,} calls beside reading: {', '.join(ways)}"
    if foreseen.ends_at is None:
        return line
    return f"{line}; done by {foreseen.ends_at:%Y-%m-%d %H:%M} UTC if it begins now"
