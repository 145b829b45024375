"""Whatever is sent to contacts, lists, tags, fields and activities, the stand-in answers for it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.constant_contact import api
from sandbox.constant_contact.bulk import resources as bulk
from tests.sandbox.cc import NOBODY, a_contact, a_field, a_list, a_tag

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

ROUTES = [
    (method, path)
    for resources in (api.RESOURCES, bulk.RESOURCES)
    for path, handlers in resources.items()
    for method in handlers
]
_CONTACT = {
    "first_name": "Ada",
    "birthday_month": 12,
    "birthday_day": 10,
    "anniversary": "1835-07-08",
    "email_address": {
        "address": "bob@example.org",
        "permission_to_send": "explicit",
        "opt_out_reason": "none",
    },
    "custom_fields": [{"custom_field_id": "$field", "value": "Quist", "choice_ids": ["1"]}],
    "phone_numbers": [{"phone_number": "555", "kind": "home"}],
    "street_addresses": [{"kind": "home", "city": "Salem"}],
    "list_memberships": ["$list"],
    "taggings": ["$tag"],
    "notes": [{"note_id": NOBODY, "content": "met"}],
    "sms_channel": {
        "full_sms_address": "17815551212",
        "dial_code": "1",
        "sms_channel_consents": [
            {"sms_consent_permission": "explicit", "consent_type": "promotional_sms"}
        ],
    },
    "create_source": "Account",
    "update_source": "Account",
}
_FIELD = {
    "label": "Pick",
    "type": "single_select",
    "version": 2,
    "metadata": {"display_type": "radio", "decimal_places": 1},
    "choices": [{"choice_id": 1, "choice_label": "One", "display_order": 1}],
}
_BULK = {
    "source": {"contact_ids": ["$contact"]},
    "exclude": {"contact_ids": [NOBODY]},
    "list_ids": ["$list"],
    "tag_ids": ["$tag"],
}
EXAMPLES: list[dict[str, Any]] = [
    _CONTACT,
    {**_CONTACT, "email_address": "bob@example.org", "phone_number": "5", "street_address": {}},
    {"name": "Clients", "description": "all", "favorite": True, "tag_source": "web"},
    _FIELD,
    _BULK,
    {**_BULK, "source": {"list_ids": ["$list"]}, "fields": ["email_address"]},
    {**_BULK, "source": {"engagement_level": "low"}, "status": "active"},
    {"contact_ids": ["$contact"], "custom_field_ids": ["$field"]},
    {
        "import_data": [
            {"email": "bob@example.org", "phone": "5", "birthday_day": 1, "cf:adviser": "Q"},
            {"sms_number": "7815551212", "anniversary": "2000-01-01", "home country": "US"},
        ],
        "list_ids": ["$list"],
        "sms_permission_to_send": "explicit",
    },
]
PARAMETERS = [
    "channel_type",
    "created_after",
    "cursor",
    "email",
    "include",
    "include_count",
    "include_membership_count",
    "limit",
    "lists",
    "optout_before",
    "segment_id",
    "sequence_ids",
    "sms_status",
    "state",
    "status",
    "tags",
    "updated_after",
]
WORDS = [
    "Account",
    "Contact",
    "explicit",
    "unsubscribed",
    "temp_hold",
    "home",
    "single_select",
    "date",
    "ada@example.org",
    "bob@example.org",
    "2024-01-31",
    "0001-01-01T00:00:00+14:00",
    "true",
    "all",
    "\ud800",
    "\x00",
    "",
    NOBODY,
    "$contact",
    "$list",
    "$tag",
    "$field",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**18)
    | st.floats(allow_nan=True)
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """Draw a body that is good but for one or two values anywhere in it."""
    body: Any = deepcopy(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(0, 2))):
        place, within = body, draw(st.integers(1, 4))
        for depth in range(within):
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if depth == within - 1 or not isinstance(place[key], dict | list):
                place[key] = draw(VALUES)
                break
            place = place[key]
    return body


QUERIES = st.dictionaries(
    st.sampled_from(PARAMETERS),
    st.sampled_from([word for word in WORDS if word != "\ud800"])
    | st.text("0123,a%-Z=", max_size=9),
    max_size=4,
)


def filled(value: Any, known: dict[str, str]) -> Any:
    """Put ids of what is there in the place of their names."""
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    if isinstance(value, dict):
        return {name: filled(one, known) for name, one in value.items()}
    return value


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(ROUTES), body=bodies() | VALUES, query=QUERIES, is_known=st.booleans())
def test_no_call_breaks_the_stand_in(
    sandbox: RunningSandbox,
    route: tuple[str, str],
    body: Any,
    query: dict[str, str],
    *,
    is_known: bool,
) -> None:
    sandbox.control("POST", "/reset")
    sandbox.control("PUT", "/constant-contact/policy", {"bulk_s": 0})
    known = {
        "$contact": a_contact(sandbox),
        "$list": a_list(sandbox),
        "$tag": a_tag(sandbox),
        "$field": a_field(sandbox, "Adviser"),
    }
    method, path = route
    for name in ("contact", "list", "tag", "field"):
        path = path.replace(f"{{{name}_id}}", known[f"${name}"] if is_known else "x%00")
    token = sandbox.line["observer"]["constant_contact_access_token"]
    answer = sandbox.session.request(
        method,
        f"{sandbox.line['constant_contact_url']}{path}",
        params=filled(query, known),
        data=json.dumps(filled(body, known)) if method in {"POST", "PUT"} else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=20,
    )
    assert answer.status_code < 500, answer.text
    pages = ("/contacts?status=all&include=custom_fields,notes", "/activities", "/contact_lists")
    for page in pages:
        assert sandbox.constant_contact("GET", page).status_code == 200
