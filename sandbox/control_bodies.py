"""Bodies that the control API takes, beside those that the stand-ins define themselves."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointUrl(_Strict):
    """Where outbound messages go."""

    url: str | None = Field(description="where outbound messages go; null: nowhere")


class Queue(_Strict):
    """How the queue of outbound messages behaves."""

    retry_factor: float = Field(gt=0, description="what the waits between tries are multiplied by")


class Deliveries(_Strict):
    """Some of the deliveries."""

    notification_ids: list[str]


class Unsubscribe(_Strict):
    """Who unsubscribes, and why."""

    email: str
    reason: str | None = None


class LeaveList(_Strict):
    """Who leaves which list."""

    email: str
    list_id: str


class Confirm(_Strict):
    """Whose confirmation mail is answered."""

    email: str


class Advance(_Strict):
    """How far the clock moves."""

    advance_s: float = Field(ge=0, description="seconds to move the clock forward")
