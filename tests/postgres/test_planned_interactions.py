"""Interactions of a plan: a row each that is written once, and what became of every one."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from openapi_schema_validator import OAS31Validator

from bridge.consent.erase import erase
from bridge.console.pages.steps import Search, read_steps
from bridge.mapping.names import InteractionNames
from bridge.plans.choose import Choice
from bridge.plans.export import document, schema_text
from bridge.plans.steps import all_steps, step_states
from bridge.plans.store import approve_plan, discard_plan, find_plan, pages
from bridge.salesforce.model import SaveResult
from reconciler.activities.model import Mailing, Receiver, Words, Written
from reconciler.activities.planned import Planned, keep
from reconciler.activities.sent import Part, Size, begin, end, left_to_send, lines_to_send, record
from reconciler.activities.wording import Worded
from reconciler.plans.effects import Effects
from reconciler.runs.plans import abandon_plan
from tests.postgres.run_builders import a_job, ran

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.plans.model import PlanRecord, StoredStep
    from reconciler.runs.context import RunContext
    from tests.fix_bridge import RunningBridge

MAILING = Mailing(campaign_activity_id=UUID(int=7), campaign_name="Letter")
NAMES = InteractionNames(
    profile="custom", object="I__c", contact="P__c", subject="S__c", details="D__c", client="A__c"
)
SAVED = SaveResult(ok=True, record_id="a0X000000000001AAA", created=True)
REFUSED = SaveResult(ok=False, error_code="TOO_LONG", message="too large")


def person(number: int) -> str:
    return f"003{number:012d}AAA"


def planned(number: int, *, says: str = "Sent", written: Written | None = None) -> Planned:
    columns = f"Letter - {says}\tCampaign: Letter\\nOpened \\\\ once"
    return Planned(
        contact_id=str(UUID(int=number + 1)),
        receiver=Receiver(f"key {number}", person(number), None),
        worded=Worded(Words("", ""), ("", ""), columns),
        at="2026-11-02T09:00:00.000+00:00",
        fingerprint=says.encode(),
        written=written,
    )


def planning(*interactions: Planned) -> Callable[[RunContext], Effects]:
    def make_plan(context: RunContext) -> Effects:
        context.counters.read = context.counters.planned = len(interactions)
        kinds = keep(context, MAILING, iter(interactions), first=0)
        return Effects(
            steps=len(interactions), kinds=kinds, signs=Counter(add=1), are_kept_apart=True
        )

    return make_plan


def waiting(bridge: RunningBridge, *interactions: Planned) -> PlanRecord:
    run = ran(bridge, a_job(planning(*interactions)), mode="plan")
    assert run.state == "done", run.reason
    with bridge.database.transaction() as tx:
        return find_plan(tx, run.plan_id or 0)


def some(bridge: RunningBridge, count: int = 5) -> PlanRecord:
    return waiting(bridge, *map(planned, range(count)))


def steps_of(bridge: RunningBridge, plan: PlanRecord) -> list[StoredStep]:
    with bridge.database.transaction() as tx:
        steps = all_steps(tx, plan.connection_id, plan.id)
        states = step_states(tx, plan.connection_id, plan.id)
    assert states == Counter(step.state for step in steps)
    return steps


def stands(bridge: RunningBridge, plan: PlanRecord) -> str:
    """Return the states of a plan's steps by their first letters."""
    return "".join(step.state[0] for step in steps_of(bridge, plan))


def begun(bridge: RunningBridge, plan: PlanRecord, count: int) -> Part:
    with bridge.database.transaction() as tx:
        part = begin(tx, plan.connection_id, plan.run_id, Size(count))
    assert part is not None
    return part


def send(bridge: RunningBridge, part: Part, **results: SaveResult) -> list[str]:
    """Send a part, and keep what became of some of it; return what was to be sent."""
    with bridge.database.transaction() as tx:
        lines = "".join(each for _, each in lines_to_send(tx, part, NAMES, ",Email\n"))
        keys = [row[0] for row in csv.reader(lines.splitlines(keepends=True))]
        known = {f"key {name[1:]}": result for name, result in results.items()}
        record(tx, part, known)
    return keys


def finish(bridge: RunningBridge, part: Part) -> None:
    with bridge.database.transaction() as tx:
        end(tx, part)


def test_an_interaction_is_a_step_that_says_what_it_writes(bridge: RunningBridge) -> None:
    (step,) = steps_of(bridge, some(bridge, 1))
    assert (step.kind, step.sign, step.subject_key) == ("create_interaction", "add", "key 0")
    assert step.change["Details"] == (None, "Campaign: Letter\nOpened \\ once")
    assert set(step.change) == {"Subject", "Details", "When", "Contact"}
    assert (step.body["name"], step.body["practifi_contact"]) == ("Letter - Sent", person(0))
    assert (step.mapping_version_id, step.state) == (1, "planned")


