"""A console over a bridge that is connected to the sandbox, and a household of its firm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bridge.app import create_app
from bridge.console.access.people import begin_session, make_link, meet
from tests.console.browsing import Browser
from tests.fix_bridge import serving
from tests.journey.firm import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.browsing import Seen
    from tests.fix_bridge import RunningBridge


@dataclass
class Office:
    """A firm at work in the console: the household of Ann and Bob, and the lists of the firm.

    Attributes:
        client: The household's account.
        people: First name -> contact.
        lists: Name -> list.
        woken: Topics that were woken, in order.
    """

    firm: Firm
    url: str
    client: str = ""
    people: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    woken: list[str] = field(default_factory=list)

    @property
    def bridge(self) -> RunningBridge:
        """The bridge behind it."""
        return self.firm.bridge

    @property
    def path(self) -> str:
        """The address of the household's page."""
        return f"/clients/{self.client}/memberships"

    def log_in(self, *roles: str, user_id: str | None = None, name: str = "Ann Adviser") -> Browser:
        """Return the browser of a user of the organization."""
        with self.bridge.database.transaction() as tx:
            person = meet(tx, self.bridge.connection_id, user_id or self.user(), name)
            tx.execute(
                "UPDATE console_person SET roles = %s WHERE id = %s", (list(roles), person.id)
            )
            token = begin_session(tx, person)
        browser = Browser(self.url)
        browser.session.cookies.set("bridge-session", token)
        return browser

    def log_in_by_link(self) -> Browser:
        """Return the browser of an administrator who is no user of the organization."""
        with self.bridge.database.transaction() as tx:
            link = f"/login/{make_link(tx, by='root')}"
        browser = Browser(self.url)
        browser.press(browser.get(link), "Log in")
        return browser

    def user(self) -> str:
        """Return the user of the organization that is not the bridge's own."""
        own = self.bridge.connection.sf_user_id
        soql = f"SELECT Id FROM User WHERE Id != '{own}' ORDER BY Username"  # noqa: S608 -- SOQL
        found = self.firm.sandbox.salesforce("GET", "/services/data/v66.0/query", q=soql).json()
        return str(found["records"][0]["Id"])

    def person(self, name: str, email: str | None, **fields: object) -> str:
        """Add somebody to the household."""
        first, _, last = name.partition(" ")
        self.people[first] = self.firm.person(
            email, AccountId=self.client, FirstName=first, LastName=last or "Moran", **fields
        )
        return self.people[first]

    def new_list(self, name: str) -> str:
        """Add a list to the firm."""
        self.lists[name] = self.firm.new_list(name)
        return self.lists[name]

    def limit(self, record_id: str, level: str) -> None:
        """Say what the user may at most do with a record."""
        body = [{"user_id": self.user(), "record_id": record_id, "level": level}]
        self.firm.sandbox.control("PUT", "/salesforce/access", body)

    def open(self, browser: Browser) -> Seen:
        """Open the household's page."""
        return browser.get(self.path)

    def add(self, browser: Browser, seen: Seen, person: str, list_name: str) -> Seen:
        """Add a row to what is being entered."""
        seen = browser.press(seen, "Add")
        fields = seen.form_with("Save").fields
        chosen = {"contact": self.people[person], "list": self.lists[list_name]}
        for name, value in chosen.items():
            before = fields[name]
            entered = before if isinstance(before, list) else [before]
            seen.form_with("Save").fields[name] = [*entered[:-1], value]
        return seen

    def save(self, browser: Browser, seen: Seen, **changed: object) -> Seen:
        """Press Save, and Save again below the plan, as without scripts."""
        return browser.press(browser.press(seen, "Save", **changed), "Save")

    def in_practifi(self, person: str) -> list[str]:
        """Return the names of the lists that somebody is on in Practifi."""
        soql = (
            "SELECT practifi__Constant_Contact_List__r.Name "  # noqa: S608 -- SOQL
            "FROM practifi__Constant_Contact_Membership__c "
            f"WHERE practifi__Contact__c = '{self.people[person]}'"
        )
        found = self.firm.sandbox.salesforce("GET", "/services/data/v66.0/query", q=soql).json()
        return sorted(row["practifi__Constant_Contact_List__r"]["Name"] for row in found["records"])

    def there(self, email: str) -> list[str]:
        """Return the names of the lists that an address is on in Constant Contact."""
        names = {self.firm.cc_list_id(one): name for name, one in self.lists.items()}
        return sorted(names[one] for one in self.firm.lists_of(email))


@pytest.fixture
def office(bridge: RunningBridge) -> Iterator[Office]:
    """A household with Ann and Bob, who have an address each, and two lists; Ann is on one."""
    kit = bridge.installation
    firm = Firm(bridge, bridge.sandbox)
    made = Office(firm=firm, url="")

    def wake(topics: frozenset[str]) -> None:
        made.woken.extend(sorted(topics))

    with serving(create_app(kit.settings, kit.database, kit.keyring, wake)) as url:
        made.url = url
        made.client = firm.create("Account", Name="Moran Household")
        made.person("Ann", "ann@example.org")
        made.person("Bob", "bob@example.org")
        for name in ("Newsletter", "Market Notes"):
            made.new_list(name)
        firm.join(made.people["Ann"], made.lists["Newsletter"])
        firm.settle()
        yield made
