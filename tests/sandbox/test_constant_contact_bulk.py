"""Bulk activities: their states, their queue, and what they do to contacts, lists and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cc import (
    NOBODY,
    a_contact,
    a_field,
    a_list,
    a_tag,
    activity,
    begun,
    done,
    ended,
    found,
    read,
    switch,
    unsubscribe,
)

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DAY_S = 86_400


def add(contact_ids: list[str], list_id: str) -> dict[str, Any]:
    return {"source": {"contact_ids": contact_ids}, "list_ids": [list_id]}


@pytest.mark.rule("cc-activity-answer", "cc-activity-states", "cc-activity-times")
def test_an_activity_is_taken_in_processed_and_completed(sandbox: RunningSandbox) -> None:
    switch(sandbox, bulk_wait_s=10, bulk_s=100)
    contact_ids = [a_contact(sandbox, f"p{n}@example.org") for n in range(10)]
    first = begun(sandbox, "add_list_memberships", add(contact_ids, a_list(sandbox)))
    assert first["state"] == "initialized"
    assert first["_links"] == {"self": {"href": f"/v3/activities/{first['activity_id']}"}}
    assert first["activity_errors"] == []
    assert not {"started_at", "completed_at"} & first.keys()
    assert activity(sandbox, first["activity_id"])["state"] == "initialized"
    sandbox.advance(60)
    half = activity(sandbox, first["activity_id"])
    assert (half["state"], half["percent_done"]) == ("processing", 50)
    assert half["status"]["items_completed_count"] == 5
    assert "started_at" in half
    assert "completed_at" not in half
    sandbox.advance(60)
    last = activity(sandbox, first["activity_id"])
    assert (last["state"], last["percent_done"]) == ("completed", 100)
    assert last["started_at"] < last["completed_at"] == last["updated_at"]
    assert last["status"] == {
        "items_total_count": 10,
        "items_completed_count": 10,
        "list_count": 1,
    }


@pytest.mark.rule("cc-activity-states")
@pytest.mark.parametrize("outcome", ["failed", "cancelled", "timed_out"])
def test_an_activity_may_end_before_its_end(sandbox: RunningSandbox, outcome: str) -> None:
    switch(sandbox, bulk_outcome=outcome)
    list_id = a_list(sandbox)
    contact_ids = [a_contact(sandbox, f"p{n}@example.org") for n in range(4)]
    last = done(sandbox, "add_list_memberships", add(contact_ids, list_id))
    assert (last["state"], last["percent_done"]) == (outcome, 50)
    joined = [list_id in read(sandbox, one)["list_memberships"] for one in contact_ids]
    assert joined == [True, True, False, False]
    sandbox.constant_contact("DELETE", f"/contact_lists/{list_id}")
    sandbox.advance(2)
    assert read(sandbox, contact_ids[0])["list_memberships"] == []
    page = sandbox.constant_contact("GET", "/activities", state=outcome).json()
    assert [one["activity_id"] for one in page["activities"]] == [last["activity_id"]]


@pytest.mark.rule("cc-activity-collection", "cc-page-size-activities")
def test_activities_are_listed_by_state_page_by_page(sandbox: RunningSandbox) -> None:
    ids = [
        begun(sandbox, "list_delete", {"list_ids": [a_list(sandbox, f"L{n}")]})["activity_id"]
        for n in range(5)
    ]
    sandbox.advance(2)
    page = sandbox.constant_contact("GET", "/activities", limit=2, state="completed").json()
    seen = [one["activity_id"] for one in page["activities"]]
    begun(sandbox, "list_delete", {"list_ids": [a_list(sandbox, "Late")]})
    while "_links" in page:
        page = sandbox.constant_contact("GET", page["_links"]["next"]["href"]).json()
        seen += [one["activity_id"] for one in page["activities"]]
    assert seen == ids[::-1]
    for query in ({"state": "initialized"}, {"limit": 501}):
        assert sandbox.constant_contact("GET", "/activities", **query).status_code == 400


@pytest.mark.rule("cc-activity-ten-days")
def test_an_activity_is_forgotten_after_ten_days(sandbox: RunningSandbox) -> None:
    last = done(sandbox, "list_delete", {"list_ids": [a_list(sandbox)]})
    path = f"/activities/{last['activity_id']}"
    sandbox.advance(10 * DAY_S - 60)
    assert sandbox.constant_contact("GET", path).status_code == 200
    sandbox.advance(120)
    assert sandbox.constant_contact("GET", path).status_code == 404
    assert sandbox.constant_contact("GET", "/activities").json() == {"activities": []}


@pytest.mark.rule("cc-activity-queue-limit", "cc-page-size-activities")
def test_a_thousand_activities_wait_and_no_more(sandbox: RunningSandbox) -> None:
    switch(sandbox, bulk_s=3600)
    body = {"list_ids": [a_list(sandbox)]}
    for _ in range(1000):
        begun(sandbox, "list_delete", body)
    refused = sandbox.constant_contact("POST", "/activities/list_delete", body)
    assert refused.status_code == 429
    (error,) = refused.json()
    assert "1,000 queued activities" in error["error_message"]
    assert len(sandbox.constant_contact("GET", "/activities").json()["activities"]) == 50
    sandbox.advance(3601)
    assert sandbox.constant_contact("POST", "/activities/list_delete", body).status_code == 201


SOURCES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "contacts": ({"contact_ids": ["$ada", "$bob"]}, {"ada", "bob"}),
    "list": ({"list_ids": ["$source"]}, {"ada", "cay"}),
    "tag": ({"tag_ids": ["$tag"]}, {"bob"}),
    "unqualified": ({"engagement_level": "unqualified"}, {"ada", "bob", "cay"}),
}


@pytest.mark.rule("cc-add-memberships-sources", "cc-activity-counts-memberships")
@pytest.mark.parametrize(("source", "expected"), SOURCES.values(), ids=SOURCES.keys())
def test_contacts_join_a_list_from_each_kind_of_source(
    sandbox: RunningSandbox, source: dict[str, Any], expected: set[str]
) -> None:
    known = {"$source": a_list(sandbox, "Source"), "$tag": a_tag(sandbox)}
    known["$ada"] = a_contact(sandbox, "ada@example.org", list_memberships=[known["$source"]])
    known["$bob"] = a_contact(sandbox, "bob@example.org", taggings=[known["$tag"]])
    known["$cay"] = a_contact(sandbox, "cay@example.org", list_memberships=[known["$source"]])
    target = a_list(sandbox, "Target")
    filled = {
        name: [known[one] for one in value] if isinstance(value, list) else value
        for name, value in source.items()
    }
    last = done(sandbox, "add_list_memberships", {"source": filled, "list_ids": [target]})
    joined = {
        name
        for name in ("ada", "bob", "cay")
        if target in read(sandbox, known[f"${name}"])["list_memberships"]
    }
    assert joined == expected
    assert last["status"]["items_completed_count"] >= len(expected)


@pytest.mark.rule("cc-add-memberships-sources")
def test_contacts_are_chosen_by_how_many_mailings_they_opened(sandbox: RunningSandbox) -> None:
    mailed = a_list(sandbox, "Mailed")
    names = ("often", "seldom", "never")
    ids = {
        name: a_contact(sandbox, f"{name}@example.org", list_memberships=[mailed]) for name in names
    }
    openers = [("often", "seldom"), ("often",), ()]
    for number, opened_by in enumerate(openers):
        played = [{"email": f"{name}@example.org", "kind": "open"} for name in opened_by]
        sandbox.control(
            "POST",
            "/constant-contact/campaigns",
            {"name": f"M{number}", "subject": "M", "list_ids": [mailed], "activities": played},
        )
    for level, name in (("high", "often"), ("medium", "seldom"), ("low", "never")):
        target = a_list(sandbox, level)
        body = {"source": {"engagement_level": level}, "list_ids": [target]}
        assert done(sandbox, "add_list_memberships", body)["status"]["items_total_count"] == 1
        assert target in read(sandbox, ids[name])["list_memberships"]


@pytest.mark.rule("cc-add-memberships-sources", "cc-activity-exclude")
def test_all_active_contacts_join_but_those_excluded(sandbox: RunningSandbox) -> None:
    target = a_list(sandbox)
    spared = a_contact(sandbox, "spared@example.org")
    body = {
        "source": {"all_active_contacts": True},
        "exclude": {"contact_ids": [spared]},
        "list_ids": [target],
    }
    done(sandbox, "add_list_memberships", body)
    members = sandbox.constant_contact("GET", "/contacts", lists=target, limit=500).json()
    active = sandbox.constant_contact("GET", "/contacts", status="active", limit=500).json()
    assert {one["contact_id"] for one in members["contacts"]} == {
        one["contact_id"] for one in active["contacts"]
    } - {spared}


@pytest.mark.rule("cc-remove-memberships")
def test_contacts_leave_a_list_and_stay_on_the_others(sandbox: RunningSandbox) -> None:
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    contact_id = a_contact(sandbox, list_memberships=[first, second])
    body = {"source": {"list_ids": [second]}, "list_ids": [first]}
    last = done(sandbox, "remove_list_memberships", body)
    assert read(sandbox, contact_id)["list_memberships"] == [second]
    assert last["status"]["list_count"] == 1
    refused = sandbox.constant_contact(
        "POST",
        "/activities/remove_list_memberships",
        {"source": {"segment_id": 1}, "list_ids": [first]},
    )
    assert refused.status_code == 400


@pytest.mark.rule("cc-optout-bulk-add-skips", "cc-activity-errors-texts")
def test_who_opted_out_is_passed_over_and_told_of(sandbox: RunningSandbox) -> None:
    list_id, contact_id = a_list(sandbox), a_contact(sandbox)
    unsubscribe(sandbox)
    last = done(sandbox, "add_list_memberships", add([contact_id, NOBODY], list_id))
    assert last["state"] == "completed"
    assert last["status"]["items_completed_count"] == 0
    assert len(last["activity_errors"]) == 2
    assert all(isinstance(line, str) for line in last["activity_errors"])
    after = read(sandbox, contact_id)
    assert (after["list_memberships"], after["email_address"]["permission_to_send"]) == (
        [],
        "unsubscribed",
    )


@pytest.mark.rule("cc-revive-by-bulk-add")
def test_joining_a_list_brings_a_deleted_contact_back(sandbox: RunningSandbox) -> None:
    list_id, contact_id = a_list(sandbox), a_contact(sandbox)
    sandbox.constant_contact("DELETE", f"/contacts/{contact_id}")
    done(sandbox, "add_list_memberships", add([contact_id], list_id))
    back = read(sandbox, contact_id)
    assert "deleted_at" not in back
    assert back["list_memberships"] == [list_id]


@pytest.mark.rule("cc-bulk-contact-delete")
@pytest.mark.parametrize("by", ["contact_ids", "list_ids"])
def test_contacts_are_deleted_by_id_or_by_list(sandbox: RunningSandbox, by: str) -> None:
    list_id = a_list(sandbox)
    contact_id = a_contact(sandbox, list_memberships=[list_id])
    body = {by: [contact_id if by == "contact_ids" else list_id]}
    last = done(sandbox, "contact_delete", body)
    gone = read(sandbox, contact_id)
    assert "deleted_at" in gone
    assert gone["list_memberships"] == []
    assert last["status"]["items_completed_count"] == 1


@pytest.mark.rule("cc-bulk-list-delete", "cc-async-deletes")
def test_lists_are_deleted_together_and_their_members_stay(sandbox: RunningSandbox) -> None:
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    contact_id = a_contact(sandbox, list_memberships=[first, second])
    started = begun(sandbox, "list_delete", {"list_ids": [first, second, NOBODY]})
    assert read(sandbox, contact_id)["list_memberships"] == [first, second]
    last = ended(sandbox, started)
    assert last["status"] == {"list_count": 2}
    assert last["activity_errors"] == [f"list_id {NOBODY} not found"]
    assert read(sandbox, contact_id)["list_memberships"] == []
    assert "deleted_at" not in read(sandbox, contact_id)
    assert "deleted_at" in sandbox.constant_contact("GET", f"/contact_lists/{first}").json()


@pytest.mark.rule("cc-bulk-field-delete")
def test_custom_fields_are_deleted_with_their_values(sandbox: RunningSandbox) -> None:
    field_id = a_field(sandbox, "Adviser")
    contact_id = a_contact(sandbox, custom_fields=[{"custom_field_id": field_id, "value": "Q"}])
    last = done(sandbox, "custom_fields_delete", {"custom_field_ids": [field_id]})
    assert "status" not in last
    assert read(sandbox, contact_id)["custom_fields"] == []
    path = f"/contact_custom_fields/{field_id}"
    assert sandbox.constant_contact("GET", path).status_code == 404


@pytest.mark.rule("cc-bulk-taggings")
def test_tags_are_given_to_many_and_taken_from_many(sandbox: RunningSandbox) -> None:
    first, second = a_tag(sandbox, "One"), a_tag(sandbox, "Two")
    contact_id = a_contact(sandbox, taggings=[first])
    source = {"contact_ids": [contact_id]}
    given = done(sandbox, "contacts_taggings_add", {"source": source, "tag_ids": [second]})
    assert given["status"] == {"items_total_count": 1, "items_completed_count": 1}
    assert read(sandbox, contact_id)["taggings"] == [first, second]
    done(
        sandbox,
        "contacts_taggings_remove",
        {"source": {"new_subscriber": True}, "tag_ids": [first]},
    )
    assert read(sandbox, contact_id)["taggings"] == [second]


@pytest.mark.rule("cc-bulk-tag-delete")
def test_tags_are_deleted_together(sandbox: RunningSandbox) -> None:
    first, second = a_tag(sandbox, "One"), a_tag(sandbox, "Two")
    contact_id = a_contact(sandbox, taggings=[first, second])
    last = done(sandbox, "contacts_tags_delete", {"tag_ids": [first]})
    assert last["status"]["items_completed_count"] == 1
    assert read(sandbox, contact_id)["taggings"] == [second]


IDS = [f"00000000-0000-4000-8000-{number:012}" for number in range(501)]
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no source": ("add_list_memberships", {"list_ids": ["$list"]}, "source"),
    "two sources": (
        "add_list_memberships",
        {"source": {"contact_ids": IDS[:1], "all_active_contacts": True}, "list_ids": ["$list"]},
        "exactly one",
    ),
    "501 contacts": (
        "add_list_memberships",
        {"source": {"contact_ids": IDS}, "list_ids": ["$list"]},
        "contact_ids size",
    ),
    "51 lists": (
        "add_list_memberships",
        {"source": {"list_ids": IDS[:51]}, "list_ids": ["$list"]},
        "list_ids size",
    ),
    "no target": ("add_list_memberships", {"source": {"contact_ids": IDS[:1]}}, "list_ids"),
    "unknown target": (
        "add_list_memberships",
        {"source": {"contact_ids": IDS[:1]}, "list_ids": IDS[:1]},
        "list_ids",
    ),
    "unknown level": (
        "remove_list_memberships",
        {"source": {"engagement_level": "fan"}, "list_ids": ["$list"]},
        "engagement_level",
    ),
    "new subscribers onto a list": (
        "add_list_memberships",
        {"source": {"new_subscriber": True}, "list_ids": ["$list"]},
        "exactly one",
    ),
    "51 tags": (
        "contacts_taggings_add",
        {"source": {"tag_ids": IDS[:51]}, "tag_ids": ["$tag"]},
        "tag_ids size",
    ),
    "101 lists to delete": ("list_delete", {"list_ids": IDS[:101]}, "list_ids size"),
    "501 contacts to delete": ("contact_delete", {"contact_ids": IDS}, "contact_ids size"),
    "501 tags to delete": ("contacts_tags_delete", {"tag_ids": IDS}, "tag_ids size"),
    "101 fields to delete": (
        "custom_fields_delete",
        {"custom_field_ids": IDS[:101]},
        "custom_field_ids size",
    ),
    "ids that are numbers": ("list_delete", {"list_ids": [1]}, "list_ids"),
}


@pytest.mark.rule(
    "cc-add-memberships-sources",
    "cc-remove-memberships",
    "cc-bulk-list-delete",
    "cc-bulk-contact-delete",
    "cc-bulk-tag-delete",
    "cc-bulk-field-delete",
    "cc-bulk-taggings",
)
@pytest.mark.parametrize(("kind", "body", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_faulty_activity_is_refused(
    sandbox: RunningSandbox, kind: str, body: dict[str, Any], named: str
) -> None:
    known = {"$list": a_list(sandbox), "$tag": a_tag(sandbox)}
    filled = {
        name: [known.get(one, one) for one in value] if isinstance(value, list) else value
        for name, value in body.items()
    }
    answer = sandbox.constant_contact("POST", f"/activities/{kind}", filled)
    assert answer.status_code == 400
    assert named in answer.json()[0]["error_message"]
    assert sandbox.constant_contact("GET", "/activities").json() == {"activities": []}


def test_who_is_on_the_list_stays_as_it_was(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    contact_id = a_contact(sandbox, list_memberships=[list_id])
    before = read(sandbox, contact_id)
    last = done(sandbox, "add_list_memberships", add([contact_id], list_id))
    assert last["status"]["items_completed_count"] == 1
    assert read(sandbox, contact_id) == before


def test_a_lie_about_an_activity_leaves_none(sandbox: RunningSandbox) -> None:
    contact_id = a_contact(sandbox)
    sandbox.faults({"side": "constant_contact", "method": "POST", "kind": "lie", "times": 1})
    body = {"contact_ids": [contact_id]}
    answer = sandbox.constant_contact("POST", "/activities/contact_delete", body, by="bridge")
    assert answer.status_code == 201
    sandbox.advance(2)
    path = f"/activities/{answer.json()['activity_id']}"
    assert sandbox.constant_contact("GET", path).status_code == 404
    assert "deleted_at" not in read(sandbox, contact_id)


def test_the_call_that_begins_an_activity_has_one_effect(sandbox: RunningSandbox) -> None:
    contact_id = a_contact(sandbox)
    last = done(sandbox, "contact_delete", {"contact_ids": [contact_id]})
    effects = [call["effects"] for call in sandbox.calls("constant_contact") if call["effects"]]
    assert effects[-1] == [{"object": "activity", "id": last["activity_id"], "action": "create"}]
    assert found(sandbox, "ada@example.org") is not None
