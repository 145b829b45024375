"""What the story is played on: both services as the observer sees them, and patience."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sandbox.demo.errors import NotVerified, NotYet

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.demo.bridge import Bridge
    from sandbox.demo.narrator import Narrator
    from sandbox.demo.observer import ConstantContact, Control, Salesforce

Seen = TypeVar("Seen")

_LOOK_EVERY_S = 0.25
_TELL_AFTER_S = 2.0
_BUDGET_CALLS = 4  # in any second, for one API application


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The running services, and how to look at them.

    Attributes:
        patience_s: Seconds that one look may take to succeed.
        ensure_running: Raises if one of the started programs has ended.
    """

    salesforce: Salesforce
    constant_contact: ConstantContact
    control: Control
    bridge: Bridge
    narrator: Narrator
    patience_s: float
    ensure_running: Callable[[], None]

    def until(self, look: Callable[[], Seen]) -> Seen:
        """Look again and again until `look` returns, and return what it saw.

        Args:
            look: Reads the other system; raises NotYet with what it saw instead.

        Raises:
            NotVerified: If it still raises NotYet when the patience is spent.
            DemoError: If a service has ended or a system refuses a call.
        """
        began_at = time.monotonic()
        while True:
            self.ensure_running()
            try:
                return look()
            except NotYet as seen:
                waited_s = time.monotonic() - began_at
                if waited_s > self.patience_s:
                    raise NotVerified(f"{seen} after {waited_s:.0f} s") from None
                if waited_s > _TELL_AFTER_S:
                    self.narrator.waiting(f"waiting{self._budget()}: {seen}")
            time.sleep(_LOOK_EVERY_S)

    def now(self, look: Callable[[], Seen]) -> Seen:
        """Look once and return what `look` saw: for what a command has done when it ends.

        Raises:
            NotVerified: If it raises NotYet.
            DemoError: If a system refuses a call.
        """
        try:
            return look()
        except NotYet as seen:
            raise NotVerified(str(seen)) from None

    def _budget(self) -> str:
        """Say so when the bridge has used up the calls of this second."""
        calls = self.control.bridge_calls()[-_BUDGET_CALLS:]
        if len(calls) == _BUDGET_CALLS and self.control.now() - calls[0].at < 1:
            return f" for the API budget ({_BUDGET_CALLS} calls a second)"
        return ""


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise NotYet with what was seen unless the expectation holds."""
    if not holds:
        raise NotYet(otherwise)


def present(seen: Seen | None, otherwise: str) -> Seen:
    """Return what was seen; raise NotYet when it was nothing."""
    if seen is None:
        raise NotYet(otherwise)
    return seen
