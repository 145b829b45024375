"""The calls that the sandbox received, for counting: what was asked, by whom, with what answer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from sandbox.effects import Effect

KEPT_COUNT = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request and the status of its answer.

    Attributes:
        at: Sandbox time in seconds since 1970.
        took_ms: Time from the request's first byte to the end of the answer, in milliseconds.
        status: HTTP status, or None where the connection was dropped without an answer.
        owner: `bridge`, `observer`, or None without a known token.
        faults: Kinds of the faults that struck.
        effects: What it wrote and left written, in the order of writing: a dropped answer leaves
            its effects, a refusal and a lie have none.
    """

    side: Literal["salesforce", "constant_contact"]
    method: str
    path: str
    query: str
    status: int | None
    at: float
    took_ms: float
    owner: Literal["bridge", "observer"] | None
    faults: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()

    def listed(self) -> dict[str, Any]:
        """Return the call as the control API lists it."""
        values = {name: getattr(self, name) for name in _NAMES}
        return {**values, "effects": [effect.listed() for effect in self.effects]}


_NAMES = tuple(one.name for one in fields(Call))


@dataclass
class Calls:
    """The latest calls, oldest first; the oldest are forgotten beyond `KEPT_COUNT`."""

    _kept: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT_COUNT))

    def record(self, call: Call) -> None:
        """Remember a call."""
        self._kept.append(call)

    def listed(self, side: str | None = None) -> list[dict[str, Any]]:
        """Return the calls of one side, or of both, oldest first, as JSON takes them."""
        return [call.listed() for call in self._kept if side is None or call.side == side]

    def clear(self) -> None:
        """Forget every call."""
        self._kept.clear()
