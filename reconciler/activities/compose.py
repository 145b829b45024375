"""Word an Interaction: what one contact did with one mailing, for people to read. Pure.

The same events give the same words in whatever order they come, so a record is written again only
where something happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.constant_contact.bounces import bounce_words
from bridge.constant_contact.results import NOT_TICKED, SUBJECT_CHARACTERS, name_of, subject_of
from bridge.constant_contact.results import result_of as strongest
from reconciler.activities.model import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from reconciler.activities.model import Mailing, Tally

    At = Callable[[datetime], str]

_CUT = "… (cut)"
_ONE_OF_TWO = " (one of two that were tested; who got which is not told)"


def compose(
    mailing: Mailing,
    tallies: Sequence[Tally],
    *,
    zone: ZoneInfo,
    details_max: int,
    subject_max: int = SUBJECT_CHARACTERS,
    others: Sequence[str] = (),
) -> Words:
    """Return what the Interaction says about some events of one contact in one mailing.

    Args:
        mailing: What was sent.
        tallies: At least one.
        zone: The time zone of the times in Details.
        details_max: Most characters of Details, at least 1000.
        subject_max: Most characters of the subject, at least 60.
        others: Names of people at the same address who were meant as well.
    """
    return Words(
        subject=subject_of(_name(mailing), result_of(tallies), subject_max),
        details=fitted(_blocks(mailing, tallies, zone, others), details_max),
    )


def result_of(tallies: Iterable[Tally]) -> str:
    """Return the strongest thing that happened, in a word or two."""
    tallies = tuple(tallies)
    codes = [tally.bounce_code or "" for tally in tallies if tally.kind == "bounce"]
    return strongest({tally.kind for tally in tallies}, codes)


def fitted(blocks: Iterable[str], most: int) -> str:
    r"""Return blocks as one text of at most so many characters; the longest is cut first.

    >>> fitted(["short", "a very long block of text"], 25)
    'short\na very long … (cut)'
    """
    kept = [block for block in blocks if block]
    if len(text := "\n".join(kept)) <= most:
        return text
    while (excess := sum(map(len, kept)) + len(kept) - 1 - most) > 0:
        longest = max(range(len(kept)), key=lambda number: len(kept[number]))
        if len(kept[longest]) <= len(_CUT):
            return "\n".join(kept)[:most]
        room = max(len(kept[longest]) - excess - len(_CUT), 0)
        kept[longest] = kept[longest][:room] + _CUT
    return "\n".join(kept)


def _sent_at(tallies: Iterable[Tally]) -> datetime | None:
    return min((tally.first_at for tally in tallies if tally.kind == "send"), default=None)


def _blocks(
    mailing: Mailing, tallies: Sequence[Tally], zone: ZoneInfo, others: Sequence[str]
) -> list[str]:
    def at(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"

    sent_at = _sent_at(tallies) or mailing.first_sent_at
    acts = [tally for tally in tallies if tally.kind != "send"]
    subject = _one_line(mailing.subject)
    return [
        f"Campaign: {_one_line(mailing.campaign_name)}",
        _resend(mailing, at),
        f"Subject line: {subject}{_ONE_OF_TWO * mailing.is_subject_test}" if subject else "",
        _from(mailing),
        f"Sent: {at(sent_at)} ({zone.key})" if sent_at else "",
        f"First activity: {at(min(tally.first_at for tally in acts))}" if acts else "",
        f"Last activity: {at(max(tally.last_at for tally in acts))}" if acts else "",
        *_acts(tallies, at),
        f"Others at this address who were sent it too: {', '.join(sorted(others))}"
        if others
        else "",
        f"Read it: {mailing.permalink}" if mailing.permalink else "",
    ]


def _name(mailing: Mailing) -> str:
    return name_of(mailing.campaign_name, is_resend=mailing.is_resend)


def _resend(mailing: Mailing, at: At) -> str:
    if not mailing.is_resend:
        return ""
    sent_at = mailing.original_sent_at
    original = f"the mailing that was sent {at(sent_at)}" if sent_at else "the first mailing"
    return f"Resend: to those who had not opened {original}"


def _from(mailing: Mailing) -> str:
    name, address = _one_line(mailing.from_name), _one_line(mailing.from_email)
    if name and address:
        return f"From: {name} ({address})"
    return f"From: {name or address}" if name or address else ""


def _acts(tallies: Sequence[Tally], at: At) -> list[str]:
    by_kind: dict[str, list[Tally]] = {}
    for tally in tallies:
        by_kind.setdefault(tally.kind, []).append(tally)
    opens, forwards = _count(by_kind.get("open", ())), _count(by_kind.get("forward", ()))
    return [
        f"Opened {_times(opens)} (may be automatic)" if opens else "",
        _clicks(by_kind.get("click", ())),
        f"Forwarded {_times(forwards)}" if forwards else "",
        *_bounces(by_kind.get("bounce", ()), at),
        _opt_out(by_kind.get("optout", ()), at),
    ]


def _clicks(clicks: Sequence[Tally]) -> str:
    counts: dict[str, int] = {}
    for tally in clicks:
        link = _one_line(tally.link_url or "a link")
        counts[link] = counts.get(link, 0) + tally.times
    if not counts:
        return ""
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    rows = [f"- {link}: {_times(count)}" for link, count in ranked]
    return "\n".join([f"Clicked {_times(sum(counts.values()))}:", *rows])


def _bounces(bounces: Sequence[Tally], at: At) -> list[str]:
    last: dict[str, datetime] = {}
    for tally in bounces:
        code = tally.bounce_code or ""
        last[code] = max(last.get(code, tally.last_at), tally.last_at)
    return [f"{bounce_words(code)} ({at(moment)})" for code, moment in sorted(last.items())]


def _opt_out(opt_outs: Sequence[Tally], at: At) -> str:
    if not opt_outs:
        return ""
    words = f"{NOT_TICKED} ({at(max(tally.last_at for tally in opt_outs))})"
    reasons = sorted({_one_line(tally.reason) for tally in opt_outs if tally.reason})
    return f"{words}\nReason given: {'; '.join(reasons)}" if reasons else words


def _count(tallies: Iterable[Tally]) -> int:
    return sum(tally.times for tally in tallies)


def _times(count: int) -> str:
    """Return a number in words.

    >>> _times(1), _times(3)
    ('once', '3 times')
    """
    return "once" if count == 1 else f"{count} times"


def _one_line(text: str) -> str:
    return " ".join(text.split())
