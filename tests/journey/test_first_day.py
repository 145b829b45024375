"""The first day: both sides compared and kept, told in sentences, and nothing written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.first_day.gather import newest
from bridge.first_day.sentences import foreign_lists
from bridge.runs.store import ask_run
from reconciler.first_day.cli import FirstDay
from reconciler.first_day.showing import print_summary
from reconciler.kept.manifest import verify
from reconciler.terminal import UNAVAILABLE, Terminal
from tests.journey.first_days import a_first_day, open_for_business

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.journey.firm import Firm


def writes_of(firm: Firm) -> list[tuple[str, str]]:
    """Return what the bridge has asked either service to change."""
    return [
        (call["method"], call["path"])
        for side in ("constant_contact", "salesforce")
        for call in firm.sandbox.calls(side)
        if call["owner"] == "bridge" and call["method"] != "GET" and "token" not in call["path"]
    ]


def test_a_first_day_counts_each_kind_of_difference_and_writes_nothing(
    firm: Firm, tmp_path: Path
) -> None:
    open_for_business(firm)
    found = a_first_day(firm, tmp_path / "kept")
    addresses = found.addresses
    assert (addresses.on_both, addresses.ticked_and_mailable, addresses.out_and_not_ticked) == (
        4, 1, 1,
    )  # fmt: skip
    by_name = {one.name: one for one in found.lists}
    letter = by_name["Letter"]
    assert (letter.on_both, letter.only_here) == (1, 1), "a list of the same name is that list"
    assert (letter.known_only_there, letter.strangers) == (2, 1)
    assert (by_name["Web form"].known_only_there, by_name["Web form"].strangers) == (1, 1)
    new = by_name["New here"]
    assert (new.is_there, new.only_here, new.foreign) == (False, 1, 0)
    plans = {plan.job: plan for plan in found.plans}
    assert plans["lists"].by_kind == {"create_list": 1, "link_list": 1}
    assert plans["contacts"].by_kind["unsubscribe"] == 1
    assert plans["contacts"].fields["job_title"] == 1
    assert found.plans_first
    assert writes_of(firm) == []


def test_what_a_first_day_found_is_kept_for_its_page_and_told_in_a_terminal(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_for_business(firm)
    found = a_first_day(firm, tmp_path / "kept")
    with firm.bridge.database.transaction() as tx:
        assert newest(tx, firm.bridge.connection_id) == found
    assert found.kept is not None
    assert verify(tmp_path / "kept").rows("constant_contact", "contacts") == found.kept.contacts
    capsys.readouterr()
    print_summary(found)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100 + len(str(tmp_path))
    names = [one.name for one in foreign_lists(found)]
    told = [name for line in lines for name in names if line.startswith(f"  {name}")]
    assert told == names, "each list has its line, in order"


def test_it_may_be_spent_again_and_joins_what_is_under_way(firm: Firm) -> None:
    open_for_business(firm)
    first = a_first_day(firm)
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        run_id, _ = ask_run(
            tx, bridge.connection_id, "lists", mode="plan", origin="console", asked_by="ann"
        )
    again = a_first_day(firm)
    assert again.plans[0].run_id == run_id
    assert (again.addresses, again.lists) == (first.addresses, first.lists)
    assert replace(again.plans[1], run_id=0, plan_id=0) == replace(
        first.plans[1], run_id=0, plan_id=0
    )
    assert writes_of(firm) == []


def test_where_the_calls_of_the_day_are_spent_it_ends_and_tells_nothing(firm: Firm) -> None:
    # All of so small a day is kept for those who do not wait.
    firm.bridge.rows("UPDATE api_application SET day_limit = 1500 RETURNING id")
    bridge = firm.bridge
    terminal = Terminal(bridge.database, bridge.connection_id, is_json=True, shows_plan=False)
    assert FirstDay(bridge.installation, bridge.connection, terminal).compare() == UNAVAILABLE
    assert bridge.rows("SELECT id FROM first_day") == []
