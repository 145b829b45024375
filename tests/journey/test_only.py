"""A run about one person, or one list, reads and does what concerns them, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError
from bridge.plans.steps import all_steps
from bridge.runs.model import Scope
from bridge.runs.store import ask_run, load_run
from reconciler.reconcile_cli import main
from reconciler.runs.context import Watcher
from reconciler.runs.execute import execute
from reconciler.runs.store import claim
from tests.journey.firm import MEMBERSHIP
from tests.journey.reconciling import kinds, planned, reconcile, run

if TYPE_CHECKING:
    from bridge.plans.model import StoredStep
    from bridge.runs.model import Mode, RunRecord
    from tests.journey.firm import Firm

ADA, BEN, CLEO, DORA = (f"{name}@example.org" for name in ("ada", "ben", "cleo", "dora"))


@pytest.fixture
def people(firm: Firm) -> dict[str, str]:
    """Three people on a list, each of whom was renamed while the bridge heard nothing."""
    list_id = firm.new_list("Letter")
    found = {email: firm.member(email, list_id) for email in (ADA, BEN, CLEO)}
    firm.settle()
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": None})
    for person in found.values():
        firm.change(person, LastName="Hill")
    return found | {"list": list_id}


def run_only(firm: Firm, *only: str, mode: Mode = "apply") -> tuple[RunRecord, list[StoredStep]]:
    """Run the job `contacts` about some people or lists; return its end, and its steps."""
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        run_id, is_new = ask_run(
            tx,
            bridge.connection_id,
            "contacts",
            mode=mode,
            origin="cli",
            asked_by="test",
            scope=Scope(only=only),
        )
        lease = claim(tx, bridge.connection_id, run_id, 60)
    assert is_new
    assert lease is not None
    execute(bridge.installation, lease, watcher=Watcher())
    with bridge.database.transaction() as tx:
        record = load_run(tx, bridge.connection_id, run_id)
        return record, all_steps(tx, bridge.connection_id, record.plan_id or 0)


def surnames(firm: Firm) -> list[str]:
    return [firm.there(email)["last_name"] for email in (ADA, BEN, CLEO)]


def test_one_person_is_read_and_carried_over_and_nobody_else(
    firm: Firm, people: dict[str, str]
) -> None:
    record, steps = run_only(firm, f"contact:{people[ADA]}")
    assert record.state == "done", record.reason
    assert kinds(steps) == [("update_contact", ADA)]
    assert (record.counters["read"], record.counters["planned"]) == (1, 1)
    assert surnames(firm) == ["Hill", "Moran", "Moran"]
    assert len(planned(firm, "contacts")) == 2


def test_whoever_is_on_a_list_on_either_side_is_read(firm: Firm, people: dict[str, str]) -> None:
    firm.join(firm.person(DORA), people["list"])
    (membership,) = firm.bridge.rows(
        "SELECT sf_id FROM practifi_record WHERE kind = 'membership' AND contact_id = %(id)s",
        id=people[BEN],
    )
    firm.delete(MEMBERSHIP, membership["sf_id"])
    other = firm.person("elsewhere@example.org")
    firm.join(other, firm.new_list("Invitations"))
    record, steps = run_only(firm, f"list:{people['list']}")
    assert record.state == "done", record.reason
    assert {key for _, key in kinds(steps)} == {ADA, BEN, CLEO, DORA}
    assert firm.lists_of(BEN) == set()
    assert firm.lists_of(DORA) == {firm.cc_list_id(people["list"])}
    assert firm.all_there("elsewhere@example.org") == []


def test_a_tick_that_nobody_told_of_is_found_by_an_address(
    firm: Firm, people: dict[str, str]
) -> None:
    firm.tick(people[BEN])
    run_only(firm, f"contact:{BEN}")
    assert firm.permission(BEN) == "unsubscribed"
    assert surnames(firm)[0] == "Moran"


def test_a_plan_about_one_person_leaves_the_waiting_plan_of_all_alone(
    firm: Firm, people: dict[str, str]
) -> None:
    whole = run(firm, "contacts", "plan")
    record, steps = run_only(firm, f"contact:{people[ADA]}", mode="plan")
    assert (record.plan_state, len(steps)) == ("waiting", 1)
    with firm.bridge.database.transaction() as tx:
        assert load_run(tx, firm.bridge.connection_id, whole.id).plan_state == "waiting"
    assert surnames(firm) == ["Moran"] * 3


def test_a_person_whom_the_bridge_has_never_heard_of_is_found_in_practifi(
    firm: Firm, people: dict[str, str]
) -> None:
    dora = firm.member(DORA, people["list"])
    run_only(firm, f"contact:{dora}")
    assert firm.lists_of(DORA) == {firm.cc_list_id(people["list"])}
    reconcile(firm)
    assert planned(firm, "contacts") == []


def test_an_id_that_nobody_has_ends_the_run_with_the_reason(
    firm: Firm, people: dict[str, str]
) -> None:
    del people
    record, _ = run_only(firm, "contact:003000000000000AAA", mode="plan")
    assert record.state == "failed"
    assert "no contact" in (record.reason or "")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["lists", "--only", "list:a0L000000000001"], id="another job"),
        pytest.param(["contacts", "--only", "ada@example.org"], id="no kind"),
        pytest.param(["contacts", "--only", "contact:"], id="no id"),
    ],
)
def test_the_command_refuses_what_nobody_can_do(arguments: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="contact"):
        main(arguments)
