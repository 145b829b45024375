"""What Constant Contact's documents leave open, as switches, and its limits."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Policy(BaseModel):
    """How this account answers where the vendor's published word ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refresh_tokens: Literal["rotating", "long_lived"] = Field(
        default="rotating", description="a setting of the API application, both documented"
    )
    reuse_revokes_all: bool = Field(
        default=False,
        description="a superseded refresh token that comes again ends the newest pair too",
    )
    refresh_ends_access_tokens: bool = Field(
        default=False, description="a refresh ends earlier access tokens before their 24 hours"
    )
    account_lifts_own_opt_out: bool = Field(
        default=False,
        description="a PUT with update_source Account may lift what the person opted out of",
    )
    opt_out_strips_lists: bool = Field(
        default=False,
        description="an unsubscribed contact is on no list, and a PUT puts it on none",
    )
    first_name_refuses_periods: bool = Field(
        default=False, description="a period in first_name is refused on write"
    )
    most_lists_a_page: Literal[500, 1000] = Field(
        default=500, description="lists on one page at most: the contract names both numbers"
    )
    bulk_wait_s: float = Field(
        default=0, ge=0, description="seconds that a bulk activity waits before it is processed"
    )
    bulk_s: float = Field(
        default=1,
        ge=0,
        description="seconds that processing a bulk activity takes, the deletion of a list or a "
        "tag included",
    )
    bulk_outcome: Literal["completed", "failed", "cancelled", "timed_out"] = Field(
        default="completed",
        description="how bulk activities end, all but deletions of a single list or tag; all but "
        "completed stop after half of their rows",
    )
    import_refuses_unknown_columns: bool = Field(
        default=False,
        description="an import with a column or custom field that does not exist is a 400",
    )
    confirmed_opt_in: bool = Field(
        default=False,
        description="a setting of the account: the sign-up form leaves new contacts "
        "pending_confirmation",
    )
    segment_takes_s: float = Field(
        default=0,
        ge=0,
        description="seconds for which the contacts of a segment are a 202 after it is first asked",
    )
    campaign_data: bool = Field(
        default=True,
        description="the grant has the scope campaign_data: false, and campaigns and reports of "
        "e-mails are a 403",
    )
    missing_privileges: tuple[str, ...] = Field(
        default=(), description="privileges that the account's user does not have"
    )
    stats_cached_s: float = Field(
        default=0,
        ge=0,
        description="seconds for which counts under /reports/stats stay as they were computed",
    )


class Limits(BaseModel):
    """Limits of one API application, as the vendor's documents give them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enforced: bool = Field(default=True, description="false lifts both limits; calls still count")
    per_second: int = Field(default=4, ge=1, description="calls in any window of window_s")
    window_s: float = Field(
        default=0.95,
        gt=0,
        description="length of the sliding window: below 1 s, for jitter on the way",
    )
    per_day: int = Field(
        default=10_000, ge=0, description="calls from 0:00 to 0:00 UTC, refused ones included"
    )
    observer: bool = Field(default=False, description="limit the observer's application as well")
