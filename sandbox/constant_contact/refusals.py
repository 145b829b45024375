"""How Constant Contact says no: three shapes of body, chosen by what refuses. Pure."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

THROTTLED = (429, {"error_key": "throttled", "error_message": "Too Many Requests"})
QUOTA_SPENT = (429, {"error_key": "quota_exceeded", "error_message": "Limit Exceeded"})
UNAUTHORIZED = (401, {"error_key": "unauthorized", "error_message": "Unauthorized"})


class Refusal(Exception):
    """The answer to a call that is not carried out.

    Attributes:
        status: HTTP status.
        body: JSON body: a list of errors for resources, one bare error for tokens and limits,
            OAuth's own shape at the token endpoint.
    """

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def _listed(status: int, key: str, message: str) -> Refusal:
    return Refusal(status, [{"error_key": key, "error_message": message}])


def invalid(faults: Iterable[str]) -> Refusal:
    """Return the 400 that names each fault, in one message as the vendor does."""
    return _listed(400, "contacts.api.validation.error", ", ".join(faults))


def unreadable_json() -> Refusal:
    """Return the 400 for a body that is not JSON."""
    return _listed(400, "contacts.api.json.invalid", "Body contains unparseable JSON")


def wrong_media_type() -> Refusal:
    """Return the 415 for a body that does not call itself JSON."""
    return _listed(415, "contacts.api.unsupported_media_type", "Content-Type is not supported")


def not_found(what: str, key: str = "contacts.api.not_found") -> Refusal:
    """Return the 404 for something that is not in the account."""
    return _listed(404, key, f"{what} not found")


def conflict(message: str) -> Refusal:
    """Return the 409 for something that exists already."""
    return _listed(409, "contacts.api.conflict", message)


def no_scope() -> Refusal:
    """Return the 403 for a grant that lacks a scope; a missing privilege looks the same."""
    return _listed(403, "forbidden", "Forbidden")


def report_refused(refusal: Refusal) -> Refusal:
    """Return a refusal as reports word it: one bare error instead of a list of errors.

    >>> report_refused(invalid(["limit does not have a valid value"])).body["error_key"]
    'reportingsvc.bad_request.invalid_query_param.'
    """
    if not isinstance(refusal.body, list):
        return refusal
    key, message = (refusal.body[0][name] for name in ("error_key", "error_message"))
    if refusal.status == HTTPStatus.BAD_REQUEST:
        key = "reportingsvc.bad_request.invalid_query_param."
    return Refusal(refusal.status, {"error_key": key, "error_message": message})


def report_not_found(parameter: str, value: str) -> Refusal:
    """Return the 404 of a report for something that the path names; the key ends in a period."""
    key = f"reportingsvc.not_found.invalid_path_param.{parameter}."
    return Refusal(404, {"error_key": key, "error_message": f"{parameter} {value} not found"})


def oauth_error(status: int, error: str, description: str) -> Refusal:
    """Return a refusal of the token endpoint."""
    return Refusal(status, {"error": error, "error_description": description})
