"""What a message does, a page, a command and a night do too: the same steps and bodies."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bridge.delivery.look_again import look_again
from bridge.inbox import cli
from tests.journey.reconciling import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journey.firm import Firm

CASES = 4
ROADS = ("message", "page", "command", "night")
PHONES = ("+1 415 555 0101", "+1 415 555 0102")
OF_ONE_CONTACT = {"contact_id", "phone_number_id", "street_address_id", "note_id", "created_at"}


@dataclass
class Twin:
    """One of four people who have the same done to them, each carried over by another road."""

    firm: Firm
    address: str
    person: str = ""
    memberships: list[str] = field(default_factory=list)

    def steps(self) -> list[tuple[str, Any]]:
        """Return the steps of the last plans about them, without what is theirs alone."""
        rows = self.firm.bridge.rows(
            "SELECT DISTINCT ON (kind) kind, plan_id, ordinal, detail FROM step "
            "WHERE subject_key = %(key)s AND plan_id > %(after)s ORDER BY kind, plan_id, ordinal",
            key=self.address,
            after=self.settled_at,
        )
        rows.sort(key=lambda row: (row["plan_id"], row["ordinal"]))
        return [(row["kind"], self._plain(row["detail"]["body"])) for row in rows]

    settled_at: int = 0

    def _plain(self, body: Any) -> Any:
        text = json.dumps(body).replace(self.address, "the address")

        def without_own(values: dict[str, Any]) -> dict[str, Any]:
            return {name: value for name, value in values.items() if name not in OF_ONE_CONTACT}

        return json.loads(text, object_hook=without_own)


def acts_of(chance: random.Random, lists: list[str]) -> list[Callable[[Twin], object]]:
    """Choose what happens to each twin: one act there at most, and a save that tells of them."""
    number, name = chance.choice(PHONES), f"Name {chance.randrange(100)}"

    def join(twin: Twin) -> None:
        twin.memberships.append(twin.firm.join(twin.person, lists[1]))

    there: list[Callable[[Twin], object]] = [
        lambda _: None,
        lambda twin: twin.firm.unsubscribes(twin.address),
        lambda twin: twin.firm.put(twin.firm.there(twin.address), first_name="Typed over"),
        lambda twin: twin.firm.remove(f"/contacts/{twin.firm.there(twin.address)['contact_id']}"),
    ]
    saves: list[Callable[[Twin], object]] = [
        lambda twin: twin.firm.change(twin.person, MobilePhone=number),
        join,
        lambda twin: twin.firm.tick(twin.person),
        lambda twin: twin.firm.untick(twin.person),
    ]
    return [
        chance.choice(there),
        *chance.sample(saves, chance.randint(0, 2)),
        lambda twin: twin.firm.change(twin.person, FirstName=name),
    ]


def hide(firm: Firm, twins: list[Twin]) -> None:
    """Let the messages about some people be as if they had been given up."""
    ids = [one for twin in twins for one in (twin.person, *twin.memberships)]
    firm.bridge.rows(
        "UPDATE notification SET state = 'dead', finished_at = app_now() "
        "WHERE record_id = ANY(%(ids)s) AND state = 'received' RETURNING 1",
        ids=ids,
    )


@pytest.mark.parametrize("was_ticked", [False, True])
def test_four_roads_take_the_same_steps(
    firm: Firm,
    scaled: Callable[[int], int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    was_ticked: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", firm.bridge.installation.settings.database_url or "")
    lists = [firm.new_list("Letter"), firm.new_list("Invitations")]
    firm.settle()
    for case in range(scaled(CASES)):
        chance = random.Random(f"{case}/{was_ticked}")  # noqa: S311 -- repeatable
        twins = [Twin(firm, f"{road}{case}@example.org") for road in ROADS]
        for twin in twins:
            twin.person = firm.member(twin.address, lists[0], FirstName="Ada")
        firm.settle()
        if was_ticked:
            for twin in twins:
                firm.tick(twin.person)
        firm.settle()
        firm.sandbox.advance(5)
        [last] = firm.bridge.rows("SELECT max(id) AS id FROM plan")
        acts = acts_of(chance, lists)
        for twin in twins:
            twin.settled_at = last["id"]
            for act in acts:
                act(twin)
        firm.bridge.receive()
        _, by_page, by_command, by_night = twins
        hide(firm, [by_page, by_command, by_night])
        firm.settle()
        look_again(
            firm.bridge.installation,
            firm.bridge.connection_id,
            {"contact": [by_page.person], "membership": by_page.memberships},
        )
        firm.settle()
        ids = [by_command.person, *by_command.memberships]
        for one in firm.notifications():
            if one["record_id"] in ids and one["state"] == "dead":
                assert cli.main(["replay", one["notification_id"]]) == 0
        firm.settle()
        run(firm, "contacts")
        steps = {road: twin.steps() for road, twin in zip(ROADS, twins, strict=True)}
        assert [steps[road] for road in ROADS] == [steps["message"]] * len(ROADS), (case, acts)
