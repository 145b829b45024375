"""Faults on demand: what the sandbox does wrong, to which calls, how often. No network code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

Side = Literal["salesforce", "constant_contact", "outbound"]
Kind = Literal[
    "latency",
    "throttled",
    "quota",
    "error_500",
    "unavailable",
    "disabled",
    "drop_before",
    "drop_after",
    "half_body",
    "html",
    "wrong_type",
    "expired_session",
    "locked",
    "lie",
    "repeat",
    "reorder",
    "drop",
]

OUTBOUND_KINDS = frozenset({"latency", "repeat", "reorder", "drop"})
HTTP_KINDS = frozenset(
    {
        "latency",
        "throttled",
        "quota",
        "error_500",
        "unavailable",
        "disabled",
        "drop_before",
        "drop_after",
        "half_body",
        "html",
        "wrong_type",
        "expired_session",
        "lie",
    }
)
SALESFORCE_KINDS = HTTP_KINDS | {"locked"}

LOCKED = "sandbox.locked"
"""Key of the ASGI scope: somebody else holds the first record that the call writes."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        message = f"not a regular expression: {error}"
        raise ValueError(message) from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Fault(BaseModel):
    """One fault as the control API takes it; a condition that is None matches everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    side: Side
    kind: Kind
    method: str | None = Field(default=None, description="HTTP method, in any case")
    path: Pattern | None = Field(
        default=None,
        description="regular expression, searched in the path (outbound: the object's API name)",
    )
    body: Pattern | None = Field(
        default=None, description="regular expression, searched in the text of the request's body"
    )
    times: int | None = Field(default=None, ge=0, description="how often; None: until replaced")
    skip: int = Field(default=0, ge=0, description="matching calls that are spared first")
    share: float = Field(default=1, ge=0, le=1, description="chance that a matching call is hit")
    latency_s: float = Field(default=0, ge=0, description="seconds to wait, for every kind")
    observer: bool = Field(default=False, description="hit the observer's calls as well")

    def is_possible(self) -> bool:
        """Tell whether the side knows this kind of fault."""
        kinds = {
            "salesforce": SALESFORCE_KINDS,
            "constant_contact": HTTP_KINDS,
            "outbound": OUTBOUND_KINDS,
        }
        return self.kind in kinds[self.side]


@dataclass(kw_only=True)
class _Armed:
    fault: Fault
    skip: int
    left: int | None

    def meets(self, side: str, method: str, path: str, body: str, *, observer: bool) -> bool:
        fault = self.fault
        return (
            fault.side == side
            and self.left != 0
            and (fault.observer or not observer)
            and (fault.method is None or fault.method.upper() == method.upper())
            and (fault.path is None or re.search(fault.path, path) is not None)
            and (fault.body is None or re.search(fault.body, body) is not None)
        )


@dataclass
class Faults:
    """The faults that are armed now.

    Attributes:
        random: Draws for `share`; seeded, so that a test can be repeated.
    """

    random: random.Random
    _armed: list[_Armed] = field(default_factory=list)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Arm these faults and no other."""
        self._armed = [_Armed(fault=fault, skip=fault.skip, left=fault.times) for fault in faults]

    def listed(self) -> list[dict[str, object]]:
        """Return the armed faults; `left` says how often each can still strike (None: always)."""
        return [{**armed.fault.model_dump(), "left": armed.left} for armed in self._armed]

    def any_for(self, side: Side) -> bool:
        """Tell whether any fault is armed for a side: a cheap look before `take`."""
        return any(armed.fault.side == side for armed in self._armed)

    def take(
        self,
        side: Side,
        *,
        method: str = "",
        path: str = "",
        body: str = "",
        observer: bool = False,
    ) -> tuple[Fault, ...]:
        """Return the faults that strike this call, in the order they were armed, counting each.

        An HTTP call can wait and then go wrong in one way: of its faults that are no latency, the
        first strikes and the others are not counted. Those of an outbound message all strike.

        Args:
            side: Whose call it is; `outbound` for a message that Salesforce is about to send.
            method: HTTP method; nothing for outbound messages.
            path: Path of the request; for outbound messages the object's API name.
            body: Text of the request's body.
            observer: Whether the caller is the observer, who is spared unless a fault names him.
        """
        struck: list[Fault] = []
        is_spent = False
        for armed in self._armed:
            if not armed.meets(side, method, path, body, observer=observer):
                continue
            goes_wrong = side != "outbound" and armed.fault.kind != "latency"
            if goes_wrong and is_spent:
                continue
            if armed.skip:
                armed.skip -= 1
                continue
            if armed.fault.share < 1 and self.random.random() >= armed.fault.share:
                continue
            if armed.left is not None:
                armed.left -= 1
            is_spent = is_spent or goes_wrong
            struck.append(armed.fault)
        return tuple(struck)
