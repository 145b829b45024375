"""Which custom field of an account one of the mapping's is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.mapping.model import CustomField


class Named(Protocol):
    """A custom field as the account has it."""

    @property
    def name(self) -> str:
        """What the vendor made of the label."""

    @property
    def label(self) -> str:
        """What people see."""


_Named = TypeVar("_Named", bound=Named)


def found_there(wanted: CustomField, there: Iterable[_Named]) -> _Named | None:
    """Return the custom field that is meant: by its name, else by its label; case does not matter.

    The vendor makes the name from the label, and spells it in its own way.
    """
    known = list(there)
    by_text = {one.label.lower(): one for one in known}
    by_text |= {one.name.lower(): one for one in known}
    return by_text.get(wanted.name.lower()) or by_text.get(wanted.label.lower())
