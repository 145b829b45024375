"""The observer's eyes and hands: plain REST clients for both services and the sandbox's control.

The observer is an ordinary Salesforce user and an API application of its own at Constant Contact,
so nothing here spends the bridge's budget. No client library: what is shown is the interface.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import requests

from sandbox.demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TIMEOUT_S = 30.0
_CALL_EVERY_S = 0.26  # Constant Contact takes four calls a second from each application
_NOT_FOUND = 404
_THROTTLED = 429
_THROTTLED_TRIES = 5
INCLUDED = "custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes"


@dataclass(frozen=True)
class Call:
    """One call of the bridge.

    Attributes:
        at: Seconds since 1970, by the sandbox's clock.
        status: HTTP status of the answer, or None without one.
    """

    at: float
    status: int | None

    @property
    def is_throttled(self) -> bool:
        """Whether Constant Contact refused it as one too many."""
        return self.status == _THROTTLED


@dataclass(frozen=True)
class Effect:
    """One record that a call of the bridge wrote.

    Attributes:
        action: `create`, `update` or `delete`.
    """

    object: str
    id: str
    action: str


class _Client:
    """HTTP with a token, JSON both ways, and errors that say which call failed."""

    def __init__(self, system: str, url: str, token: str | None = None) -> None:
        self._system = system
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy or a .netrc has no part in loopback calls
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        """Make one call; an answer that is neither good nor 404 or 429 is an error.

        Raises:
            DemoError: With the system, the call and the beginning of the answer.
        """
        try:
            answer = self._session.request(
                method, f"{self._url}{path}", json=body, params=query, timeout=_TIMEOUT_S
            )
        except requests.RequestException as error:
            message = f"{self._system} does not answer {method} {path}: {type(error).__name__}"
            raise DemoError(message) from None
        if not answer.ok and answer.status_code not in {_NOT_FOUND, _THROTTLED}:
            message = f"{self._system} answered {answer.status_code} to {method} {path}"
            raise DemoError(f"{message}: {answer.text[:300]}")
        return answer

    def found(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        """Make one call on something that must be there.

        Raises:
            DemoError: As `call`, and for a 404.
        """
        answer = self.call(method, path, body, **query)
        if not answer.ok:
            message = f"{self._system} answered {answer.status_code} to {method} {path}"
            raise DemoError(message)
        return answer


class Salesforce(_Client):
    """Records of the sandbox org, saved as an ordinary user saves them."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__("Salesforce", url, token)
        self._version = self.found("GET", "/services/data").json()[-1]["url"]
        self._base = f"{self._version}/sobjects"

    def create(self, name: str, fields: Mapping[str, object]) -> str:
        """Create a record and return its id."""
        created = self.found("POST", f"{self._base}/{name}", fields).json()
        return str(created["id"])

    def update(self, name: str, record_id: str, fields: Mapping[str, object]) -> None:
        """Change fields of a record."""
        self.found("PATCH", f"{self._base}/{name}/{record_id}", fields)

    def delete(self, name: str, record_id: str) -> None:
        """Delete a record."""
        self.found("DELETE", f"{self._base}/{name}/{record_id}")

    def read(self, name: str, record_id: str) -> dict[str, Any]:
        """Return all fields of a record."""
        record: dict[str, Any] = self.found("GET", f"{self._base}/{name}/{record_id}").json()
        return record

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Return the records that a query finds, up to one page."""
        records: list[dict[str, Any]] = self.found("GET", f"{self._version}/query", q=soql).json()[
            "records"
        ]
        return records


class ConstantContact(_Client):
    """The sandbox account, read with an application of its own and its own budget."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__("Constant Contact", url, token)
        self._next_at = 0.0

    def call(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        """Make one call, no sooner than the vendor's limit allows."""
        for _ in range(_THROTTLED_TRIES):
            time.sleep(max(0.0, self._next_at - time.monotonic()))
            self._next_at = time.monotonic() + _CALL_EVERY_S
            answer = super().call(method, path, body, **query)
            if answer.status_code != _THROTTLED:
                return answer
        message = f"Constant Contact throttles {method} {path} again and again"
        raise DemoError(message)

    def find_list(self, name: str) -> dict[str, Any] | None:
        """Return the list of this name, or None."""
        found = self.found("GET", "/contact_lists", name=name).json()["lists"]
        return next((each for each in found if each["name"] == name), None)

    def read_list(self, list_id: str) -> dict[str, Any] | None:
        """Return the list, or None where there is none of this id."""
        answer = self.call("GET", f"/contact_lists/{list_id}")
        return answer.json() if answer.ok else None

    def create_list(self, name: str) -> str:
        """Create a list and return its id."""
        return str(self.found("POST", "/contact_lists", {"name": name}).json()["list_id"])

    def find_contact(self, address: str) -> dict[str, Any] | None:
        """Return the contact of an address with all its parts, in any state, or None."""
        answer = self.found("GET", "/contacts", email=address, status="all", include=INCLUDED)
        contacts: list[dict[str, Any]] = answer.json()["contacts"]
        return contacts[0] if contacts else None

    def replace_contact(self, contact: dict[str, Any]) -> None:
        """Write a contact back as it was read, with what the caller changed in it."""
        self.found(
            "PUT", f"/contacts/{contact['contact_id']}", contact | {"update_source": "Account"}
        )

    def contact_ids(self, list_id: str) -> list[str]:
        """Return the ids of the contacts on a list, up to one page."""
        found = self.found("GET", "/contacts", lists=list_id, limit="500").json()["contacts"]
        return [str(contact["contact_id"]) for contact in found]

    def add_to_lists(self, contact_ids: Sequence[str], list_ids: Sequence[str]) -> str:
        """Begin to put contacts on lists, all at once; return the id of the activity."""
        body = {"source": {"contact_ids": list(contact_ids)}, "list_ids": list(list_ids)}
        begun = self.found("POST", "/activities/add_list_memberships", body).json()
        return str(begun["activity_id"])

    def is_done(self, activity_id: str) -> bool:
        """Tell whether an activity has ended well."""
        state = self.found("GET", f"/activities/{activity_id}").json()["state"]
        return str(state).lower() == "completed"

    def create_custom_field(self, label: str) -> str:
        """Create a text field for contacts and return its id."""
        body = {"label": label, "type": "string"}
        return str(self.found("POST", "/contact_custom_fields", body).json()["custom_field_id"])


class Control(_Client):
    """The sandbox's control API: where messages go, what goes wrong, which calls were made."""

    def __init__(self, url: str) -> None:
        super().__init__("the sandbox", url)

    def send_messages_to(self, url: str) -> None:
        """Let every outbound message of the org go to this address."""
        self.found("PUT", "/salesforce/endpoint", {"url": url})

    def set_faults(self, faults: list[dict[str, object]]) -> None:
        """Put these faults in force, and no other."""
        self.found("PUT", "/faults", faults)

    def now(self) -> float:
        """Return the time of both services, in seconds since 1970."""
        told = self.found("GET", "/clock").json()["now"]
        return datetime.fromisoformat(told).timestamp()

    def advance_clock(self, seconds: float) -> None:
        """Let time go on for both services and the bridge."""
        self.found("POST", "/clock", {"advance_s": seconds})

    def send_campaign(self, campaign: Mapping[str, object]) -> int:
        """Send a campaign and let recipients act; return how many it was sent to."""
        return int(self.found("POST", "/constant-contact/campaigns", campaign).json()["sent"])

    def unsubscribe(self, email: str, reason: str | None) -> None:
        """Let a person unsubscribe from everything, as by the link in a mailing."""
        self.found("POST", "/constant-contact/unsubscribe", {"email": email, "reason": reason})

    def build_reports(self, reports: list[dict[str, object]]) -> None:
        """Have these reports in Salesforce."""
        self.found("PUT", "/salesforce/reports", reports)

    def waiting_messages(self) -> list[str]:
        """Return the ids of the notifications that Salesforce has not got rid of."""
        waiting = self.found("GET", "/salesforce/deliveries").json()
        return [str(each["notification_id"]) for each in waiting]

    def retry_messages(self, notification_ids: list[str]) -> None:
        """Let Salesforce try these notifications again now."""
        self.found("POST", "/salesforce/deliveries/retry", {"notification_ids": notification_ids})

    def bridge_calls(self) -> list[Call]:
        """Return the calls that the bridge made to Constant Contact, oldest first."""
        return [
            Call(at=float(call["at"]), status=call["status"])
            for call in self._of_bridge("constant_contact")
        ]

    def bridge_effects(self, side: str) -> list[Effect]:
        """Return what the bridge wrote to one side so far, as that side recorded it."""
        return [
            Effect(object=each["object"], id=each["id"], action=each["action"])
            for call in self._of_bridge(side)
            for each in call["effects"]
        ]

    def _of_bridge(self, side: str) -> list[dict[str, Any]]:
        calls = self.found("GET", "/calls", side=side).json()
        return [call for call in calls if call["owner"] == "bridge"]
