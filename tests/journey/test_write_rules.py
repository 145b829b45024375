"""What a write rule keeps stays as it is there: by a message, in bulk and in a night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.explaining import ask
from tests.fix_bridge import MAPPINGS
from tests.journey.loading import SOME, address, change_all, imports, single_writes
from tests.journey.reconciling import planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"
RULES = {
    "first_name: {": "first_name: {write: create_only, ",
    "job_title: {": "job_title: {write: if_empty_there, ",
    "mobile: {": "mobile: {write: never_clear, ",
}
FROM_PRACTIFI: dict[str, object] = {
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "Title": "Countess",
    "MobilePhone": "+1 415 555 0101",
}


def set_rules(firm: Firm) -> None:
    """Let some parts be written by rules."""
    files = read_files(MAPPINGS)
    for rule, written in RULES.items():
        files["contact.yaml"] = files["contact.yaml"].replace(rule, written)
    with firm.bridge.database.transaction() as tx:
        activate(tx, firm.bridge.connection_id, files, by="test")


def values(firm: Firm, email: str = ADA) -> tuple[Any, ...]:
    """Return first name, last name, job title and telephone numbers there."""
    there = firm.there(email)
    numbers = [row["phone_number"] for row in there.get("phone_numbers") or ()]
    return there.get("first_name"), there.get("last_name"), there.get("job_title"), *numbers


def test_a_message_writes_what_its_rule_lets_it(firm: Firm) -> None:
    set_rules(firm)
    ada = firm.member(ADA, firm.new_list("Letter"), **FROM_PRACTIFI)
    firm.settle()
    assert values(firm) == ("Ada", "Lovelace", "Countess", "+14155550101")
    firm.put(firm.there(ADA), first_name="Augusta", job_title="Judge")
    firm.change(ada, FirstName="A.", LastName="Byron", Title="Surgeon", MobilePhone=None)
    firm.settle()
    assert values(firm) == ("Augusta", "Byron", "Judge", "+14155550101")
    with firm.bridge.database.transaction() as tx:
        (kept,) = [one for one in ask(tx, ADA).checks if one.name == "fields kept there"]
    assert kept.facts == {
        "first name": "kept: write rule create_only",
        "job title": "kept: write rule if_empty_there",
        "phone numbers.mobile": "kept: write rule never_clear",
    }
    firm.put(firm.there(ADA), job_title=None)
    firm.change(ada, LastName="King")
    firm.settle()
    assert values(firm) == ("Augusta", "King", "Surgeon", "+14155550101")


def test_an_import_does_not_write_over_what_a_rule_keeps(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    _, people = loaded
    set_rules(firm)
    firm.put(firm.there(address(1)), job_title="Judge")
    change_all(firm, people, FirstName="Other", LastName="Byron", Title="Member")
    firm.settle()
    for number in range(SOME):
        title = "Judge" if number == 1 else "Member"
        assert values(firm, address(number)) == (f"Name {number}", "Byron", title)
    assert (imports(firm), single_writes(firm)) == (2, [])


def test_a_night_finds_what_a_rule_lets_it_and_the_next_one_nothing(firm: Firm) -> None:
    firm.member(ADA, firm.new_list("Letter"), **FROM_PRACTIFI)
    firm.settle()
    set_rules(firm)
    reconcile(firm)
    firm.put(firm.there(ADA), first_name="Augusta", job_title="Judge", phone_numbers=[])
    (step,) = planned(firm, "contacts")
    assert [*step.change] == ["phone_numbers.mobile"]
    run(firm, "contacts")
    assert values(firm) == ("Augusta", "Lovelace", "Judge", "+14155550101")
    assert planned(firm, "contacts") == []
    firm.put(firm.there(ADA), job_title=None)
    reconcile(firm)
    assert values(firm)[2] == "Countess"