def test_parts_follow_each_other_and_each_says_how_its_own_ended(bridge: RunningBridge) -> None:
    plan = some(bridge)
    part = begun(bridge, plan, 2)
    assert stands(bridge, plan) == "ssppp"
    assert send(bridge, part, k0=SAVED, k1=REFUSED) == ["key 0", "key 1"]
    finish(bridge, part)
    last = begun(bridge, plan, 9)
    assert (last.first, last.last) == (2, 4)
    assert stands(bridge, plan) == "crsss"
    refused = steps_of(bridge, plan)[1]
    assert refused.outcome == "Salesforce: TOO_LONG: too large"


def test_a_part_begun_again_sends_what_is_not_known_to_be_there(bridge: RunningBridge) -> None:
    plan = some(bridge, 4)
    send(bridge, begun(bridge, plan, 3), k0=SAVED, k1=REFUSED)
    again = begun(bridge, plan, 9)
    assert (again.first, again.last, again.is_again) == (0, 2, True)
    assert send(bridge, again) == ["key 2"]
    with bridge.database.transaction() as tx:
        assert [each.ordinal for each in left_to_send(tx, again, start=0, count=9)] == [2]
        assert left_to_send(tx, again, start=3, count=9) == []


def test_the_lines_of_a_part_are_what_its_records_say(bridge: RunningBridge) -> None:
    quoted = planned(0)._replace(worded=Worded(Words("", ""), ("", ""), 'A "big" one\t\\N'))
    part = begun(bridge, waiting(bridge, quoted, planned(1)), 9)
    with bridge.database.transaction() as tx:
        ((count, lines),) = lines_to_send(tx, part, NAMES, ",true\n")
    details = "Campaign: Letter\nOpened \\ once"
    assert list(csv.reader(lines.splitlines(keepends=True))) == [
        ["key 0", 'A "big" one', "#N/A", person(0), "#N/A", "true"],
        ["key 1", "Letter - Sent", details, person(1), "#N/A", "true"],
    ]
    assert (count, part.places) == (2, {"key 0": 0, "key 1": 1})


def test_a_part_is_no_larger_than_its_bytes_but_takes_one(bridge: RunningBridge) -> None:
    plan = some(bridge, 3)
    with bridge.database.transaction() as tx:
        size = Size(9, in_bytes=350, bytes_each=100)
        part = begin(tx, plan.connection_id, plan.run_id, size)
    assert part is not None
    assert (part.first, part.last) == (0, 1)
    finish(bridge, part)
    with bridge.database.transaction() as tx:
        part = begin(tx, plan.connection_id, plan.run_id, Size(9, in_bytes=1))
    assert part is not None
    assert (part.first, part.last) == (2, 2)


@pytest.mark.parametrize(
    ("numbers", "left", "parts"),
    [
        pytest.param({1, 3}, "spsps", [(0, 1), (2, 3)], id="some in the middle"),
        pytest.param({4}, "ssssp", [(0, 4)], id="the last one"),
    ],
)
def test_what_was_not_approved_is_in_no_parts_way(
    bridge: RunningBridge, numbers: set[int], left: str, parts: list[tuple[int, int]]
) -> None:
    plan = some(bridge)
    with bridge.database.transaction() as tx:
        _, count = approve_plan(tx, plan, Choice(numbers=frozenset(numbers)), by="ann")
    assert count == len(numbers)
    assert stands(bridge, plan) == left
    for first, last in parts:
        part = begun(bridge, plan, 1)
        assert (part.first, part.last) == (first, last)
        assert len(send(bridge, part)) == 1
        finish(bridge, part)
    with bridge.database.transaction() as tx:
        assert begin(tx, plan.connection_id, plan.run_id, Size(9)) is None
    assert stands(bridge, plan) == left.replace("p", "c")


def test_a_plan_that_is_discarded_or_overtaken_skips_all(bridge: RunningBridge) -> None:
    plan = some(bridge, 2)
    newer = some(bridge, 2)
    assert {step.outcome for step in steps_of(bridge, plan)} == {"a newer plan took its place"}
    with bridge.database.transaction() as tx:
        discard_plan(tx, newer, by="ann")
    assert stands(bridge, plan) + stands(bridge, newer) == "ssss"
    assert {step.outcome for step in steps_of(bridge, newer)} == {"the plan was discarded by ann"}


