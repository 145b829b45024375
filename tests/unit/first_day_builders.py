"""What a first day may have found; no code under test here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.first_day.model import (
    Addresses,
    Calls,
    Findings,
    Kept,
    ListFigures,
    Planned,
    Sizes,
)

MOMENT = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)


def planned(job: str = "contacts", **given: Any) -> Planned:
    """Return what a job would do; nothing, unless it is said."""
    nothing: dict[str, Any] = {
        "job": job,
        "run_id": 1,
        "plan_id": None,
        "by_kind": {},
        "by_sign": {},
        "fields": {},
        "skipped": {},
        "rejected": {},
        "wait_reason": None,
        "calls": 0,
    }
    return Planned(**nothing | given)


def nothing_found(**given: Any) -> Findings:
    """Return what is found where both sides are alike."""
    alike: dict[str, Any] = {
        "made_at": MOMENT,
        "connection": "firm",
        "sizes": Sizes(),
        "addresses": Addresses(),
        "lists": (),
        "plans": tuple(planned(job) for job in ("lists", "contacts", "activities")),
        "calls": Calls(),
        "kept": None,
        "foreign_policy": "ask",
        "is_scheduled": True,
        "plans_first": True,
        "removals_above": 20,
        "removals_percent": 2,
        "storage_above": 50_000,
    }
    return Findings(**alike | given)


def believable(**given: Any) -> Findings:
    """Return what is found of a firm that has mailed for years."""
    found: dict[str, Any] = {
        "sizes": Sizes(
            people_here=4_812, without_address=23, lists_here=12, members_here=3_120,
            contacts_there=5_010, lists_there=14,
        ),
        "addresses": Addresses(
            on_both=4_377, only_here=401, only_there=633, shared_addresses=41, shared_people=88,
            ticked_and_mailable=17, out_and_not_ticked=9, box_not_known=1,
        ),
        "lists": (
            ListFigures(name="Market letter", sf_id="a0B5g00000Lst01AAA", is_there=True,
                        on_both=1_204, only_here=31, known_only_there=12, strangers=206),
            ListFigures(name="Web form", sf_id=None, is_there=True, strangers=318),
            ListFigures(name="Clients", sf_id="a0B5g00000Lst02AAA", is_there=True, on_both=902),
        ),
        "plans": (
            planned("lists", by_kind={"create_list": 1, "link_list": 11}, by_sign={"add": 12},
                    plan_id=1, calls=23),
            planned("contacts", plan_id=2, calls=140, by_sign={"add": 14, "change": 96,
                    "opt-out": 17}, by_kind={"create_contact": 14, "update_contact": 96,
                    "unsubscribe": 17}, fields={"last_name": 31, "phone_numbers": 70,
                    "list_memberships": 12}, skipped={"waits for its list: run the job lists": 40},
                    rejected={"already on 50 lists: take the person off one of them": 2},
                    wait_reason="17 of 4,300 people would be unsubscribed"),
            planned("activities", plan_id=3, by_sign={"add": 60_000},
                    by_kind={"create_interaction": 60_000}, wait_reason="60,000 new records"),
        ),
        "calls": Calls(runs=31, snapshot=12, planned=163, per_second=4, per_day=10_000,
                       left=8_457, takes_s=43),
        "kept": Kept(folder=".bridge/snapshots/firm-2026-11-29", contacts=5_032, lists=15,
                     people=4_812, memberships=3_944),
    }  # fmt: skip
    return nothing_found(**found | given)
