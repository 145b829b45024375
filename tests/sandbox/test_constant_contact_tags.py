"""Tags of the account, and who has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cc import NOBODY, a_contact, a_tag, activity, read

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox


@pytest.mark.rule("cc-tag-resource")
def test_a_tag_is_created_renamed_and_its_name_is_taken(sandbox: RunningSandbox) -> None:
    made = {"name": "Retired", "tag_source": "web"}
    created = sandbox.constant_contact("POST", "/contact_tags", made)
    assert created.status_code == 201
    tag = created.json()
    assert set(tag) == {"tag_id", "name", "tag_source", "created_at", "updated_at"}
    again = sandbox.constant_contact("POST", "/contact_tags", {"name": "RETIRED"})
    assert again.status_code == 409
    assert again.json()[0]["error_key"] == "contacts.api.conflict"
    path = f"/contact_tags/{tag['tag_id']}"
    body = {"name": "Emeritus", "tag_source": "elsewhere"}
    renamed = sandbox.constant_contact("PUT", path, body)
    assert renamed.status_code == 200
    assert renamed.json()["name"] == "Emeritus"
    assert renamed.json()["tag_source"] == "web"
    assert sandbox.constant_contact("GET", path).json() == renamed.json()
    other = a_tag(sandbox, "Other")
    clash = sandbox.constant_contact("PUT", f"/contact_tags/{other}", {"name": "emeritus"})
    assert clash.status_code == 409


@pytest.mark.rule("cc-tag-resource")
@pytest.mark.parametrize("name", [None, "", "x" * 256, 7, ["a"]], ids=repr)
def test_a_faulty_name_of_a_tag_is_refused(sandbox: RunningSandbox, name: object) -> None:
    assert sandbox.constant_contact("POST", "/contact_tags", {"name": name}).status_code == 400


@pytest.mark.rule("cc-tag-counts")
def test_contacts_of_a_tag_are_counted_on_demand(sandbox: RunningSandbox) -> None:
    tag_id = a_tag(sandbox)
    a_contact(sandbox, "ada@example.org", taggings=[tag_id])
    gone = a_contact(sandbox, "bob@example.org", taggings=[tag_id])
    sandbox.constant_contact("DELETE", f"/contacts/{gone}")
    for path, of in ((f"/contact_tags/{tag_id}", None), ("/contact_tags", "tags")):
        plain = sandbox.constant_contact("GET", path).json()
        counted = sandbox.constant_contact("GET", path, include_count="true").json()
        first: tuple[dict[str, Any], dict[str, Any]] = (
            (plain, counted) if of is None else (plain[of][0], counted[of][0])
        )
        assert "contacts_count" not in first[0]
        assert first[1]["contacts_count"] == 1
    answer = sandbox.constant_contact("GET", "/contact_tags", include_count="some")
    assert answer.status_code == 400


@pytest.mark.rule("cc-tag-paging", "cc-page-size-tags")
def test_a_link_of_tags_holds_another_one(sandbox: RunningSandbox) -> None:
    ids = [a_tag(sandbox, f"Tag {n}") for n in range(51)]
    assert len(sandbox.constant_contact("GET", "/contact_tags").json()["tags"]) == 50
    page = sandbox.constant_contact("GET", "/contact_tags", limit=20).json()
    seen = [one["tag_id"] for one in page["tags"]]
    while "_links" in page:
        link = page["_links"]["next"]
        assert link["next"]["href"] == link["href"]
        page = sandbox.constant_contact("GET", link["href"]).json()
        seen += [one["tag_id"] for one in page["tags"]]
    assert seen == ids
    assert sandbox.constant_contact("GET", "/contact_tags", limit=501).status_code == 400


@pytest.mark.rule("cc-tag-delete-202", "cc-async-deletes")
def test_a_deleted_tag_is_there_until_its_activity_is_done(sandbox: RunningSandbox) -> None:
    tag_id = a_tag(sandbox)
    contact_id = a_contact(sandbox, taggings=[tag_id])
    answer = sandbox.constant_contact("DELETE", f"/contact_tags/{tag_id}")
    assert answer.status_code == 202
    assert read(sandbox, contact_id)["taggings"] == [tag_id]
    sandbox.advance(2)
    assert activity(sandbox, answer.json()["activity_id"])["state"] == "completed"
    assert read(sandbox, contact_id)["taggings"] == []
    assert sandbox.constant_contact("GET", f"/contact_tags/{tag_id}").status_code == 404
    assert sandbox.constant_contact("DELETE", f"/contact_tags/{tag_id}").status_code == 404


@pytest.mark.rule("cc-contacts-by-tag")
def test_contacts_are_found_by_their_tags(sandbox: RunningSandbox) -> None:
    first, second, third = (a_tag(sandbox, name) for name in ("One", "Two", "Three"))
    ada = a_contact(sandbox, "ada@example.org", taggings=[first])
    bob = a_contact(sandbox, "bob@example.org", taggings=[second])
    a_contact(sandbox, "cay@example.org", taggings=[third])
    page = sandbox.constant_contact("GET", "/contacts", tags=f"{first},{second}").json()
    assert [one["contact_id"] for one in page["contacts"]] == [ada, bob]
    many = ",".join(f"tag-{n}" for n in range(51))
    assert sandbox.constant_contact("GET", "/contacts", tags=many).status_code == 400


@pytest.mark.rule("cc-contact-taggings")
def test_taggings_are_replaced_as_a_whole(sandbox: RunningSandbox) -> None:
    first, second = a_tag(sandbox, "One"), a_tag(sandbox, "Two")
    contact_id = a_contact(sandbox, taggings=[first])
    path = f"/contacts/{contact_id}"
    sandbox.constant_contact("PUT", path, {"update_source": "Account"})
    assert read(sandbox, contact_id)["taggings"] == [first]
    body = {"update_source": "Account", "taggings": [second]}
    assert sandbox.constant_contact("PUT", path, body).json()["taggings"] == [second]
    for taggings in ([NOBODY], [first] * 51, "all"):
        faulty = {**body, "taggings": taggings}
        assert sandbox.constant_contact("PUT", path, faulty).status_code == 400
