"""The household of the story: three people, two of whom share one e-mail address. All invented."""

from __future__ import annotations

from dataclasses import dataclass

HOUSEHOLD = "Moran Household"
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
