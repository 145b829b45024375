"""What a firm decides about its two systems: one choice each, with what it means. Pure.

The rules of coming back are not among them: they are consent's own (`bridge.consent.policy`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OwnerPolicy: TypeAlias = Literal["linked_first", "oldest", "primary_member", "ask"]
NamePolicy: TypeAlias = Literal["owner", "household"]
ForeignPolicy: TypeAlias = Literal["ask", "keep", "adopt", "remove"]
LastListPolicy: TypeAlias = Literal["keep", "delete"]

_MOST = {"percent": 100, "above": 1_000_000}

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "changes": {
        "messages": "Salesforce tells of changes by outbound messages",
        "poll": "Salesforce is asked what changed, as often as for deletions; messages count, too",
    },
    "owner": {
        "installation": "of several people at an address, `BRIDGE_OWNER` says who is sent",
        "linked_first": "of several people at an address, whoever was linked first is sent",
        "oldest": "of several people at an address, whose record is the oldest is sent",
        "primary_member": "of several people at an address, the household's primary member is sent",
        "ask": "of several people at an address, a person chooses; till then who was linked first",
    },
    "shared_name": {
        "owner": "who shares an address is greeted by the name of whose fields are sent",
        "household": "several people of one household are greeted by its name",
    },
    "foreign_memberships": {
        "ask": "what only Constant Contact has is counted by list, and left alone",
        "keep": "what only Constant Contact has is left alone, and not shown",
        "adopt": "a membership that only Constant Contact has gets a record in Practifi",
        "remove": "whom only Constant Contact has on a list is taken off, unless they opted out",
    },
    "on_last_list_removed": {
        "keep": "a contact that Practifi takes off its last list stays in Constant Contact",
        "delete": "it is deleted in Constant Contact, unless the person has opted out",
    },
    "lists": {
        "from_practifi": "lists are made and renamed in Practifi alone",
        "both": "a list that only Constant Contact has gets a record, and names go both ways",
    },
    "list_deleted": {
        "keep": "a list that is deleted in Practifi stays in Constant Contact",
        "delete": "it is deleted in Constant Contact as well, once a person approves it",
    },
    "list_gone_there": {
        "ask": "a list that somebody deleted in Constant Contact waits for a person, with a status",
        "make_again": "it is made again, with whom Practifi has on it",
    },
    "custom_fields": {
        "create": "a custom field that the mapping fills and the account lacks is created there",
        "ask": "it is created by `bridge mapping create-fields`; till then its values are not sent",
    },
    "second_writer": {
        "refuse": "while the package's own integration is on nothing is applied but opt-outs",
        "allow": "what is on of the package's own integration keeps nothing from being applied",
    },
    "sandbox_organization": {
        "refuse": "a sandbox organization on a live account applies nothing, not even opt-outs",
        "allow": "a sandbox organization may write to a live account: its people are mailed",
    },
}
"""Policy -> its values, the default first, each with what it means."""

NUMBERS: Mapping[str, str] = {
    "removals_above": "so many people may be taken off a list unasked, however small it is",
    "removals_percent": "and this share of its members, in percent, however large it is",
    "opt_outs_above": "so many people may be unsubscribed unasked, however few there are",
    "opt_outs_percent": "and this share of those who can be mailed, in percent",
    "mapping_above": "so many contacts may be changed unasked by another mapping",
    "mapping_percent": "and this share of all contacts there, in percent",
}
"""Policy that is a number -> what it means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policies:
    """The policies of one connection; `MEANINGS` and `NUMBERS` say what each is for.

    Attributes:
        removals_above: A plan waits where it takes more people away than this, and than
            `removals_percent` of those there are.
        opt_outs_above: The same for people whom it unsubscribes, with `opt_outs_percent`.
        mapping_above: The same for contacts that another mapping changes, with `mapping_percent`.
    """

    changes: Literal["messages", "poll"] = "messages"
    owner: Literal["installation"] | OwnerPolicy = "installation"
    shared_name: NamePolicy = "owner"
    foreign_memberships: ForeignPolicy = "ask"
    on_last_list_removed: LastListPolicy = "keep"
    lists: Literal["from_practifi", "both"] = "from_practifi"
    list_deleted: Literal["keep", "delete"] = "keep"
    list_gone_there: Literal["ask", "make_again"] = "ask"
    custom_fields: Literal["create", "ask"] = "create"
    second_writer: Literal["refuse", "allow"] = "refuse"
    sandbox_organization: Literal["refuse", "allow"] = "refuse"
    removals_above: int = 20
    removals_percent: int = 2
    opt_outs_above: int = 20
    opt_outs_percent: int = 2
    mapping_above: int = 20
    mapping_percent: int = 2

    def as_json(self) -> dict[str, Any]:
        """Return the policies as they are stored and printed."""
        return asdict(self)


def is_too_many(count: int, of: int, above: int, percent: int) -> bool:
    """Tell whether so many of so many wait: more than a number, and more than a share of them.

    >>> [is_too_many(*pair, 20, 2) for pair in ((20, 0), (21, 0), (40, 2_000), (41, 2_000))]
    [False, True, False, True]
    """
    return count > above and 100 * count > percent * of


def policies_from(stored: Mapping[str, Any] | None) -> Policies:
    """Return the policies that `Policies.as_json` had stored; the defaults where there are none."""
    names = {entry.name for entry in fields(Policies)}
    return Policies(**{name: value for name, value in (stored or {}).items() if name in names})


def changed(policies: Policies, assignments: Iterable[str]) -> Policies:
    """Return the policies with some of them as people type them: `NAME=VALUE`.

    Raises:
        ConfigurationError: If a name or a value is none; the message lists what there is.

    >>> changed(Policies(), ["removals_above=50"]).removals_above
    50
    """
    for assignment in assignments:
        name, equals, value = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise ConfigurationError(f"{assignment!r}: NAME=VALUE is wanted")
        policies = policies_from(policies.as_json() | {name: _value(name, value)})
    return policies


def meaning_of(name: str, value: object) -> str:
    """Return what a policy with this value means, as people read it."""
    return NUMBERS[name] if name in NUMBERS else MEANINGS[name][str(value)]


def _value(name: str, value: str) -> str | int:
    if name in NUMBERS:
        most = _MOST[name.rpartition("_")[2]]
        if value.isdecimal() and int(value) <= most:
            return int(value)
        raise ConfigurationError(f"{name}={value}: a whole number from 0 to {most:,} is wanted")
    if name not in MEANINGS:
        known = ", ".join([*MEANINGS, *NUMBERS])
        raise ConfigurationError(f"{name!r} is no policy: there are {known}")
    if value not in MEANINGS[name]:
        raise ConfigurationError(f"{name}={value}: there are {', '.join(MEANINGS[name])}")
    return value
