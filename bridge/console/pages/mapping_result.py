"""What a text makes of one record, part by part, beside what the mapping in force makes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.delivery.write_rules import kept
from bridge.mapping.conditions import known
from bridge.mapping.reads import parents_of
from bridge.mapping.trial import try_record
from bridge.plans.text import label_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bridge.edits.find import Found, Kind, Tried
    from bridge.mapping.model import Mapping as CompiledMapping
    from bridge.salesforce.values import Record

_NOT_SET = "(not touched)"
_TAKES_PART = "takes part"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of what a record becomes: by the mapping in force, and by the text.

    Attributes:
        kept: The write rule by which the text leaves the part as it is there, or empty.
    """

    name: str
    now: str
    then: str
    kept: str = ""

    @property
    def differs(self) -> bool:
        """Whether the text makes something else of it."""
        return self.now != self.then


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a text makes of a record.

    Attributes:
        called: What people call the record.
        parts: What it becomes.
        verdict: Why it takes no part, or what is wrong with it; empty where it takes part.
        verdict_now: The same by the mapping in force.
        unread: Fields that the text reads and that nobody has read yet.
        trouble: Why they could not be read just now.
    """

    called: str
    sf_id: str
    parts: Sequence[Part]
    verdict: str
    verdict_now: str
    unread: Sequence[str] = ()
    trouble: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """Two mappings that are tried on one record.

    Attributes:
        old: The mapping in force; None: there is none that can be used.
        new: What is being written.
        custom_field_ids: Name -> id of the account's custom fields.
    """

    old: CompiledMapping | None
    new: CompiledMapping
    custom_field_ids: Mapping[str, str] = field(default_factory=dict)

    def unread(self, kind: Kind, fields: Record) -> list[str]:
        """Return the fields that the text reads and the mirror does not know of a record."""
        paths = (self.new.contact if kind == "contact" else self.new.list).paths
        return [path for path in paths if known(fields, path, parents_of(path)) is False]

    def of_record(self, kind: Kind, record: Found, tried: Tried, read: Record) -> Result:
        """Return what becomes of a contact or list.

        Args:
            kind: What it is.
            record: The record.
            tried: The same as the mirror has it.
            read: What was read besides, just now.
        """
        whole = {**tried.fields, **read}
        then = try_record(self.new, kind, whole)
        now = try_record(self.old, kind, tried.fields) if self.old is not None else then
        rules = self.new.contact.write_rules if kind == "contact" else {}
        rule_of = kept(tried.there, then["becomes"] or {}, self.custom_field_ids, rules)
        return Result(
            called=record.called,
            sf_id=record.sf_id,
            parts=_parts(now, then, rule_of),
            verdict=_verdict(then),
            verdict_now=_verdict(now),
            unread=self.unread(kind, whole),
        )

    def of_memberships(self, record: Found, rows: Sequence[Mapping[str, Any]]) -> Result:
        """Return which memberships of a contact take part."""
        parts = []
        for row in rows:
            then = _verdict(try_record(self.new, "membership", row["fields"])) or _TAKES_PART
            now = then
            if self.old is not None:
                now = _verdict(try_record(self.old, "membership", row["fields"])) or _TAKES_PART
            parts.append(Part(name=f"on {row['name']}", now=now, then=then))
        verdict = "" if rows else "on no list"
        return Result(
            called=record.called,
            sf_id=record.sf_id,
            parts=parts,
            verdict=verdict,
            verdict_now=verdict,
        )


def _verdict(answer: Mapping[str, Any]) -> str:
    if answer["error"]:
        return f"refused: {answer['error']}"
    return f"takes no part: {answer['left_out']}" if answer["left_out"] else ""


def _parts(
    now: Mapping[str, Any], then: Mapping[str, Any], rule_of: Mapping[str, str]
) -> list[Part]:
    after = dict(_rows(then["becomes"] or {}))
    before = dict(_rows(now["becomes"] or {}))
    return [
        Part(
            name=label_of(name),
            now=_value(before, name),
            then=_value(after, name),
            kept=rule_of.get(name, ""),
        )
        for name in dict.fromkeys([*after, *before])
    ]


def _value(values: Mapping[str, object], name: str) -> str:
    if name not in values:
        return _NOT_SET
    return "(emptied)" if values[name] is None else shown(values[name])


def _rows(part: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in part.items():
        if isinstance(value, dict):
            yield from _rows(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
