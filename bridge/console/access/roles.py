"""Who may do what in the console: roles, rights, and the table between them. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Role(StrEnum):
    """What an administrator gives to a person; somebody may have several."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """What a page asks of whoever opens it.

    `ENTER` asks nothing, not even to be logged in; `STAY` only that. `MEET` is for pages of
    clients: they ask Salesforce what this person may see, whatever the role (`access/records.py`).
    `VOUCH` is to say for the firm who asked to be mailed again, and how.
    """

    ENTER = "enter"
    STAY = "stay"
    MEET = "meet"
    LOOK = "look"
    READ_PEOPLE = "read people"
    AUDIT = "audit"
    VOUCH = "vouch"
    OPERATE = "operate"
    APPROVE = "approve"
    SET = "set"
    ADMINISTER = "administer"


_EVERYBODY = frozenset({Right.ENTER, Right.STAY, Right.MEET})  # who is logged in
_LOOKS = frozenset({Right.LOOK})
_READS = _LOOKS | {Right.READ_PEOPLE}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: _LOOKS,
    Role.OPERATOR: _READS | {Right.OPERATE, Right.SET, Right.VOUCH},
    Role.APPROVER: _READS | {Right.APPROVE, Right.SET, Right.VOUCH},
    Role.AUDITOR: _READS | {Right.AUDIT},
    Role.ADMIN: frozenset(Right),
}
"""Role -> what it may do, beside `_EVERYBODY`."""

MEANINGS: Mapping[Role, str] = {
    Role.VIEWER: "sees how everything stands, without names and addresses",
    Role.OPERATOR: "sees people, runs, replays, gives evidence, sets policies and mappings "
    "that loosen nothing",
    Role.APPROVER: "sees people, approves plans and requests, gives evidence, may loosen "
    "a policy or a mapping",
    Role.AUDITOR: "sees people, verifies and exports the ledger, changes nothing",
    Role.ADMIN: "may do everything, and says who has which role",
}
"""Role -> its sentence on the page Access."""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Return what somebody with these roles may do.

    >>> sorted(map(str, rights_of([Role.VIEWER])))
    ['enter', 'look', 'meet', 'stay']
    """
    return _EVERYBODY.union(*(RIGHTS[role] for role in roles))


def roles_with(right: Right) -> tuple[Role, ...]:
    """Return the roles that have a right, the least one first.

    >>> [str(role) for role in roles_with(Right.APPROVE)]
    ['approver', 'admin']
    """
    return tuple(role for role in Role if right in RIGHTS[role])
