"""How scores look in a terminal. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CAUSES = {
    "on_its_way": "a change is on its way",
    "given_up": "a change was given up: `bridge inbox causes`",
    "being_delivered": "was being delivered just then",
    "waits_for_list": "waits for its list",
    "rejected": "holds a value that cannot be sent",
    "paused": "a field is paused that somebody there keeps setting back",
    "gone_there": "deleted in Constant Contact",
    "never_written": "the bridge has never written it",
    "changed_there": "changed in Constant Contact since",
    "no_message": "changed in Practifi without a message",
    "mapping_changed": "the mapping was changed since",
    "unexplained": "unexplained",
}
"""Cause -> what it says of a record; the words of the causes stay the same."""


def lines(scores: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the scores, each job's newest with what differed."""
    if not scores:
        yield "no run has compared both sides yet"
    shown = None
    for score in scores:
        whose = (score["connection"], score["job"])
        if whose != shown:
            if shown is not None:
                yield ""
            yield f"{score['connection']}, {score['job']}"
        yield (
            f"  {score['taken_at']:%Y-%m-%d %H:%M}  run {score['run_id']:<6} {_share(score):>9}  "
            f"{score['agreeing']:,} of {score['linked']:,} agree, "
            f"{score['unexplained']:,} unexplained"
        )
        if whose != shown:
            yield from _details(score)
        shown = whose


def _share(score: Mapping[str, Any]) -> str:
    share = score["share"]
    return "-" if share is None else f"{share:.2%}"


def _details(score: Mapping[str, Any]) -> Iterator[str]:
    for cause, count in sorted(score["causes"].items(), key=lambda pair: -pair[1]):
        yield f"    {count:>8,}  {CAUSES.get(cause, cause)}"
    for field, counts in sorted(score["fields"].items(), key=lambda pair: -pair[1]["differing"]):
        flaps = f", flaps in {counts['flapping']:,}" if counts["flapping"] else ""
        yield f"    {counts['differing']:>8,}  differ in {field}{flaps}"
    for record in score.get("records", ()):
        if record["cause"] == "unexplained" or record["flapping"]:
            fields = ", ".join(
                f"{field} (flaps)" if field in record["flapping"] else field
                for field in record["fields"]
            )
            cause = CAUSES.get(record["cause"], record["cause"])
            yield f"      {record['sf_id']}  {cause}: {fields}"
