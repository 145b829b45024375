"""Garbage of every kind against every route: each answer is the vendor's, none is a 5xx.

`BRIDGE_FUZZ_S` says how many seconds each application gets; `make fuzz` gives them ten minutes.
"""

from __future__ import annotations

import os
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from starlette.applications import Starlette

from sandbox.constant_contact.app import create_constant_contact
from sandbox.control import Control
from sandbox.salesforce.app import create_salesforce
from sandbox.world import World
from tests.fuzz.asgi import Call, call
from tests.fuzz.garbage import calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

SECONDS = float(os.environ.get("BRIDGE_FUZZ_S", "0"))
_SUITE_S = 4
_ROUND = 150
_NOT_BUILT = 501

Target = tuple["ASGIApp", list["BaseRoute"], list[str], dict[str, str]]


def _constant_contact() -> Target:
    stand_in = create_constant_contact(World())
    account = stand_in.account
    words = [
        *account.contacts,
        *account.lists,
        *account.custom_fields,
        *("contacts", "lists", "limit", "cursor", "status", "include", "email", "address"),
        *("email_address", "permission_to_send", "explicit", "first_name", "update_source"),
        *("create_source", "Account", "Contact", "list_memberships", "custom_fields", "value"),
        *("custom_field_id", "label", "name", "choices", "list_ids", "source", "contact_ids"),
        *(
            "taggings",
            "tag_ids",
            "notes",
            "content",
            "phone_numbers",
            "kind",
            "home",
            "import_data",
        ),
        *("segment_criteria", "scheduled_date", "email_campaign_activities", "subject", "string"),
        *("updated_after", "start", "end", "sequence_ids", "all", "active", "include_count"),
        *("street_addresses", "sms_channel", "birthday_month", "anniversary", "type", "sort_by"),
        *("client_id", "grant_type", "refresh_token", "code", "redirect_uri", "scope", "state"),
    ]
    headers = {"Authorization": f"Bearer {stand_in.observer_token}"}
    return stand_in.app, _routes(stand_in.app), words, headers


def _salesforce() -> Target:
    stand_in = create_salesforce(World())
    tables = stand_in.org.tables
    some = [str(row["Id"]) for name in ("Contact", "Account") for row in list(tables[name])[:5]]
    words = [
        *some,
        *("66.0", "59.0", "Contact", "Account", "Task", "Event", "Id", "LastName", "Email", "q"),
        *("records", "allOrNone", "attributes", "type", "ids", "fields", "start", "end", "Name"),
        *("AccountId", "Birthdate", "HasOptedOutOfEmail", "OwnerId", "Account__r", "Account"),
        *("compositeRequest", "method", "url", "referenceId", "graphs", "operation", "object"),
        *("insert", "upsert", "query", "contentType", "CSV", "lineEnding", "externalIdFieldName"),
        *("state", "UploadComplete", "Aborted", "maxRecords", "locator", "columnDelimiter"),
        "SELECT Id, Account.Name, (SELECT Id FROM Tasks) FROM Contact WHERE Name LIKE 'a%'",
        "SELECT COUNT() FROM Contact GROUP BY Name",
        "SELECT Id FROM Contact ORDER BY LastName NULLS LAST LIMIT 99999999999 OFFSET 2",
        "SELECT Id FROM Contact WHERE CreatedDate > LAST_N_DAYS:99999999999",
    ]
    headers = {"Authorization": f"Bearer {stand_in.observer_token}"}
    return stand_in.app, _routes(stand_in.app), words, headers


def _control() -> Target:
    world = World()
    constant_contact = create_constant_contact(world)
    app = Control(
        world=world, salesforce=create_salesforce(world), constant_contact=constant_contact
    ).app()
    words = [
        *list(constant_contact.account.lists),
        *("url", "http://127.0.0.1:9/", "notification_ids", "retry_factor", "email", "reason"),
        *("marta.oyelaran@example.org", "list_id", "list_ids", "name", "subject", "links"),
        *("draft", "activities", "kind", "open", "click", "after_s", "to", "new", "non_openers"),
        *("enforced", "per_second", "window_s", "per_day", "refresh_tokens", "list_delete_s"),
        *("advance_s", "side", "salesforce", "constant_contact", "path", "times", "share", "skip"),
        *("latency_s", "error_500", "observer", "("),
    ]
    return app, _routes(app), words, {}


def _routes(app: Any) -> list[BaseRoute]:
    """Return the routes of an application, whatever stands in front of it."""
    while not isinstance(app, Starlette):
        app = app._app
    return list(app.routes)


TARGETS = {
    "constant_contact": _constant_contact,
    "salesforce": _salesforce,
    "control": _control,
}


@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("target", TARGETS)
def test_garbage_is_never_a_fault_of_the_server(
    target: str, scaled: Callable[[int], int], tell: Callable[[str], None]
) -> None:
    app, routes, words, headers = TARGETS[target]()
    count, end = 0, time.monotonic() + (SECONDS or scaled(_SUITE_S))

    @settings(
        max_examples=_ROUND,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(calls(routes, words, headers))
    def try_one(garbage: Call) -> None:
        nonlocal count
        count += 1
        try:
            answer = call(app, garbage)
        except Exception:  # noqa: BLE001 - whatever it is, a server would answer 500
            pytest.fail(f"{garbage.curl()}\n{traceback.format_exc()}", pytrace=False)
        # A refused SOAP login is a 500 by that protocol.
        is_fault = answer.status >= 500 and "xml" not in answer.media_type
        if is_fault and answer.status != _NOT_BUILT:
            pytest.fail(f"{answer.status}: {garbage.curl()}\n{answer.body!r}", pytrace=False)

    while time.monotonic() < end:
        try_one()
    tell(f"fuzz: {target}: {count:,} calls, no 5xx")
