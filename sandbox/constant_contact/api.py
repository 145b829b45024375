"""The V3 resources: which path and method does what. Each handler is one line of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.constant_contact import (
    contacts,
    custom_fields,
    lists,
    render,
    search,
    sign_up,
    tags,
    xrefs,
)
from sandbox.constant_contact.bulk import render as bulk_render
from sandbox.effects import Effect

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Json
    from sandbox.constant_contact.policy import Policy
    from sandbox.effects import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """A call that has passed the gateway.

    Attributes:
        ids: The variable parts of the path.
        body: The JSON object that was sent; empty where the method takes none.
        now: Sandbox time.
        effects: What the call wrote; handlers that write add to it.
        raw: The body as it was sent.
    """

    account: Account
    policy: Policy
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    now: datetime
    effects: list[Effect]
    raw: bytes = b""
    content_type: str = ""

    def wrote(self, kind: str, record_id: str, action: Action) -> None:
        """Note what the call did to a record."""
        self.effects.append(Effect(object=kind, id=record_id, action=action))


Answer: TypeAlias = tuple[int, Any]
"""HTTP status and body: JSON, a `Text`, or None for an empty one."""

Handler: TypeAlias = Callable[[ApiCall], Answer]


def _get_contacts(call: ApiCall) -> Answer:
    found = search.search(call.account, call.policy, call.query, call.now)
    return 202 if "status" in found else 200, found


def _post_contact(call: ApiCall) -> Answer:
    contact = contacts.create(call.account, call.policy, call.body, call.now)
    call.wrote("contact", contact.contact_id, "create")
    return 201, render.contact(contact)


def _get_counts(call: ApiCall) -> Answer:
    return 200, search.counts(call.account, call.query, call.now)


def _get_contact_xrefs(call: ApiCall) -> Answer:
    return 200, xrefs.of_contacts(call.account, call.query)


def _get_list_xrefs(call: ApiCall) -> Answer:
    return 200, xrefs.of_lists(call.account, call.query)


def _post_sign_up(call: ApiCall) -> Answer:
    is_new, answer = sign_up.sign_up(call.account, call.policy, call.body, call.now)
    call.wrote("contact", answer["contact_id"], "create" if is_new else "update")
    return 201 if is_new else 200, answer


def _put_resubscribe(call: ApiCall) -> Answer:
    contact_id = call.ids["contact_id"]
    contacts.resubscribe(call.account, contact_id, call.body)
    call.wrote("contact", contact_id, "update")
    return 200, None


def _get_contact(call: ApiCall) -> Answer:
    include = search.read_include(call.query)
    return 200, render.contact(contacts.find(call.account, call.ids["contact_id"]), include)


def _put_contact(call: ApiCall) -> Answer:
    contact_id = call.ids["contact_id"]
    contact = contacts.replace(call.account, call.policy, contact_id, call.body, call.now)
    call.wrote("contact", contact_id, "update")
    return 200, render.contact(contact)


def _delete_contact(call: ApiCall) -> Answer:
    contact_id = call.ids["contact_id"]
    if contacts.delete(call.account, contact_id, call.now):
        call.wrote("contact", contact_id, "delete")
    return 204, None


def _get_lists(call: ApiCall) -> Answer:
    return 200, lists.search(call.account, call.policy, call.query, call.now)


def _post_list(call: ApiCall) -> Answer:
    contact_list = lists.create(call.account, call.body, call.now)
    call.wrote("contact_list", contact_list.list_id, "create")
    return 201, render.contact_list(contact_list)


def _get_list(call: ApiCall) -> Answer:
    return 200, lists.show(call.account, call.ids["list_id"], call.query)


def _put_list(call: ApiCall) -> Answer:
    list_id = call.ids["list_id"]
    contact_list = lists.replace(call.account, list_id, call.body, call.now)
    call.wrote("contact_list", list_id, "update")
    return 200, render.contact_list(contact_list)


def _delete_list(call: ApiCall) -> Answer:
    list_id = call.ids["list_id"]
    activity = lists.delete(call.account, list_id, call.now)
    call.wrote("contact_list", list_id, "delete")
    return 202, bulk_render.activity(activity)


def _get_tags(call: ApiCall) -> Answer:
    return 200, tags.search(call.account, call.query, call.now)


def _post_tag(call: ApiCall) -> Answer:
    tag = tags.create(call.account, call.body, call.now)
    call.wrote("tag", tag.tag_id, "create")
    return 201, render.tag(tag)


def _get_tag(call: ApiCall) -> Answer:
    return 200, tags.show(call.account, call.ids["tag_id"], call.query)


def _put_tag(call: ApiCall) -> Answer:
    tag = tags.rename(call.account, call.ids["tag_id"], call.body, call.now)
    call.wrote("tag", tag.tag_id, "update")
    return 200, render.tag(tag)


def _delete_tag(call: ApiCall) -> Answer:
    tag_id = call.ids["tag_id"]
    activity = tags.delete(call.account, tag_id, call.now)
    call.wrote("tag", tag_id, "delete")
    return 202, bulk_render.activity(activity)


def _get_custom_fields(call: ApiCall) -> Answer:
    return 200, custom_fields.search(call.account, call.query, call.now)


def _post_custom_field(call: ApiCall) -> Answer:
    custom_field = custom_fields.create(call.account, call.body, call.now)
    call.wrote("custom_field", custom_field.custom_field_id, "create")
    return 201, render.custom_field(custom_field)


def _get_custom_field(call: ApiCall) -> Answer:
    return 200, render.custom_field(custom_fields.find(call.account, call.ids["field_id"]))


def _put_custom_field(call: ApiCall) -> Answer:
    field_id = call.ids["field_id"]
    custom_field = custom_fields.replace(call.account, field_id, call.body, call.now)
    call.wrote("custom_field", field_id, "update")
    return 200, render.custom_field(custom_field)


def _delete_custom_field(call: ApiCall) -> Answer:
    field_id = call.ids["field_id"]
    custom_fields.delete(call.account, field_id)
    call.wrote("custom_field", field_id, "delete")
    return 204, None


RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    "/contacts": {"GET": _get_contacts, "POST": _post_contact},
    "/contacts/counts": {"GET": _get_counts},
    "/contacts/contact_id_xrefs": {"GET": _get_contact_xrefs},
    "/contacts/sign_up_form": {"POST": _post_sign_up},
    "/contacts/resubscribe/{contact_id}": {"PUT": _put_resubscribe},
    "/contacts/{contact_id}": {
        "GET": _get_contact,
        "PUT": _put_contact,
        "DELETE": _delete_contact,
    },
    "/contact_lists": {"GET": _get_lists, "POST": _post_list},
    "/contact_lists/list_id_xrefs": {"GET": _get_list_xrefs},
    "/contact_lists/{list_id}": {"GET": _get_list, "PUT": _put_list, "DELETE": _delete_list},
    "/contact_tags": {"GET": _get_tags, "POST": _post_tag},
    "/contact_tags/{tag_id}": {"GET": _get_tag, "PUT": _put_tag, "DELETE": _delete_tag},
    "/contact_custom_fields": {"GET": _get_custom_fields, "POST": _post_custom_field},
    "/contact_custom_fields/{field_id}": {
        "GET": _get_custom_field,
        "PUT": _put_custom_field,
        "DELETE": _delete_custom_field,
    },
}
"""Path below `/v3` -> method -> handler; an earlier path wins over a later one."""
