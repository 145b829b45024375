"""What a call did to the records of a side, so that tests can count it. Nothing for a refusal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import MutableMapping

Action: TypeAlias = Literal["create", "update", "delete"]

_KEY = "sandbox.effects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One record that a call wrote.

    Attributes:
        object: API name of the object in Salesforce; `contact`, `contact_list`, `tag`,
            `custom_field` or `activity` in Constant Contact.
    """

    object: str
    id: str
    action: Action

    def listed(self) -> dict[str, str]:
        """Return the effect as the control API lists it."""
        return asdict(self)


def effects_of(scope: MutableMapping[str, Any]) -> list[Effect]:
    """Return the list that the call of an ASGI scope keeps its effects in; it begins empty.

    The list is shared by every copy of the scope that is made after the first asking.
    """
    effects: list[Effect] = scope.setdefault(_KEY, [])
    return effects
