"""Mappings: a text beside its result, checked as one types; review, activation, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.connections.store import load_connection
from bridge.edits.count import count_slice
from bridge.edits.pending import arrive
from bridge.mapping.versions import activate
from tests.console.people import a_contact, a_list, hides, lets_see, mapped, there
from tests.console.typing_in import check, in_force, keep, shown
from tests.unit.mapping_builders import HEAD, contact_yaml, files_with, without_tests

if TYPE_CHECKING:
    from tests.console.browsing import Seen
    from tests.fix_console import Desk

HOME = "home@example.org"
TITLE = contact_yaml("first_name: FirstName\njob_title: {from: LastName}")


def files(desk: Desk, **texts: str) -> None:
    """Put other files to work for the firm."""
    mapped(desk)
    with desk.database.transaction() as tx:
        activate(tx, desk.firm, files_with(**texts), by="ada")


def forms_of(page: Seen) -> list[str]:
    return [button for form in page.forms for button in form.buttons]


def test_a_file_is_shown_as_it_was_typed(desk: Desk) -> None:
    mapped(desk)
    page = desk.log_in("viewer").get("/mappings")
    assert page.path == "/mappings/contact.yaml"
    assert shown(page) == in_force(desk)["contact.yaml"]
    assert "Version 1 is in force, since" in page.text
    size = len(in_force(desk)["contact.yaml"].encode())
    assert f"{size:,} bytes, line ends LF." in page.text
    assert forms_of(page) == ["Log out"]


def test_before_anything_is_in_force_the_folder_is_shown(desk: Desk) -> None:
    page = desk.log_in("operator").get("/mappings/list.yaml")
    assert "No mapping is in force yet." in page.text
    assert "source: list" in shown(page)
    review = keep(desk.log_in("operator"), "contact.yaml", TITLE)
    assert "Nothing is in force to compare with" in review.text
    assert desk.log_in("operator").get("/mappings/nothing.yaml").status == 404


def test_faults_are_told_with_line_field_and_next_step(desk: Desk) -> None:
    mapped(desk)
    text = f"{HEAD}fields:\n  frist_name: FirstName\n"
    seen = check(desk.log_in("operator"), "contact.yaml", text)
    assert seen.status == 200
    assert "2 faults: this cannot come into force" in seen.text
    assert "Line 5, column 3, field frist_name" in seen.text
    assert "unknown key `frist_name` (did you mean first_name?)" in seen.text
    assert shown(seen) == text
    assert desk.rows("SELECT 1 FROM mapping_edit") == []


def test_a_fault_of_another_file_leads_there(desk: Desk) -> None:
    mapped(desk)
    browser = desk.log_in("operator")
    keep(browser, "list.yaml", "source: list\n")
    seen = browser.get("/mappings/contact.yaml")
    assert "list.yaml, line 1" in seen.text
    assert seen.links["list.yaml"].startswith("/mappings/list.yaml")


def test_while_one_types_only_the_result_comes_back(desk: Desk) -> None:
    mapped(desk)
    seen = check(desk.log_in("operator"), "contact.yaml", TITLE, live=True)
    assert seen.status == 200
    assert "<html" not in seen.response.text
    assert "No faults" in seen.text
    assert "Changes 0 of 0 contacts." in seen.text
    assert "take_part: standard: nobody has looked yet" in seen.text
    faulty = check(desk.log_in("operator"), "contact.yaml", "source: x\n", live=True)
    assert faulty.status == 200
    assert "this cannot come into force" in faulty.text


@pytest.mark.parametrize("how", ["e-mail", "name", "Id", "short Id"])
def test_a_contact_is_chosen_by_address_name_or_id(desk: Desk, how: str) -> None:
    mapped(desk)
    ann = a_contact(desk, 1, HOME, FirstName="Ann  Mary")
    browser = desk.log_in("operator")
    lets_see(desk, ann)
    who = {"e-mail": "Home@Example.org", "name": "ann mor", "Id": ann, "short Id": ann[:15]}[how]
    seen = check(browser, "contact.yaml", TITLE, who=who)
    assert "Ann Mary Moran Part In force By this text" in seen.text
    assert "job title (not touched) Moran differs" in seen.text
    assert "company name (not touched) (not touched)" not in seen.text
    assert f'value="{who}"' in seen.response.text


def test_a_name_that_several_have_is_chosen_from(desk: Desk) -> None:
    mapped(desk)
    ann, ben = a_contact(desk, 1), a_contact(desk, 2, "ben@example.org", FirstName="Ben")
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    seen = check(browser, "contact.yaml", TITLE, who="Moran", record=ben)
    assert "2 contacts" in seen.text
    assert "Ben Moran Part" in seen.text
    assert "No contact matches" in check(browser, "contact.yaml", TITLE, who="100%").text
    assert "Type an e-mail address, a name or an Id" in browser.get("/mappings/contact.yaml").text


def test_a_contact_that_salesforce_hides_matches_nothing(desk: Desk) -> None:
    mapped(desk)
    ann = a_contact(desk, 1)
    browser = desk.log_in("operator")
    hides(desk, ann)
    seen = check(browser, "contact.yaml", TITLE, who=HOME)
    assert "or it is not yours to see" in seen.text
    assert "Moran" not in seen.text


def test_a_viewer_sees_the_files_and_no_people(desk: Desk) -> None:
    mapped(desk)
    a_contact(desk, 1)
    seen = desk.log_in("viewer").get(f"/mappings/contact.yaml?who={HOME}")
    assert "No faults" in seen.text
    assert "Moran" not in seen.text
    assert "Contact: e-mail, name or Id" not in seen.text


def test_an_auditor_tries_what_is_in_force_and_types_nothing(desk: Desk) -> None:
    mapped(desk)
    ann = a_contact(desk, 1)
    browser = desk.log_in("auditor")
    lets_see(desk, ann)
    seen = browser.press(browser.get("/mappings/contact.yaml"), "Try", who=HOME)
    assert "first name Ann Ann" in seen.text
    assert "csrf" not in seen.response.url
    assert "Keep and review" not in forms_of(seen)


def test_who_takes_no_part_and_what_is_refused_is_told(desk: Desk) -> None:
    mapped(desk)
    ann = a_contact(desk, 1)
    browser = desk.log_in("operator")
    lets_see(desk, ann)
    left_out = contact_yaml(
        "first_name: FirstName",
        "leave_out:\n  - when: {field: LastName, is: Moran}\n    reason: one of ours\n",
    )
    seen = check(browser, "contact.yaml", left_out, who=HOME)
    assert "takes no part: one of ours; differs: it takes part now" in seen.text
    refused = contact_yaml("birthday: LastName")
    assert "refused: contact.yaml:6" in check(browser, "contact.yaml", refused, who=HOME).text


def test_a_field_that_nobody_has_read_is_said_to_be_unknown(desk: Desk) -> None:
    mapped(desk)
    ann = a_contact(desk, 1)
    browser = desk.log_in("operator")
    lets_see(desk, ann)
    text = contact_yaml("job_title: Nickname__c")
    seen = check(browser, "contact.yaml", text, who=HOME)
    assert "Salesforce does not tell Nickname__c just now" in seen.text
    assert "Not known of this record, and so not touched: Nickname__c" in seen.text


def test_a_list_and_memberships_are_tried_too(desk: Desk) -> None:
    mapped(desk)
    letter = a_list(desk)
    ann = a_contact(desk, 1, on=letter)
    browser = desk.log_in("operator")
    lets_see(desk, ann)
    text = without_tests(in_force(desk)["list.yaml"]).replace("[squeeze]", "[squeeze, upper]")
    seen = check(browser, "list.yaml", text, who="lett")
    assert "name Letter LETTER differs" in seen.text
    assert "Changes 1 of 1 list." in seen.text
    seen = browser.get(f"/mappings/membership.yaml?who={HOME}")
    assert "on Letter takes part takes part" in seen.text


def test_how_many_contacts_change_is_told_before_activation(desk: Desk) -> None:
    mapped(desk)
    letter = a_list(desk)
    for number, name in enumerate(("Ann", "Ben", "Cyd", None), start=1):
        one = a_contact(desk, number, f"p{number}@example.org", on=letter, FirstName=name)
        if number < 3:
            there(desk, one, on=letter, first_name=name, last_name="Moran")
    browser = desk.log_in("operator")
    lets_see(desk, *[row["sf_id"] for row in desk.rows("SELECT sf_id FROM practifi_record")])
    text = in_force(desk)["contact.yaml"].replace(
        "first_name: {from: FirstName, ", "first_name: {from: FirstName, default: Client, "
    )
    assert "Changes 1 of 4 contacts." in check(browser, "contact.yaml", text).text
    review = keep(browser, "contact.yaml", text)
    assert review.path == "/mappings/review"
    assert "Kept as you typed it. It is not in force yet." in review.text
    assert "Changes 1 of 4 contacts. Other values: 1" in review.text
    assert "first name (none) → Client" in review.text
    assert "default: Client" in review.text
    assert len(desk.rows("SELECT 1 FROM mapping_version")) == 1


def test_a_title_that_is_there_already_is_no_change(desk: Desk) -> None:
    mapped(desk)
    ann = a_contact(desk, 1)
    there(desk, ann, first_name="Ann", last_name="Moran", job_title="Moran")
    text = without_tests(in_force(desk)["contact.yaml"]).replace("from: Title", "from: LastName")
    assert "Changes 0 of 1 contact." in check(desk.log_in("operator"), "contact.yaml", text).text


def test_where_there_are_many_all_are_counted_in_the_background(desk: Desk) -> None:
    mapped(desk)
    letter = a_list(desk)
    for number in range(1, 6):
        a_contact(desk, number, f"p{number}@example.org", on=letter)
    desk.rows("UPDATE pg_class SET reltuples = 100000 WHERE relname = 'practifi_record'")
    browser = desk.log_in("operator")
    lets_see(desk, *[row["sf_id"] for row in desk.rows("SELECT sf_id FROM practifi_record")])
    keep(browser, "contact.yaml", TITLE)
    assert "All contacts are being counted." in browser.get("/mappings/review/count").text
    assert "mappings" in desk.woken
    while count_slice(desk.database, until=0):
        pass
    counted = browser.get("/mappings/review/count")
    assert "Changes 5 of 5 contacts. Other values: 5" in counted.text
    assert "data-hx-trigger" not in counted.response.text


def test_a_message_that_lacks_what_is_read_is_named_before_activation(desk: Desk) -> None:
    mapped(desk)
    browser = desk.log_in("operator")
    department = contact_yaml("first_name: FirstName\njob_title: Department")
    assert "To be deployed again" not in keep(browser, "contact.yaml", department).text
    with desk.database.transaction() as tx:
        tx.execute(
            "INSERT INTO outbound_definition (connection_id, action_id, version, object, fields, "
            "in_force_from) VALUES (%s, '04k5g000000TeSTAA0', 1, 'Contact', '{FirstName}', now())",
            (desk.firm,),
        )
    review = browser.get("/mappings/review")
    assert "To be deployed again, once this is in force: bridge salesforce deploy" in review.text
    assert "the outbound message of Contact does not carry" in review.text
    assert "Department" in review.text


def test_what_was_kept_stays_until_it_is_discarded(desk: Desk) -> None:
    mapped(desk)
    browser, other = desk.log_in("operator"), desk.log_in("operator", name="Bob")
    keep(browser, "contact.yaml", TITLE)
    page = browser.get("/mappings/contact.yaml")
    assert shown(page) == TITLE
    assert "You have changed contact.yaml, kept" in page.text
    assert shown(other.get("/mappings/contact.yaml")) == in_force(desk)["contact.yaml"]
    gone = browser.press(page, "Discard")
    assert "Discarded. The files are those in force." in gone.text
    assert shown(gone) == in_force(desk)["contact.yaml"]
    nothing = keep(browser, "contact.yaml", shown(gone))
    assert "Nothing had to be changed." in nothing.text
    assert "You have written nothing" in browser.get("/mappings/review").text


def test_faults_are_kept_but_do_not_come_into_force(desk: Desk) -> None:
    mapped(desk)
    browser = desk.log_in("operator")
    review = keep(browser, "contact.yaml", "source: contact\n")
    assert "this cannot come into force" in review.text
    assert "Activate" not in forms_of(review)
    token = review.form_with("Log out").fields["csrf"]
    (row,) = desk.rows("SELECT files FROM mapping_edit")
    form = {"csrf": token, "version": "1", "digest": "x"}
    assert browser.post("/mappings/review", form).status == 409
    assert row["files"]["contact.yaml"] == "source: contact\n"
    assert len(desk.rows("SELECT 1 FROM mapping_version")) == 1


def test_a_review_is_activated_under_the_users_name(desk: Desk) -> None:
    mapped(desk)
    browser = desk.log_in("operator")
    done = browser.press(keep(browser, "contact.yaml", TITLE), "Activate")
    assert "In force from now on." in done.text
    assert done.path == "/mappings/history"
    (row,) = desk.rows("SELECT id, activated_by FROM mapping_version WHERE is_active")
    assert row["id"] == 2
    assert row["activated_by"].startswith("Ann Adviser (")
    assert in_force(desk)["contact.yaml"] == TITLE
    assert desk.rows("SELECT 1 FROM mapping_edit") == []
    assert "Version 2 in force" in done.text
    assert done.text.index("Version 2") < done.text.index("Version 1 ")


def test_what_came_into_force_meanwhile_is_not_written_over_unseen(desk: Desk) -> None:
    mapped(desk)
    browser = desk.log_in("operator")
    review = keep(browser, "contact.yaml", TITLE)
    files(desk, contact=contact_yaml("last_name: LastName"))
    refused = browser.press(review, "Activate")
    assert refused.status == 409
    assert "Another version came into force since this page was opened." in refused.text
    again = browser.get("/mappings/review")
    assert "Meanwhile version 2 came into force, by ada" in again.text
    assert "You began with version 1." in again.text
    assert browser.press(again, "Activate").status == 200


def test_another_text_than_was_reviewed_is_not_activated(desk: Desk) -> None:
    mapped(desk)
    browser = desk.log_in("operator")
    review = keep(browser, "contact.yaml", TITLE)
    keep(browser, "contact.yaml", contact_yaml("last_name: LastName"))
    refused = browser.press(review, "Activate")
    assert refused.status == 409
    assert "is another text by now" in refused.text


LOOSER = [
    ("names.yaml", "do_not_email: ", "do_not_email: Other__c  # "),
    ("contact.yaml", "\nfields:", "\nexplicit_permission_when: {field: X__c, is: a}\nfields:"),
]


@pytest.mark.parametrize(("file", "old", "new"), LOOSER, ids=["the box", "permission"])
def test_only_an_approver_loosens_consent(desk: Desk, file: str, old: str, new: str) -> None:
    mapped(desk)
    text = in_force(desk)[file].replace(old, new, 1)
    operator, approver = desk.log_in("operator"), desk.log_in("approver", name="Bob")
    review = keep(operator, file, text)
    assert "This loosens consent: it needs an approver" in review.text
    assert "Activate" not in forms_of(review)
    form = next(form for form in review.forms if "digest" in form.fields)
    refused = operator.post("/mappings/review", form.fields)
    assert refused.status == 403
    assert "it needs an approver" in refused.text
    assert len(desk.rows("SELECT 1 FROM mapping_version")) == 1
    allowed = keep(approver, file, text)
    assert "This loosens consent" in allowed.text
    assert approver.press(allowed, "Activate").status == 200


def test_versions_are_compared_and_restored(desk: Desk) -> None:
    mapped(desk)
    first = in_force(desk)
    files(desk, contact=TITLE)
    browser = desk.log_in("operator")
    history = browser.get("/mappings/history")
    version = browser.get(history.links["Version 1"])
    assert "Version 1 beside version 2" in version.text
    assert "job_title: {from: LastName}" in version.text
    assert "Both are the same text." not in version.text
    review = browser.press(version, "Restore")
    assert review.path == "/mappings/review"
    assert in_force(desk)["contact.yaml"] == TITLE
    done = browser.press(review, "Activate")
    assert in_force(desk) == first
    assert "Version 1 in force" in done.text
    assert [
        row["version_id"]
        for row in desk.rows("SELECT version_id FROM mapping_activation ORDER BY id")
    ] == [1, 2, 1]
    assert browser.get("/mappings/versions/9").status == 404
    assert "This version is in force." in browser.get("/mappings/versions/1").text
    assert browser.get("/mappings/versions/2?against=9").status == 404


def test_where_git_manages_the_files_nothing_is_changed_here(desk_of_git: Desk) -> None:
    desk = desk_of_git
    mapped(desk)
    ann = a_contact(desk, 1)
    browser = desk.log_in("admin")
    lets_see(desk, ann)
    page = browser.get(f"/mappings/contact.yaml?who={HOME}")
    assert "The mapping files are managed by git" in page.text
    assert "first name Ann Ann" in page.text
    assert forms_of(page) == ["Log out", "Try"]
    token = page.form_with("Log out").fields["csrf"]
    files(desk, contact=TITLE)
    for path in ("/mappings/contact.yaml", "/mappings/review", "/mappings/versions/1/restore"):
        seen = browser.post(path, {"csrf": token, "text": "x", "version": "2"})
        assert (seen.status, "managed by git" in seen.text) == (403, True), path
    assert "Restore" not in forms_of(browser.get("/mappings/versions/1"))


def test_a_nul_is_refused_by_its_line(desk: Desk) -> None:
    mapped(desk)
    seen = keep(desk.log_in("operator"), "contact.yaml", "a: 1\nb: \0\n")
    assert seen.status == 409
    assert "contact.yaml, line 2: a NUL character cannot be stored" in seen.text


def test_more_than_a_file_may_hold_is_refused(desk: Desk) -> None:
    mapped(desk)
    seen = keep(desk.log_in("operator"), "contact.yaml", "\n" * 200_001)
    assert seen.status == 409
    assert "contact.yaml: longer than 200,000 characters" in seen.text


def test_hostile_text_is_only_text(desk: Desk) -> None:
    mapped(desk)
    text = "</textarea><script>alert(1)</script>&amp;\n"
    seen = keep(desk.log_in("operator"), "contact.yaml", text)
    assert "<script>alert" not in seen.response.text
    page = desk.log_in("operator", name="x")
    assert shown(check(page, "contact.yaml", text)) == text


def test_nothing_of_another_organization_is_shown_or_changed(desk: Desk) -> None:
    mapped(desk)
    with desk.database.transaction() as tx:
        activate(tx, desk.other, files_with(contact=TITLE), by="them")
    theirs = a_contact(desk, 9, at=desk.other)
    browser = desk.log_in("admin")
    lets_see(desk, theirs)
    for path in ("contact.yaml", "history", "review", "review/count", "versions/1"):
        assert browser.get(f"/mappings/{path}?connection=other").status == 404, path
    assert "No contact matches" in browser.get(f"/mappings/contact.yaml?who={HOME}").text
    token = browser.get("/").form_with("Log out").fields["csrf"]
    form = {"csrf": token, "connection": "other", "text": "x"}
    for path in ("contact.yaml", "contact.yaml/check", "review", "discard", "versions/1/restore"):
        assert browser.post(f"/mappings/{path}", form).status == 404, path
    assert in_force(desk, desk.other)["contact.yaml"] == TITLE


LINES = st.text(st.sampled_from("ab:#- \t\ufeffé'<&"), max_size=8)


@given(
    before=st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r"])), max_size=6),
    mark=st.sampled_from(["", "\ufeff"]),
    typed=LINES,
    framed=st.booleans(),
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_stored_is_what_was_typed_byte_for_byte(
    desk: Desk, before: list[tuple[str, str]], mark: str, typed: str, *, framed: bool
) -> None:
    """Comments above a file that works take any shape; a line is typed between them."""
    desk.rows("TRUNCATE mapping_activation, mapping_version, mapping_edit, mapping_count CASCADE")
    end = before[0][1] if before else "\n"
    base = mark + "".join(f"# {line}{one}" for line, one in before)
    files(desk, contact=base + TITLE.replace("\n", end))
    browser = desk.log_in("operator")
    page = browser.get("/mappings/contact.yaml")
    text = shown(page)
    assert text.startswith(mark)
    assert "Nothing had to be changed." in keep(browser, "contact.yaml", text).text
    done = browser.press(
        keep(browser, "contact.yaml", f"{text}# {typed}\n", framed=framed), "Activate"
    )
    assert "In force from now on." in done.text
    wanted = base + TITLE.replace("\n", end) + f"# {typed}{end}"
    assert in_force(desk)["contact.yaml"].encode() == wanted.encode()


def test_files_that_wait_are_approved_by_whoever_may(desk: Desk) -> None:
    mapped(desk)
    text = in_force(desk)["contact.yaml"]
    rule = "leave_out:\n  - when: {field: Title, is: Gone}\n    reason: gone\n"
    files(desk, contact=f"{rule}{text}")
    with desk.database.transaction() as tx:
        firm = load_connection(tx, "firm")
        assert arrive(tx, firm, files_with(contact=text), by="bridge up") is None
    operator = desk.log_in("operator")
    page = operator.get("/mappings/pending")
    assert "wait because of what they would do: consent would be loosened" in page.text
    assert forms_of(page) == ["Log out", "Reject"]
    assert "What they change" in operator.get("/mappings/contact.yaml").links
    approver = desk.log_in("approver")
    done = approver.press(approver.get("/mappings/pending"), "Approve")
    assert "In force from now on." in done.text
    assert in_force(desk)["contact.yaml"] == text
    assert "No files wait." in approver.get("/mappings/pending").text


def test_files_that_wait_can_be_turned_down(desk: Desk) -> None:
    files(desk, contact=f"leave_out:\n  - when: {{field: Title, is: A}}\n    reason: a\n{TITLE}")
    with desk.database.transaction() as tx:
        firm = load_connection(tx, "firm")
        assert arrive(tx, firm, files_with(contact=TITLE), by="bridge up") is None
    operator = desk.log_in("operator")
    done = operator.press(operator.get("/mappings/pending"), "Reject")
    assert "Turned down." in done.text
    assert "leave_out" in in_force(desk)["contact.yaml"]


def test_a_review_may_be_put_to_work_for_new_changes_only(desk: Desk) -> None:
    mapped(desk)
    browser = desk.log_in("operator")
    review = keep(browser, "contact.yaml", TITLE)
    assert "a contact follows when its record in Practifi is saved next" in review.text
    done = browser.press(review, "Activate", applies_to="new")
    assert "new changes only" in done.text
    assert desk.rows("SELECT applies_to FROM mapping_activation ORDER BY id DESC LIMIT 1") == [
        {"applies_to": "new"}
    ]
