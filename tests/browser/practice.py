"""A firm that runs the bridge: its staff, and both systems as they see them; no code under test.

Whoever opens a page logs in with Salesforce, on Salesforce's own page. What came of their work is
read from both systems with keys that are not the bridge's.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.faults.installation import until
from tests.journey.firm import BASE, LIST, MEMBERSHIP

if TYPE_CHECKING:
    from tests.faults.installation import Installation
    from tests.fix_sandbox import RunningSandbox

MARKETING = "Constant Contact Marketing"
INTERACTION = "practifi__Interaction__c"
WITHIN_S = 60.0
QUERY = "/services/data/v66.0/query"


@dataclass
class Practice:
    """Both systems of a firm, and the windows of those who work there.

    Attributes:
        staff: Name -> user of the organization.
        wrong: What a page said that it should not have.
    """

    installation: Installation
    chromium: Any
    staff: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _windows: list[Any] = field(default_factory=list)

    @property
    def sandbox(self) -> RunningSandbox:
        """Both services."""
        return self.installation.sandbox

    # The staff, in the browser

    def hire(self, name: str, *, is_marketing: bool = False) -> str:
        """Give the organization a user, perhaps with the permission set for marketing."""
        first, _, last = name.partition(" ")
        body = {"first_name": first, "last_name": last}
        self.staff[name] = self.sandbox.control("POST", "/salesforce/users", body)["id"]
        if is_marketing:
            found = self._rows(f"SELECT Id FROM PermissionSet WHERE Label = '{MARKETING}'")  # noqa: S608 -- SOQL
            given = found[0]["Id"] if found else self._permission_set()
            values = {"AssigneeId": self.staff[name], "PermissionSetId": given}
            self.create("PermissionSetAssignment", **values)
        return name

    def _permission_set(self) -> str:
        return self.create("PermissionSet", Name=MARKETING.replace(" ", "_"), Label=MARKETING)

    def first_day(self) -> Any:
        """Return the window of whoever has the server: a link of the command line is open in it."""
        page = self._window()
        page.goto(self._link())
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Home").wait_for()
        return page

    def _link(self) -> str:
        command = [str(Path(sys.executable).with_name("bridge")), "console", "link", "--json"]
        done = subprocess.run(  # noqa: S603 -- our own program
            command,
            capture_output=True,
            text=True,
            cwd=self.installation.folder,
            env=self.installation.environment(),
            timeout=WITHIN_S,
            check=True,
        )
        return f"{self.url}{urlsplit(json.loads(done.stdout)['url']).path}"

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.installation.port}"

    def opens(self, name: str, path: str) -> Any:
        """Return the window of one of the staff, who follows a button to an address and logs in."""
        page = self._window()
        page.goto(f"{self.url}{path}")
        page.get_by_role("link", name="Log in with Salesforce").click()
        page.locator("select").select_option(self.staff[name])
        page.get_by_role("button", name=re.compile("allow", re.IGNORECASE)).click()
        page.wait_for_url(f"{self.url}/**")
        return page

    def has_role(self, name: str, *roles: str) -> None:
        """Let somebody log in, and an administrator give them roles."""
        self.opens(name, "/")
        page = self.first_day()
        page.goto(f"{self.url}/settings/access")
        group = page.get_by_role("group", name=f"Roles of {name}")
        for role in roles:
            group.get_by_label(role, exact=True).check()
        page.get_by_role("button", name=f"Save the roles of {name}").click()
        page.get_by_text("Saved").first.wait_for()

    def _window(self) -> Any:
        context = self.chromium.new_context()
        context.set_default_timeout(WITHIN_S * 1000)
        self._windows.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        return page

    def close(self) -> None:
        """Close every window."""
        for context in self._windows:
            context.close()
        self._windows.clear()

    # Practifi

    def create(self, name: str, **fields: object) -> str:
        """Enter a record and return its id."""
        answer = self.sandbox.salesforce("POST", f"{BASE}/{name}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def change(self, contact: str, **fields: object) -> None:
        """Save a contact."""
        answer = self.sandbox.salesforce("PATCH", f"{BASE}/Contact/{contact}", fields)
        assert answer.status_code == 204, answer.text

    def household(self, name: str, *people: str) -> tuple[str, list[str]]:
        """Enter a household with people, each with an address; return its id and theirs."""
        client = self.create("Account", Name=f"{name} Household")
        contacts = [
            self.create(
                "Contact",
                AccountId=client,
                FirstName=first,
                LastName=name,
                Email=address(first, name),
                MailingCity=name,
            )
            for first in people
        ]
        return client, contacts

    def new_list(self, name: str) -> str:
        """Enter a list, and return its id once it is in Constant Contact."""
        made = self.create(LIST, Name=name)
        until(lambda: name in self.lists_there(), f"{name} is there", within_s=WITHIN_S)
        return made

    def join(self, contact: str, list_id: str) -> None:
        """Enter a membership, and wait until it is in Constant Contact."""
        fields = {"practifi__Contact__c": contact, "practifi__Constant_Contact_List__c": list_id}
        made = self.create(MEMBERSHIP, **fields)
        until(
            lambda: self._record(MEMBERSHIP, made)["CC_Bridge_Status__c"] == "Confirmed",
            "the membership is confirmed",
            within_s=WITHIN_S,
        )

    def ticked(self, contact: str) -> bool:
        """Return *Do Not Email* as Practifi has it."""
        return bool(self._record("Contact", contact)["HasOptedOutOfEmail"])

    def lists_in_practifi(self, contact: str) -> list[str]:
        """Return the names of the lists that a contact is on by its memberships."""
        name = "practifi__Constant_Contact_List__r"
        soql = f"SELECT {name}.Name FROM {MEMBERSHIP} WHERE practifi__Contact__c = '{contact}'"  # noqa: S608 -- SOQL
        return sorted(row[name]["Name"] for row in self._rows(soql))

    def interactions(self, contact: str) -> list[dict[str, Any]]:
        """Return the Interaction records of a contact."""
        soql = (
            f"SELECT practifi__Subject__c, practifi__Client__c FROM {INTERACTION} "  # noqa: S608 -- SOQL
            f"WHERE practifi__Person__c = '{contact}'"
        )
        return self._rows(soql)

    def _record(self, name: str, record_id: str) -> dict[str, Any]:
        answer = self.sandbox.salesforce("GET", f"{BASE}/{name}/{record_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def _rows(self, soql: str) -> list[dict[str, Any]]:
        answer = self.sandbox.salesforce("GET", QUERY, q=soql)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["records"]
        return found

    # Constant Contact

    def lists_there(self) -> dict[str, str]:
        """Return the lists of the account: name -> id."""
        answer = self.sandbox.constant_contact("GET", "/contact_lists", limit=500)
        return {one["name"]: one["list_id"] for one in answer.json()["lists"]}

    def there(self, email: str) -> dict[str, Any] | None:
        """Return the contact with an address, or None."""
        found = self.sandbox.constant_contact(
            "GET", "/contacts", email=email, status="all", include="list_memberships"
        ).json()["contacts"]
        assert len(found) <= 1, found
        return found[0] if found else None

    def known(self, email: str) -> dict[str, Any]:
        """Return the contact with an address, which there has to be."""
        contact = self.there(email)
        assert contact is not None, email
        return contact

    def lists_of(self, email: str) -> list[str]:
        """Return the names of the lists that an address is on."""
        names = {list_id: name for name, list_id in self.lists_there().items()}
        return sorted(names[list_id] for list_id in self.known(email)["list_memberships"])

    def permission(self, email: str) -> str:
        """Return the permission to send of an address."""
        return str(self.known(email)["email_address"]["permission_to_send"])

    def change_there(self, email: str, **fields: object) -> None:
        """Change a contact by hand, as the firm's staff could."""
        contact = self.known(email)
        body = contact | {"update_source": "Account"} | fields
        answer = self.sandbox.constant_contact("PUT", f"/contacts/{contact['contact_id']}", body)
        assert answer.status_code == 200, answer.text

    def unsubscribes(self, email: str) -> None:
        """A recipient clicks *Unsubscribe*."""
        self.sandbox.control("POST", "/constant-contact/unsubscribe", {"email": email})

    def send(self, list_name: str, *activities: dict[str, object], name: str) -> None:
        """Send a mailing to a list; recipients act on it."""
        body = {
            "name": name,
            "subject": "What markets did",
            "list_ids": [self.lists_there()[list_name]],
            "activities": list(activities),
        }
        self.sandbox.control("POST", "/constant-contact/campaigns", body)


def until_shown(page: Any, what: Any) -> None:
    """Load a page again, as somebody who waits for news does, until something is on it."""

    def is_shown() -> bool:
        if what.first.is_visible():
            return True
        page.reload()
        return bool(what.first.is_visible())

    until(is_shown, f"{what} is shown", within_s=WITHIN_S)


def address(first: str, last: str) -> str:
    """Return the address that somebody has at their home.

    >>> address("Ann", "Moran")
    'ann.moran@example.org'
    """
    return f"{first}.{last}@example.org".lower()
