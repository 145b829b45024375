"""Line 7: both systems change while the bridge is down; `bridge reconcile` finds all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.demo.household import (
    EDITH,
    INES,
    NEIGHBOURS,
    NORA,
    OWN_ADDRESS,
    PETRA,
    SHARED_ADDRESS,
    TOMAS,
    WALTER,
)
from sandbox.demo.scene import (
    CONTACT_CC_ID,
    DO_NOT_EMAIL,
    LIST,
    SUBSCRIBED,
    UNSUBSCRIBED,
    Proof,
    expect_status,
    permission,
    shows,
)
from sandbox.demo.stage import expect, present

if TYPE_CHECKING:
    from sandbox.demo.scene import Scene

DIFFERENCES = 3  # what `bridge reconcile --plan --exit-code` ends with where there are any

_LIST_NAME, _ONLY_THERE = "Letter to clients", "Garden walk"
_SURNAME, _TYPED_OVER = "Quist-Lund", "Inez"


def bridge_was_down(scene: Scene) -> Proof:
    """Line 7: what was missed is planned, applied and then no difference any more."""
    stage = scene.stage
    stage.until(scene.look_whether_quiet)
    with stage.bridge.down():
        scene.say("the bridge is down: `bridge up` has ended")
        foreign = _both_sides_change(scene)
        _reconcile(scene)
        stage.now(lambda: _expect_all(scene, foreign))
        scene.say("both systems read back: every difference is gone, 'Garden walk' is still there")
        scene.say("the bridge starts again; what Salesforce could not deliver comes late")
    _late_messages_change_nothing(scene)
    return Proof(
        happened="six differences planned and applied, then none; a membership that only "
        "Constant Contact has is still there; the late messages changed nothing",
        read="Constant Contact: the list, five contacts, effects; Salesforce: ids, status",
    )


def _both_sides_change(scene: Scene) -> str:
    """Change both systems while nobody listens; return the id of the list that only one has."""
    salesforce, constant_contact = scene.stage.salesforce, scene.stage.constant_contact
    scene.change(NORA, LastName=_SURNAME)
    scene.join(PETRA)
    scene.leave(TOMAS)
    salesforce.update(LIST, scene.list_id, {"Name": _LIST_NAME})
    scene.change(EDITH, **{DO_NOT_EMAIL: True})
    scene.say(
        f"Salesforce: Nora's surname is {_SURNAME}, Petra of the {NEIGHBOURS} joins, Tomas's "
        f"membership is deleted, the list is renamed to '{_LIST_NAME}', Do Not Email is ticked "
        "for Edith"
    )
    foreign = constant_contact.create_list(_ONLY_THERE)
    ines = scene.stage.now(lambda: scene.member(OWN_ADDRESS))
    lists = [*ines["list_memberships"], foreign]
    constant_contact.replace_contact(ines | {"first_name": _TYPED_OVER, "list_memberships": lists})
    scene.say(
        f"Constant Contact: by hand, Ines becomes '{_TYPED_OVER}' and joins '{_ONLY_THERE}', a "
        "list that Practifi does not have"
    )
    return foreign


def _reconcile(scene: Scene) -> None:
    """Plan both jobs, look that nothing was done, apply them, and plan again."""
    bridge = scene.stage.bridge
    before = len(scene.stage.control.bridge_effects("constant_contact"))
    for job in ("lists", "contacts"):
        bridge.reconcile(job, "--plan", "--exit-code", expected=DIFFERENCES)
    done = len(scene.stage.control.bridge_effects("constant_contact")) - before
    scene.stage.now(lambda: expect(done == 0, f"the plans alone changed {done} things there"))
    for job in ("lists", "contacts"):
        bridge.reconcile(job)
    for job in ("lists", "contacts"):
        bridge.reconcile(job, "--plan", "--exit-code")


def _expect_all(scene: Scene, foreign: str) -> None:
    gone = f"Constant Contact has no list {scene.cc_list_id}"
    name = present(scene.stage.constant_contact.read_list(scene.cc_list_id), gone)["name"]
    expect(name == _LIST_NAME, f"Constant Contact calls the list '{name}'")

    surname = scene.member(NORA.email).get("last_name")
    expect(surname == _SURNAME, f"Constant Contact shows Nora's surname {surname}")

    petra = scene.member(PETRA.email)
    expect(shows(petra, PETRA), "Petra's contact there does not have her values")
    record = scene.record(PETRA)
    expect(record[CONTACT_CC_ID] == petra["contact_id"], "Salesforce lacks Petra's id")
    expect_status(record, SUBSCRIBED, of="Petra")

    is_on_list = scene.cc_list_id in scene.contact(TOMAS.email)["list_memberships"]
    expect(not is_on_list, "Tomas is still on the list there")

    ines = scene.member(OWN_ADDRESS)
    first_name = ines.get("first_name")
    expect(first_name == INES.first_name, f"Constant Contact shows '{first_name}' for Ines")
    expect(foreign in ines["list_memberships"], f"Ines is off '{_ONLY_THERE}' there")

    word = permission(scene.contact(SHARED_ADDRESS))
    expect(word == "unsubscribed", f"Constant Contact has Edith's permission '{word}'")
    for person in (EDITH, WALTER):
        expect_status(scene.record(person), UNSUBSCRIBED, of=person.first_name)


def _late_messages_change_nothing(scene: Scene) -> None:
    """Let Salesforce deliver what it could not while the bridge was down."""
    control = scene.stage.control
    before = len(control.bridge_effects("constant_contact"))

    def delivered() -> None:
        waiting = control.waiting_messages()
        if waiting:
            control.retry_messages(waiting)
        expect(not waiting, f"{len(waiting)} messages wait in Salesforce")

    scene.stage.until(delivered)
    scene.stage.until(scene.look_whether_quiet)
    changed = len(control.bridge_effects("constant_contact")) - before
    scene.stage.now(lambda: expect(changed == 0, f"late messages changed {changed} things there"))
    scene.say("Salesforce: all messages delivered; Constant Contact: nothing changed any more")
