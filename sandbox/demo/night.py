"""Line 8: two nights go by; the plan of the first waits for a word, the second needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.demo.household import INES, NORA, OWN_ADDRESS, PETRA
from sandbox.demo.scene import Proof
from sandbox.demo.stage import expect

if TYPE_CHECKING:
    from sandbox.demo.scene import Scene

_HOUR = 3_600
_DAY = 24 * _HOUR
_NIGHT_AT = _HOUR + 16 * 60  # a minute after the contacts run is due, as the README's table says
_TYPED_OVER, _MISSPELT = "Nina", "Quist-Lunt"


def night_comes(scene: Scene) -> Proof:
    """Line 8: the night finds what no message tells; its first plan waits for a person's word."""
    stage = scene.stage
    stage.until(scene.look_whether_quiet)
    before = frozenset(plan["id"] for plan in _nightly(scene))
    _somebody_edits_there(scene)
    _until_night(scene)
    plan = stage.until(lambda: _finished(scene, before))
    if plan["state"] == "waiting":
        stage.bridge.command("plan", "show", str(plan["id"]))
        stage.now(lambda: _expect_typed_over(scene))
        stage.bridge.command("plan", "approve", str(plan["id"]))
    stage.until(lambda: _expect_right(scene))
    scene.say("Constant Contact: Ines and Nora have their names, Petra is on the list again")

    stage.constant_contact.replace_contact(scene.member(NORA.email) | {"last_name": _MISSPELT})
    scene.say(f"Constant Contact: by hand, Nora becomes '{_MISSPELT}'; another day goes by")
    stage.control.advance_clock(_DAY)
    stage.until(lambda: _finished(scene, before | {plan["id"]}))
    stage.until(lambda: _expect_right(scene))
    stage.bridge.command("plan", "list", "--limit", "2")
    return Proof(
        happened="the first night left a plan, which did what it said once it was approved; the "
        "second night needed no word",
        read="Constant Contact: three contacts",
    )


def _somebody_edits_there(scene: Scene) -> None:
    """Change what no message tells of: Salesforce does not know that anything has changed."""
    there = scene.stage.constant_contact
    there.replace_contact(scene.member(OWN_ADDRESS) | {"first_name": _TYPED_OVER})
    there.replace_contact(scene.member(NORA.email) | {"last_name": _MISSPELT})
    petra = scene.member(PETRA.email)
    lists = [one for one in petra["list_memberships"] if one != scene.cc_list_id]
    there.replace_contact(petra | {"list_memberships": lists})
    scene.say(
        f"Constant Contact: by hand, Ines becomes '{_TYPED_OVER}' and Nora '{_MISSPELT}'; Petra "
        "is taken off the list"
    )


def _until_night(scene: Scene) -> None:
    control = scene.stage.control
    seconds = (_NIGHT_AT - control.now()) % _DAY
    control.advance_clock(seconds)
    scene.say(f"the clock goes on by {seconds / _HOUR:.1f} hours: it is night")


def _nightly(scene: Scene) -> list[dict[str, Any]]:
    """Return the plans of scheduled runs of contacts, the newest first."""
    found = scene.stage.bridge.ask("plan", "list")
    return [plan for plan in found if plan["job"] == "contacts" and plan["asked_by"] == "schedule"]


def _finished(scene: Scene, before: frozenset[int]) -> dict[str, Any]:
    """Return the plan of the night, once it has one.

    Args:
        scene: Where to look.
        before: The plans of the nights before.

    Raises:
        NotYet: If it has none yet.
    """
    plans = [plan for plan in _nightly(scene) if plan["id"] not in before]
    expect(bool(plans), "the night's run of contacts has no plan yet")
    newest: dict[str, Any] = plans[0]
    expect(newest["state"] in {"waiting", "done"}, f"the plan of the night is {newest['state']}")
    return newest


def _expect_typed_over(scene: Scene) -> None:
    first_name = scene.member(OWN_ADDRESS).get("first_name")
    expect(first_name == _TYPED_OVER, f"the plan alone changed Ines to '{first_name}' there")


def _expect_right(scene: Scene) -> None:
    first_name = scene.member(OWN_ADDRESS).get("first_name")
    expect(first_name == INES.first_name, f"Constant Contact shows '{first_name}' for Ines")
    surname = scene.member(NORA.email).get("last_name")
    expect(surname != _MISSPELT, f"Constant Contact shows Nora's surname '{surname}'")
    scene.member(PETRA.email)
