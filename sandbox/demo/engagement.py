"""Line 6: what people do with a mailing becomes Interactions, and who unsubscribes stays so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.demo.household import (
    EDITH,
    INES,
    NEIGHBOURS,
    NORA,
    OWN_ADDRESS,
    SHARED_ADDRESS,
    TOMAS,
    WALTER,
    Person,
)
from sandbox.demo.scene import (
    DO_NOT_EMAIL,
    REASON,
    SUBSCRIBED,
    UNSUBSCRIBED,
    Proof,
    digits,
    expect_status,
    permission,
    phones,
)
from sandbox.demo.stage import expect

if TYPE_CHECKING:
    from sandbox.demo.scene import Scene

INTERACTION = "practifi__Interaction__c"

_CAMPAIGN, _SUBJECT = "Autumn letter", "What the autumn brought"
_LINK, _WHY = "https://www.example.com/rates", "Too many letters"
_NEW_MOBILE = "+1 415 555 0188"
_UNTICKED_AT, _UNTICKED_BY = "CC_Bridge_Unticked_At__c", "CC_Bridge_Unticked_By__c"
_FIELDS = {
    "subject": "practifi__Subject__c",
    "details": "practifi__Details__c",
    "person": "practifi__Person__c",
    "client": "practifi__Client__c",
}
_TICKED, _EVIDENCE = "Do Not Email is ticked", "evidence outstanding"


@dataclass(frozen=True, kw_only=True)
class _Act:
    """What somebody does with the mailing, and what the Interaction about it says.

    Attributes:
        people: Those whose record it may be: the first or another one at the address.
        does: Activities, as the sandbox takes them.
        result: The end of the Interaction's subject.
        says: Lines of its details.
    """

    people: tuple[Person, ...]
    does: tuple[dict[str, object], ...]
    result: str
    says: tuple[str, ...]


_ACTS = (
    _Act(
        people=(EDITH, WALTER),
        does=({"kind": "open"},),
        result="Opened",
        says=("Opened once (may be automatic)",),
    ),
    _Act(
        people=(INES,),
        does=({"kind": "open"}, {"kind": "click", "link_url": _LINK}),
        result="Clicked",
        says=("Opened once (may be automatic)", "Clicked once:", f"- {_LINK}: once"),
    ),
    _Act(
        people=(TOMAS,),
        does=({"kind": "bounce", "bounce_code": "B"},),
        result="Bounced",
        says=("Bounced: the address does not exist",),
    ),
    _Act(
        people=(NORA,),
        does=({"kind": "open"}, {"kind": "optout", "reason": _WHY}),
        result="Unsubscribed",
        says=(
            "Unsubscribed there; Do Not Email in Practifi is not ticked",
            f"Reason given: {_WHY}",
        ),
    ),
)


def campaign_is_sent(scene: Scene) -> Proof:
    """Line 6: engagement comes home once; an opt-out stays until somebody lifts it."""
    _join(scene)
    _send(scene)
    scene.stage.bridge.reconcile("activities")
    written = scene.stage.now(lambda: _interactions(scene))
    for record in written:
        scene.say(f"Salesforce: {record[_FIELDS['subject']]}")
    _again(scene, written)
    _stays_unsubscribed(scene)
    _comes_back(scene)
    return Proof(
        happened="four Interactions under contact and client, once; the box of who unsubscribed "
        "stayed clear and no save or run subscribed her; tick and untick did, on her list, and "
        f"her record says who, when and '{_EVIDENCE}'",
        read="Salesforce: Interactions, effects, the box, status; Constant Contact: the contact",
    )


def _join(scene: Scene) -> None:
    for person in (EDITH, WALTER, INES, NORA, TOMAS):
        scene.join(person)
    scene.say("Salesforce: the Morans are on the list again; Nora and Tomas Quist join it")

    def joined() -> None:
        for address in (SHARED_ADDRESS, OWN_ADDRESS, NORA.email, TOMAS.email):
            scene.member(address)
        for person in (EDITH, WALTER, INES, NORA, TOMAS):
            expect_status(scene.record(person), SUBSCRIBED, of=person.first_name)

    scene.stage.until(joined)
    scene.stage.until(scene.look_whether_quiet)


def _send(scene: Scene) -> None:
    activities = [
        {"email": act.people[0].email} | activity for act in _ACTS for activity in act.does
    ]
    sent = scene.stage.control.send_campaign(
        {
            "name": _CAMPAIGN,
            "subject": _SUBJECT,
            "list_ids": [scene.cc_list_id],
            "activities": activities,
        }
    )
    scene.say(
        f"Constant Contact: '{_CAMPAIGN}' sent to {sent}: the shared address opens it, Ines "
        "clicks, Tomas bounces, Nora unsubscribes"
    )


def _interactions(scene: Scene) -> list[dict[str, Any]]:
    """Return the Interactions of the campaign; raise NotYet unless they are as they should be."""
    people = ", ".join(f"'{scene.contacts[person]}'" for act in _ACTS for person in act.people)
    found = scene.stage.salesforce.query(
        f"SELECT Id, {', '.join(_FIELDS.values())} FROM {INTERACTION} "  # noqa: S608 -- our own
        f"WHERE {_FIELDS['person']} IN ({people})"
    )
    expect(len(found) == len(_ACTS), f"Salesforce has {len(found)} Interactions, not {len(_ACTS)}")
    for act in _ACTS:
        _expect_interaction(scene, found, act)
    return found


def _expect_interaction(scene: Scene, found: list[dict[str, Any]], act: _Act) -> None:
    by_person = {record[_FIELDS["person"]]: record for record in found}
    owner = next((one for one in act.people if scene.contacts[one] in by_person), None)
    expect(owner is not None, f"no Interaction is under {act.people[0].full_name}")
    assert owner is not None  # noqa: S101 -- just said
    record = by_person[scene.contacts[owner]]
    subject = f"Constant Contact: {_CAMPAIGN} - {act.result}"
    shown = record[_FIELDS["subject"]]
    expect(shown == subject, f"an Interaction of {owner.first_name} has the subject '{shown}'")
    client = scene.accounts[owner.household]
    expect(record[_FIELDS["client"]] == client, f"'{subject}' is not under {owner.household}")
    others = ", ".join(one.full_name for one in act.people if one is not owner)
    details = str(record[_FIELDS["details"]])
    for words in (
        f"Campaign: {_CAMPAIGN}",
        f"Subject line: {_SUBJECT}",
        *act.says,
        *([f"Others at this address who were sent it too: {others}"] if others else []),
    ):
        expect(words in details, f"the details of '{subject}' lack '{words}'")


def _again(scene: Scene, written: list[dict[str, Any]]) -> None:
    """Run the job a second time, which has nothing to write."""

    def written_so_far() -> int:
        effects = scene.stage.control.bridge_effects("salesforce")
        return sum(effect.object == INTERACTION for effect in effects)

    before = written_so_far()
    scene.stage.bridge.reconcile("activities")

    def as_before() -> None:
        count = written_so_far() - before
        expect(count == 0, f"the second run wrote {count} Interactions")
        expect(before == len(written), f"the first run wrote {before} Interactions")
        expect(_interactions(scene) == written, "the second run changed an Interaction")

    scene.stage.now(as_before)
    scene.say(f"Salesforce: still {len(written)} Interactions, each written once")


def _stays_unsubscribed(scene: Scene) -> None:
    """Neither the engagement, nor a later change, nor a run subscribes who unsubscribed."""

    def out() -> str:
        record = scene.record(NORA)
        expect(record[DO_NOT_EMAIL] is False, "Nora's Do Not Email is ticked in Salesforce")
        word = permission(scene.contact(NORA.email))
        expect(word == "unsubscribed", f"Constant Contact has Nora's permission '{word}'")
        expect_status(record, UNSUBSCRIBED, of="Nora")
        return str(record[REASON])

    reason = scene.stage.until(out)
    scene.say(f"Salesforce: Nora's Do Not Email is not ticked; her status says: {reason}")
    scene.change(NORA, MobilePhone=_NEW_MOBILE)
    scene.say("Salesforce: Nora's phone changes")

    def followed() -> None:
        numbers = phones(scene.contact(NORA.email))
        expect(numbers == {digits(_NEW_MOBILE)}, f"Constant Contact shows the phones {numbers}")
        out()

    scene.stage.until(followed)
    scene.stage.bridge.reconcile("contacts")
    scene.stage.now(out)
    scene.say(f"Constant Contact: Nora of the {NEIGHBOURS} is unsubscribed as before")


def _comes_back(scene: Scene) -> str:
    """A tick and an untick say that she asked: subscribed at once, and the record says by whom."""
    scene.change(NORA, **{DO_NOT_EMAIL: True})
    scene.say("Salesforce: Do Not Email ticked for Nora, saved")

    def ticked() -> None:
        record = scene.record(NORA)
        expect_status(record, UNSUBSCRIBED, of="Nora")
        expect(record[REASON] == _TICKED, f"Salesforce gives the reason '{record[REASON]}'")

    scene.stage.until(ticked)
    scene.change(NORA, **{DO_NOT_EMAIL: False})
    scene.say("Salesforce: unticked, saved")

    def back() -> str:
        word = permission(scene.member(NORA.email))
        expect(word != "unsubscribed", "Constant Contact still has Nora unsubscribed")
        record = scene.record(NORA)
        expect_status(record, SUBSCRIBED, of="Nora")
        day, minute = str(record[_UNTICKED_AT])[:10], str(record[_UNTICKED_AT])[11:16]
        wanted = f"Unticked by {record[_UNTICKED_BY]} on {day} {minute} UTC; {_EVIDENCE}"
        expect(record[REASON] == wanted, f"Salesforce gives the reason '{record[REASON]}'")
        return wanted

    found = scene.stage.until(back)
    scene.say(f"Salesforce: her status is Subscribed, '{found}'")
    return found
