"""The people of the story: a household of whom two share an e-mail address, and another one.

All invented.
"""

from __future__ import annotations

from dataclasses import dataclass

HOUSEHOLD, NEIGHBOURS = "Moran Household", "Quist Household"
SHARED_ADDRESS = "moran.family@example.org"
OWN_ADDRESS = "ines.moran@example.org"
NEW_SURNAME, NEW_MOBILE = "Moran-Adeyemi", "+1 415 555 0199"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A member of the household, as an adviser enters it."""

    first_name: str
    email: str
    mobile: str
    last_name: str = "Moran"
    city: str = "Sausalito"
    household: str = HOUSEHOLD

    @property
    def full_name(self) -> str:
        """First name and surname, as they were entered."""
        return f"{self.first_name} {self.last_name}"

    def as_contact(self, account_id: str) -> dict[str, object]:
        """Return the fields of the Salesforce Contact."""
        return {
            "AccountId": account_id,
            "FirstName": self.first_name,
            "LastName": self.last_name,
            "Email": self.email,
            "MobilePhone": self.mobile,
            "MailingStreet": "12 Alder Row",
            "MailingCity": self.city,
            "MailingState": "CA",
            "MailingPostalCode": "94965",
            "MailingCountry": "United States",
        }


EDITH = Person(first_name="Edith", email=SHARED_ADDRESS, mobile="+1 415 555 0101")
WALTER = Person(first_name="Walter", email=SHARED_ADDRESS, mobile="+1 415 555 0102")
INES = Person(first_name="Ines", email=OWN_ADDRESS, mobile="+1 415 555 0103")

NORA, TOMAS, PETRA = (
    Person(
        first_name=name,
        last_name="Quist",
        email=f"{name.lower()}.quist@example.org",
        mobile=mobile,
        household=NEIGHBOURS,
    )
    for name, mobile in (
        ("Nora", "+1 415 555 0104"),
        ("Tomas", "+1 415 555 0105"),
        ("Petra", "+1 415 555 0106"),
    )
)
