"""The parts of a contact and of a list that a rule can fill: limits, and how each is stored.

Limits are those of Constant Contact's published V3 contract (`ContactResource`, `EmailAddress`,
`PhoneNumberPut`, `StreetAddressPut`, `ContactCustomField`, `ContactList`), in characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from pydantic import BaseModel

from bridge.mapping.quantities import day_of, month_and_day, whole
from bridge.mapping.rules import Rule, WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PHONE_NUMBERS = 3
BIRTHDAY = ("birthday_month", "birthday_day")
"""The parts of a birthday: there are both, or neither."""

_LIMITS = {
    ("email_address",): 80,
    ("first_name",): 50,
    ("last_name",): 50,
    ("job_title",): 50,
    ("company_name",): 50,
    ("phone_numbers",): 25,
    ("street_addresses", "street"): 255,
    ("street_addresses",): 50,
    ("custom_fields",): 255,
    ("name",): 255,
}
_KEPT_WHOLE = ("email_address", "phone_numbers", "birthday", "anniversary")


@dataclass(frozen=True)
class Target:
    """One part that a rule fills.

    Attributes:
        path: Where it is: `("phone_numbers", "home")`.
    """

    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its path with dots."""
        return ".".join(self.path)

    @property
    def limit(self) -> int | None:
        """Most characters that Constant Contact takes, or None where it is no text."""
        head, leaf = self.path[0], self.path[-1]
        return _LIMITS.get((head, leaf)) or _LIMITS.get((head,))

    @property
    def is_kept_whole(self) -> bool:
        """Whether a part of the value would be something else: a cut address is another address."""
        return self.path[0].startswith(_KEPT_WHOLE)

    @property
    def is_key(self) -> bool:
        """Whether a record without it cannot be matched."""
        return self.path in {("email_address",), ("name",)}

    @property
    def store(self) -> tuple[str, dict[str, object]]:
        """The template that stores `v` in OUT, and what fills its other holes."""
        return _STORES.get(self.name, ("OUT[KEY] = v", {"KEY": self.path[-1]}))


def rules_of(fields: BaseModel) -> Iterator[tuple[Target, Rule]]:
    """Yield every rule under `fields` with the part that it fills."""
    for path, rule in _walk(fields, ()):
        yield Target(path), rule


def write_rules_of(fields: BaseModel) -> dict[str, WriteRule]:
    """Return part -> when it is written, of those that are not written always."""
    return {
        name: rule.write
        for target, rule in rules_of(fields)
        if rule.write != "always"
        for name in (BIRTHDAY if target.name == "birthday" else (target.name,))
    }


def _walk(part: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Rule]]:
    if isinstance(part, Rule):
        yield path, part
        return
    parts = part if isinstance(part, dict) else dict(part) if isinstance(part, BaseModel) else {}
    for key, inner in parts.items():
        yield from _walk(inner, (*path, key))


# One `@`, something on both sides, no blanks: what `bridge.identity.email_key` takes for one.
_is_address = re.compile(r"[^@\s]+@[^@\s]+").fullmatch


def _not_an_address() -> NoReturn:
    raise ValueError("not an e-mail address")


def _iso_day(text: str | None) -> str | None:
    return day_of(text).isoformat() if text else None


_STORES: dict[str, tuple[str, dict[str, object]]] = {
    "email_address": (
        "if not IS_ADDRESS(v):\n    REFUSE()\nOUT['email_address'] = {'address': v}",
        {"IS_ADDRESS": _is_address, "REFUSE": _not_an_address},
    ),
    "birthday": (
        "OUT['birthday_month'], OUT['birthday_day'] = SPLIT(v)",
        {"SPLIT": month_and_day},
    ),
    "birthday_month": ("month = WHOLE(v, 1, 12)", {"WHOLE": whole}),
    "birthday_day": ("day = WHOLE(v, 1, 31)", {"WHOLE": whole}),
    "anniversary": ("OUT['anniversary'] = DAY(v)", {"DAY": _iso_day}),
}
