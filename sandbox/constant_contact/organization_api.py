"""The V3 resources of the account itself: which path and method does what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.constant_contact import organization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.constant_contact.api import Answer, ApiCall, Handler

PRIVILEGES = (
    "contacts:read",
    "contacts:write",
    "contacts:lists:read",
    "contacts:lists:write",
    "ui:campaign:metrics",
)


def _get_summary(call: ApiCall) -> Answer:
    return 200, organization.summary(call.account, call.query)


def _put_summary(call: ApiCall) -> Answer:
    return 200, organization.change_summary(call.account, call.body)


def _get_physical_address(call: ApiCall) -> Answer:
    return 200, organization.physical_address(call.account)


def _post_physical_address(call: ApiCall) -> Answer:
    return 201, organization.add_physical_address(call.account, call.body)


def _put_physical_address(call: ApiCall) -> Answer:
    return 200, organization.replace_physical_address(call.account, call.body)


def _get_emails(call: ApiCall) -> Answer:
    return 200, organization.emails(call.account, call.query)


def _post_email(call: ApiCall) -> Answer:
    return 201, organization.add_email(call.account, call.body)


def _get_privileges(call: ApiCall) -> Answer:
    return 200, [
        {"privilege_id": number, "privilege_name": name}
        for number, name in enumerate(PRIVILEGES, start=1)
        if name not in call.policy.missing_privileges
    ]


RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    "/account/summary": {"GET": _get_summary, "PUT": _put_summary},
    "/account/summary/physical_address": {
        "GET": _get_physical_address,
        "POST": _post_physical_address,
        "PUT": _put_physical_address,
    },
    "/account/emails": {"GET": _get_emails, "POST": _post_email},
    "/account/user/privileges": {"GET": _get_privileges},
}
"""Path below `/v3` -> method -> handler."""
