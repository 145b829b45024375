"""The Constant Contact V3 API, as far as the bridge uses it: contacts, lists, custom fields.

Thin: each method is one call (or one walk over pages), takes and gives the vendor's JSON, and
raises the errors of `bridge.errors`. Nothing is tried again here except once after a 401: a call
without an answer may have been carried out, and whoever decides looks first.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests

from bridge.connections.wire import Bearer, date_of, open_session
from bridge.constant_contact.answers import next_href, read_answer, rows_of, unavailable
from bridge.constant_contact.bodies import encoded
from bridge.identity import email_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from bridge.connections.model import Connection
    from bridge.constant_contact.tokens import AccessTokens

logger = logging.getLogger(__name__)

API_URL = "https://api.cc.email/v3"
SUBRESOURCES = "custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes"

_UNAUTHORIZED = 401
_LISTS_A_PAGE = 500
_FIELDS_A_PAGE = 100
_HEADERS = {"Accept": "application/json"}
_OF_A_BODY = {"Content-Type": "application/json"}


class ConstantContact:
    """One connection's account, with every call asked for at the budget first.

    Not to be shared by threads.

    Attributes:
        answered_at: When it answered last, by its own clock (UTC); None where it does not say.
    """

    def __init__(
        self,
        connection: Connection,
        tokens: AccessTokens,
        take_slot: Callable[[], AbstractContextManager[None]],
        timeout_s: float,
    ) -> None:
        """Prepare the client; nothing is sent yet.

        Args:
            connection: Whose account it is.
            tokens: Gives and renews the access token.
            take_slot: Entered around every request to the API: returns when it may start, or
                raises, and is left when it was answered.
            timeout_s: Seconds to wait for each part of an answer.
        """
        self._url = connection.cc_url or API_URL
        self._tokens = tokens
        self._take_slot = take_slot
        self._session = open_session(timeout_s, self._url)
        # What no call changes is looked up once: requests would take as long for it as for a call.
        self._transport = self._session.merge_environment_settings(self._url, {}, None, None, None)
        self._headers = {**self._session.headers, **_HEADERS}
        self._name = connection.name
        self.answered_at: datetime | None = None

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def find_contact(self, address: str) -> dict[str, Any] | None:
        """Return the contact with this address in whatever state, deleted included, or None.

        Raises:
            RemoteError: Whatever `read_answer` says.
        """
        params = {"email": address, "status": "all", "include": SUBRESOURCES}
        contacts = rows_of(self._call("GET", "contacts", params=params), "contacts", "contact_id")
        for contact in contacts:
            there = contact.get("email_address")
            if isinstance(there, dict) and email_key(there.get("address")) == email_key(address):
                return contact
        return None

    def get_contact(self, contact_id: str) -> dict[str, Any]:
        """Return a contact with all its parts; a deleted one too.

        Raises:
            NotFoundRemotely: If there never was one.
        """
        answer = self._call("GET", f"contacts/{contact_id}", params={"include": SUBRESOURCES})
        return _resource(answer, "contact_id")

    def create_contact(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a contact and return it whole.

        Raises:
            Conflict: If the address is taken, be it by a deleted or unsubscribed contact.
            RecordRefused: If the content is refused.
        """
        return _resource(self._call("POST", "contacts", body=body), "contact_id")

    def put_contact(self, contact_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Replace a contact and return it whole; core properties that are left out become null.

        Raises:
            Conflict: If the address is taken by another contact.
            NotFoundRemotely: If it is not there.
            RecordRefused: If the content is refused.
        """
        return _resource(self._call("PUT", f"contacts/{contact_id}", body=body), "contact_id")

    def delete_contact(self, contact_id: str) -> None:
        """Delete a contact: it leaves its lists and keeps its permission, and can be brought back.

        Raises:
            NotFoundRemotely: If there never was one.
        """
        self._call("DELETE", f"contacts/{contact_id}", may_be_empty=True)

    def ask_to_confirm(self, contact_id: str, body: dict[str, Any]) -> None:
        """Have the one confirmation mailed that an unsubscribed contact can ever get.

        Nothing changes before the person confirms; then they are on the lists of `list_ids`.

        Raises:
            Conflict: If it was mailed before, or the contact is not unsubscribed.
            NotFoundRemotely: If it is not there.
            RecordRefused: If the content is refused.
        """
        self._call("PUT", f"contacts/resubscribe/{contact_id}", body=body, may_be_empty=True)

    def lists(self) -> Iterator[dict[str, Any]]:
        """Yield all lists that are not deleted; a list may come twice while lists change."""
        params = {"limit": str(_LISTS_A_PAGE), "status": "active"}
        return self.walk("contact_lists", params, "lists", "list_id")

    def get_list(self, list_id: str) -> dict[str, Any]:
        """Return a list.

        Raises:
            NotFoundRemotely: If it is not there.
        """
        return _resource(self._call("GET", f"contact_lists/{list_id}"), "list_id")

    def create_list(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a list and return it.

        Raises:
            Conflict: If the name is taken.
        """
        return _resource(self._call("POST", "contact_lists", body=body), "list_id")

    def put_list(self, list_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Replace name, description and favourite mark of a list and return it.

        Raises:
            Conflict: If the name is taken by another list.
            NotFoundRemotely: If it is not there.
        """
        return _resource(self._call("PUT", f"contact_lists/{list_id}", body=body), "list_id")

    def custom_fields(self) -> Iterator[dict[str, Any]]:
        """Yield all custom fields of the account."""
        params = {"limit": str(_FIELDS_A_PAGE)}
        return self.walk("contact_custom_fields", params, "custom_fields", "custom_field_id")

    def create_custom_field(self, label: str, type: str) -> dict[str, Any]:  # noqa: A002 -- their word
        """Create a custom field of a type like `string` or `date` and return it.

        Raises:
            Conflict: If the label is taken.
        """
        body = {"label": label, "type": type}
        return _resource(self._call("POST", "contact_custom_fields", body=body), "custom_field_id")

    def account(self) -> dict[str, Any]:
        """Return the account's summary: name, encoded id, time zone."""
        return _resource(self._call("GET", "account/summary"), "encoded_account_id")

    def get(self, path: str, params: dict[str, str] | None = None) -> Any:
        """Return the answer to one GET of a path of the API, or of a page that the vendor named.

        Raises:
            RemoteError: Whatever `read_answer` says.
        """
        return self._call("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the answer to one POST to a path of the API.

        Raises:
            RecordRefused: If the content is refused.
            RemoteError: Whatever `read_answer` says.
        """
        return self._call("POST", path, body=body)

    def delete(self, path: str) -> Any:
        """Return the answer to one DELETE of a path of the API.

        Raises:
            NotFoundRemotely: If it is not there.
            RemoteError: Whatever `read_answer` says.
        """
        return self._call("DELETE", path)

    def walk(
        self,
        path: str,
        params: dict[str, str] | None,
        rows: str,
        identity: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of all pages; see `rows_of` for what names them."""
        for page in self.pages(path, params):
            yield from rows_of(page, rows, identity)

    def pages(self, path: str, params: dict[str, str] | None = None) -> Iterator[Any]:
        """Yield the answers of all pages, by the vendor's own address of each next one.

        It is relative and holds `/v3` already, so it is joined to the origin alone.

        Raises:
            RemoteError: Whatever `read_answer` says; Unavailable where the pages go in a circle.
        """
        answer = self._call("GET", path, params=params)
        seen: set[str] = set()
        while True:
            yield answer
            href = next_href(answer)
            if href is None:
                return
            if href in seen:
                raise unavailable("the pages go round in a circle")
            seen.add(href)
            answer = self._call("GET", href)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        may_be_empty: bool = False,
    ) -> Any:
        url = self._address(path)
        token = self._tokens.access_token()
        response = self._send(method, url, token, params, body)
        if response.status_code == _UNAUTHORIZED:
            token = self._tokens.renew(token)
            response = self._send(method, url, token, params, body)
        return read_answer(response, may_be_empty=may_be_empty)

    def _address(self, path: str) -> str:
        """Return the address of a path of the API, or of a page that the vendor named."""
        if not path.startswith(("/", "http:", "https:")):
            return f"{self._url}/{path}"
        url = urljoin(self._url, path)
        if urlsplit(url)[:2] != urlsplit(self._url)[:2]:
            raise unavailable("the next page is on another server")
        return url

    def _send(
        self,
        method: str,
        url: str,
        token: str,
        params: dict[str, str] | None,
        body: dict[str, Any] | None,
    ) -> requests.Response:
        try:
            request = requests.PreparedRequest()
            request.prepare(
                method=method,
                url=url,
                headers=self._headers if body is None else self._headers | _OF_A_BODY,
                params=params,
                data=None if body is None else encoded(body),
                auth=Bearer(token),
            )
            with self._take_slot():
                response = self._session.send(request, **self._transport)
        except requests.RequestException as error:
            # Without the cause: its text has the address, and that may hold a person's.
            raise unavailable(f"no answer to {method} ({type(error).__name__})") from None
        self.answered_at = date_of(response)
        logger.debug(
            "constant_contact_call",
            extra={
                "connection": self._name,
                "method": method,
                "path": urlsplit(url).path,
                "status": response.status_code,
            },
        )
        return response


def _resource(answer: object, identity: str) -> dict[str, Any]:
    if isinstance(answer, dict) and isinstance(answer.get(identity), str):
        return answer
    raise unavailable(f"an answer without {identity}")