def test_a_run_that_ends_early_fails_what_no_answer_came_for(bridge: RunningBridge) -> None:
    plan = some(bridge)
    send(bridge, begun(bridge, plan, 3), k0=SAVED, k1=REFUSED)
    with bridge.database.transaction() as tx:
        abandon_plan(tx, plan.connection_id, plan.id, "the run was cancelled")
    assert stands(bridge, plan) == "crfss"
    outcomes = [step.outcome for step in steps_of(bridge, plan)]
    assert outcomes[2:] == ["no answer came", "the run was cancelled", "the run was cancelled"]


def written(bridge: RunningBridge) -> dict[str, Written]:
    found = bridge.rows("SELECT * FROM interaction")
    return {
        row["external_id"]: Written(
            external_id=row["external_id"],
            practifi_contact=row["practifi_contact"],
            practifi_account=None,
            is_gone=False,
            fingerprint=row["written_fingerprint"],
            planned=(row["planned_run_id"], row["planned_ordinal"]),
        )
        for row in found
    }


def test_a_change_shows_what_was_written_before_and_rests_on_it(bridge: RunningBridge) -> None:
    first = begun(bridge, some(bridge, 2), 9)
    send(bridge, first, k0=SAVED, k1=SAVED)
    finish(bridge, first)
    was = written(bridge)
    opened = [planned(n, says="Opened", written=was[f"key {n}"]) for n in (0, 1)]
    plan = waiting(bridge, *opened)
    assert [step.kind for step in steps_of(bridge, plan)] == ["update_interaction"] * 2
    assert steps_of(bridge, plan)[0].change == {"Subject": ("Letter - Sent", "Letter - Opened")}
    with bridge.database.transaction() as tx:
        tx.execute(
            "UPDATE interaction SET written_fingerprint = 'other' WHERE external_id = 'key 0'"
        )
    assert send(bridge, begun(bridge, plan, 9)) == ["key 1"]
    refused = steps_of(bridge, plan)[0]
    assert (refused.state, refused.outcome) == ("refused", "another plan has written it since")


def test_an_export_of_interactions_is_by_the_published_schema(bridge: RunningBridge) -> None:
    plan = some(bridge, 3)
    parts = document(plan, pages(bridge.database, plan), names={}, results={})
    exported: dict[str, Any] = json.loads("".join(parts))
    assert list(OAS31Validator(json.loads(schema_text())).iter_errors(exported)) == []
    assert [step["number"] for step in exported["steps"]] == [1, 2, 3]


def test_the_console_shows_interactions_as_steps(bridge: RunningBridge) -> None:
    plan = some(bridge, 3)
    with bridge.database.transaction() as tx:
        assert [step.ordinal for step in read_steps(tx, plan, Search()).steps] == [0, 1, 2]
        assert [step.ordinal for step in read_steps(tx, plan, Search(from_ordinal=2)).steps] == [2]
        assert read_steps(tx, plan, Search(sign="remove")).steps == []


def test_reports_show_interactions_as_steps(bridge: RunningBridge) -> None:
    plan = some(bridge, 2)
    send(bridge, begun(bridge, plan, 9), k0=SAVED, k1=REFUSED)
    rows = bridge.rows(
        "SELECT kind, records, fields, state FROM report.steps_v1 ORDER BY plan_id, ordinal"
    )
    assert [row["state"] for row in rows] == ["sending", "refused"]
    assert rows[0]["records"] == ["key 0"]
    assert rows[0]["fields"] == ["Contact", "Details", "Subject", "When"]
    rejected = bridge.rows("SELECT what, reason FROM report.rejections_v1")
    assert rejected == [{"what": "step", "reason": "Salesforce: TOO_LONG: too large"}]


def test_what_is_planned_for_somebody_who_is_erased_is_not_sent(bridge: RunningBridge) -> None:
    plan = some(bridge, 3)
    with bridge.database.transaction() as tx:
        erase(tx, bridge.connection_id, person(1), by="ann")
    assert send(bridge, begun(bridge, plan, 9)) == ["key 0", "key 2"]
    step = steps_of(bridge, plan)[1]
    assert (step.state, step.outcome) == ("skipped", "the person was erased")
    assert person(1) not in str(step)
    assert "Details" not in step.change


def test_a_run_without_a_plan_leaves_nothing_planned(bridge: RunningBridge) -> None:
    def make_plan(context: RunContext) -> Effects:
        effects = planning(planned(0))(context)
        context.counters.read = 7  # they do not add up: a fault
        return effects

    assert ran(bridge, a_job(make_plan)).state == "failed"
    assert bridge.rows("SELECT ordinal FROM planned_interaction") == []
