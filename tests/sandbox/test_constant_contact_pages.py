"""Pages, filters, lists and custom fields of the Constant Contact stand-in."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

INCLUDES = "custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes"


def walk(sandbox: RunningSandbox, path: str, rows_in: str, /, **query: Any) -> list[dict[str, Any]]:
    """Follow the links of a collection to its end."""
    page = sandbox.constant_contact("GET", path, **query).json()
    rows: list[dict[str, Any]] = page[rows_in]
    while link := page.get("_links", {}).get("next", {}).get("href"):
        assert link.startswith("/v3/")
        page = sandbox.constant_contact("GET", link).json()
        rows += page[rows_in]
    return rows


@pytest.mark.rule("cc-page-filters-stay", "cc-page-relative-href")
def test_pages_hold_every_contact_once_with_the_filters_of_the_first(
    sandbox: RunningSandbox,
) -> None:
    everyone = walk(sandbox, "/contacts", "contacts", status="all", limit=500)
    paged = walk(
        sandbox, "/contacts", "contacts", status="all", limit=3, include="list_memberships"
    )
    assert [one["contact_id"] for one in paged] == [one["contact_id"] for one in everyone]
    assert all("list_memberships" in one for one in paged)
    assert len(everyone) > 6


def test_a_walk_of_everything_shows_deleted_and_unsubscribed_with_all_their_parts(
    sandbox: RunningSandbox,
) -> None:
    found = walk(sandbox, "/contacts", "contacts", status="all", limit=500, include=INCLUDES)
    assert all(set(INCLUDES.split(",")) <= one.keys() for one in found)
    deleted = [one for one in found if "deleted_at" in one]
    unsubscribed = [one for one in found if "opt_out_date" in one["email_address"]]
    assert [one["list_memberships"] for one in deleted] == [[]]
    assert [one["email_address"]["opt_out_source"] for one in unsubscribed] == ["Contact"]
    assert any(one["list_memberships"] for one in unsubscribed)


def test_what_changes_while_somebody_walks_is_missed_by_no_page(sandbox: RunningSandbox) -> None:
    page = sandbox.constant_contact("GET", "/contacts", status="all", limit=3).json()
    found = [one["contact_id"] for one in page["contacts"]]
    sandbox.constant_contact("DELETE", f"/contacts/{found[0]}")
    late = {"email_address": {"address": "late@example.org"}, "create_source": "Account"}
    late_id = sandbox.constant_contact("POST", "/contacts", late).json()["contact_id"]
    while link := page.get("_links", {}).get("next", {}).get("href"):
        page = sandbox.constant_contact("GET", link).json()
        found += [one["contact_id"] for one in page["contacts"]]
    everyone = walk(sandbox, "/contacts", "contacts", status="all", limit=500)
    assert found == [one["contact_id"] for one in everyone]
    assert found[-1] == late_id


@pytest.mark.rule("cc-optout-feed", "cc-contacts-time-windows")
def test_an_unsubscribe_moves_the_time_of_the_opt_out_and_no_other(
    sandbox: RunningSandbox,
) -> None:
    sandbox.advance(3600)
    since = sandbox.control("GET", "/clock")["now"]
    sandbox.advance(60)
    sandbox.control("POST", "/constant-contact/unsubscribe", {"email": "sven@example.com"})
    feeds = {
        name: walk(sandbox, "/contacts", "contacts", status="all", **{name: since})
        for name in ("updated_after", "optout_after", "optout_before")
    }
    assert feeds["updated_after"] == []
    assert [one["email_address"]["address"] for one in feeds["optout_after"]] == [
        "sven@example.com"
    ]
    assert "sven@example.com" not in {
        one["email_address"]["address"] for one in feeds["optout_before"]
    }


@pytest.mark.rule("cc-list-membership-count")
def test_lists_are_counted_by_all_members_or_those_that_can_be_mailed(
    sandbox: RunningSandbox,
) -> None:
    counts = {}
    for counted in ("all", "active"):
        page = sandbox.constant_contact(
            "GET", "/contact_lists", include_membership_count=counted, status="all"
        ).json()
        counts[counted] = {one["name"]: one["membership_count"] for one in page["lists"]}
    unsubscribed = "General Interest"
    assert counts["all"][unsubscribed] == counts["active"][unsubscribed] + 1
    assert counts["all"]["Website Sign-ups"] == counts["active"]["Website Sign-ups"]


@pytest.mark.rule("cc-list-parameters")
def test_lists_are_found_by_status(sandbox: RunningSandbox) -> None:
    gone = sandbox.constant_contact("POST", "/contact_lists", {"name": "Gone"}).json()["list_id"]
    sandbox.constant_contact("DELETE", f"/contact_lists/{gone}")
    sandbox.advance(2)

    def names(status: str) -> set[str]:
        found = walk(sandbox, "/contact_lists", "lists", status=status, limit=1)
        return {one["name"] for one in found}

    assert names("deleted") == {"Gone"}
    assert names("all") == names("active") | {"Gone"}
    assert "Gone" not in names("active")


@pytest.mark.rule("cc-page-cursor", "cc-page-count-on-demand")
def test_a_cursor_is_a_query_that_holds_the_page_size(sandbox: RunningSandbox) -> None:
    page = sandbox.constant_contact("GET", "/contacts", limit=3).json()
    assert set(page) == {"contacts", "_links"}
    assert set(page["_links"]) == {"next"}
    (cursor,) = parse_qs(urlsplit(page["_links"]["next"]["href"]).query)["cursor"]
    assert parse_qs(base64.b64decode(cursor).decode())["limit"] == ["3"]
    default = sandbox.constant_contact("GET", "/contacts", include_count="true").json()
    assert default["contacts_count"] == len(default["contacts"])


@pytest.mark.rule("cc-contacts-time-windows")
@pytest.mark.parametrize("name", ["created", "updated"])
def test_contacts_are_found_by_when_they_were_made_or_changed(
    sandbox: RunningSandbox, name: str
) -> None:
    everybody = walk(sandbox, "/contacts", "contacts", status="all", limit=500)
    times = sorted(one[f"{name}_at"] for one in everybody)
    middle = times[len(times) // 2]
    window = {f"{name}_after": times[0], f"{name}_before": middle}
    shown = walk(sandbox, "/contacts", "contacts", status="all", **window)
    assert {one[f"{name}_at"] for one in shown} <= set(times[: len(times) // 2])
    assert len(shown) >= len([at for at in times if times[0] < at < middle])


@pytest.mark.rule("cc-contacts-by-email")
def test_a_contact_is_found_by_its_address_in_any_case(sandbox: RunningSandbox) -> None:
    (one,) = walk(sandbox, "/contacts", "contacts", email="IVO.castellane@EXAMPLE.com")
    assert one["email_address"]["address"] == "Ivo.Castellane@example.com"


@pytest.mark.rule("cc-page-last")
def test_the_last_page_has_no_link(sandbox: RunningSandbox) -> None:
    assert "_links" not in sandbox.constant_contact("GET", "/contacts", limit=500).json()


@pytest.mark.rule("cc-page-repeated-parameters")
def test_parameters_sent_again_beside_a_cursor_do_no_harm(sandbox: RunningSandbox) -> None:
    first = sandbox.constant_contact("GET", "/contacts", limit=2).json()
    link = first["_links"]["next"]["href"]
    plain = sandbox.constant_contact("GET", link).json()
    doubled = sandbox.constant_contact("GET", f"{link}&limit=50&include=notes").json()
    assert [one["contact_id"] for one in doubled["contacts"]] == [
        one["contact_id"] for one in plain["contacts"]
    ]


@pytest.mark.rule("cc-page-cursor-life")
def test_a_cursor_ends_after_a_day(sandbox: RunningSandbox) -> None:
    link = sandbox.constant_contact("GET", "/contacts", limit=2).json()["_links"]["next"]["href"]
    sandbox.advance(25 * 3600)
    assert sandbox.constant_contact("GET", link).status_code == 400


@pytest.mark.rule("cc-page-size-contacts", "cc-contacts-by-list")
@pytest.mark.parametrize(
    "query",
    [
        {"limit": 501},
        {"limit": 0},
        {"limit": "ten"},
        {"cursor": "nonsense"},
        {"status": "present"},
        {"include": "everything"},
        {"updated_after": "yesterday"},
        {"updated_after": "0001-01-01T00:00:00+14:00"},
        {"include_count": "some"},
        {"lists": ",".join(f"list-{number}" for number in range(26))},
    ],
    ids=lambda query: "=".join(map(str, next(iter(query.items())))),
)
def test_a_parameter_without_a_valid_value_is_refused(
    sandbox: RunningSandbox, query: dict[str, Any]
) -> None:
    answer = sandbox.constant_contact("GET", "/contacts", **query)
    assert answer.status_code == 400
    (name,) = query
    assert name in answer.json()[0]["error_message"]


@pytest.mark.rule("cc-dates-read", "cc-page-count-on-demand")
@pytest.mark.parametrize(
    "text",
    [
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00.000000+0000",
        "2020-01-01T00:00:00-05:00",
        "2020-01-01",
    ],
)
def test_times_are_taken_in_every_documented_spelling(sandbox: RunningSandbox, text: str) -> None:
    answer = sandbox.constant_contact("GET", "/contacts", updated_after=text, include_count="true")
    assert answer.status_code == 200
    assert answer.json()["contacts_count"] == len(answer.json()["contacts"])


@pytest.mark.rule("cc-contacts-status-default", "cc-contacts-status")
@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (None, {"explicit", "unsubscribed"}),
        ("active", {"explicit"}),
        ("unsubscribed", {"unsubscribed"}),
        ("deleted", {"deleted"}),
        ("active,deleted", {"explicit", "deleted"}),
        ("all", {"explicit", "unsubscribed", "deleted"}),
    ],
)
def test_a_status_shows_its_contacts(
    sandbox: RunningSandbox, status: str | None, shown: set[str]
) -> None:
    query: dict[str, Any] = {} if status is None else {"status": status}
    contacts = walk(sandbox, "/contacts", "contacts", limit=500, **query)
    assert {
        "deleted" if "deleted_at" in one else one["email_address"]["permission_to_send"]
        for one in contacts
    } == shown


@pytest.mark.rule("cc-contacts-by-list")
def test_contacts_of_a_list_are_found_by_it(sandbox: RunningSandbox) -> None:
    lists = walk(sandbox, "/contact_lists", "lists", include_membership_count="all")
    for one in lists:
        members = walk(sandbox, "/contacts", "contacts", lists=one["list_id"], status="all")
        assert len(members) == one["membership_count"] > 0


@pytest.mark.rule("cc-list-name-unique", "cc-list-answers", "cc-list-parameters")
def test_a_list_is_created_renamed_and_its_name_is_taken(sandbox: RunningSandbox) -> None:
    created = sandbox.constant_contact(
        "POST", "/contact_lists", {"name": "Clients", "description": "All of them"}
    )
    assert created.status_code == 201
    path = f"/contact_lists/{created.json()['list_id']}"
    assert (
        sandbox.constant_contact("POST", "/contact_lists", {"name": "clients"}).status_code == 409
    )
    renamed = sandbox.constant_contact("PUT", path, {"name": "Households"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Households")
    assert sandbox.constant_contact("GET", path).json() == renamed.json()
    named = walk(sandbox, "/contact_lists", "lists", name="Households")
    assert [one["list_id"] for one in named] == [created.json()["list_id"]]


@pytest.mark.rule("cc-list-delete-202", "cc-async-deletes")
def test_a_deleted_list_is_there_until_its_activity_is_done(sandbox: RunningSandbox) -> None:
    lists = walk(sandbox, "/contact_lists", "lists")
    list_id = lists[0]["list_id"]
    answer = sandbox.constant_contact("DELETE", f"/contact_lists/{list_id}")
    assert answer.status_code == 202
    self_link = answer.json()["_links"]["self"]["href"]
    assert sandbox.constant_contact("GET", self_link).json()["state"] == "processing"
    assert len(walk(sandbox, "/contact_lists", "lists")) == len(lists)
    sandbox.advance(2)
    assert sandbox.constant_contact("GET", self_link).json()["state"] == "completed"
    assert len(walk(sandbox, "/contact_lists", "lists")) == len(lists) - 1
    assert walk(sandbox, "/contacts", "contacts", lists=list_id, status="all") == []


@pytest.mark.rule("cc-list-membership-count-word")
def test_membership_counts_want_a_word_and_not_true(sandbox: RunningSandbox) -> None:
    answer = sandbox.constant_contact("GET", "/contact_lists", include_membership_count="true")
    assert answer.status_code == 400
    assert "include_membership_count" in answer.json()[0]["error_message"]


@pytest.mark.rule("cc-field-name", "cc-field-name-unique")
def test_a_custom_field_is_named_after_its_label_once(sandbox: RunningSandbox) -> None:
    body = {"label": "Client Since", "type": "date"}
    created = sandbox.constant_contact("POST", "/contact_custom_fields", body)
    assert created.status_code == 201
    assert created.json()["name"] == "client_since"
    again = sandbox.constant_contact("POST", "/contact_custom_fields", body)
    assert again.status_code == 409
    fields = walk(sandbox, "/contact_custom_fields", "custom_fields", limit=1)
    assert [one["label"] for one in fields] == ["Heard From", "Client Since"]


@pytest.mark.rule("cc-field-delete")
def test_deleting_a_custom_field_takes_its_values(sandbox: RunningSandbox) -> None:
    (field,) = walk(sandbox, "/contact_custom_fields", "custom_fields")
    path = f"/contact_custom_fields/{field['custom_field_id']}"
    assert sandbox.constant_contact("DELETE", path).status_code == 204
    contacts = walk(sandbox, "/contacts", "contacts", include="custom_fields")
    assert all(one["custom_fields"] == [] for one in contacts)


def test_the_account_says_who_it_is(sandbox: RunningSandbox) -> None:
    summary = sandbox.constant_contact("GET", "/account/summary").json()
    assert summary["encoded_account_id"]
    assert summary["organization_name"]
