"""A value of child records arrives by every road: a message of the person, and a night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS
from tests.journey.reconciling import planned, reconcile

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"
RELATION = "AccountContactRelation"
ROLES = """\
    roles:
      label: Roles
      child:
        of: AccountContactRelations
        field: Roles
        where: {field: IsActive, is: true}
        order_by: -StartDate
        take: all
      too_long: cut
"""


@pytest.fixture
def related(firm: Firm) -> tuple[Firm, str, str]:
    """A firm whose mapping tells roles; Ada, who is on a list, and her role in another client."""
    firm.sandbox.control("PUT", "/salesforce/features", {"contacts_to_multiple_accounts": True})
    files = read_files(MAPPINGS)
    files["contact.yaml"] += ROLES
    with firm.bridge.database.transaction() as tx:
        activate(tx, firm.bridge.connection_id, files, by="test")
    own, trust, past = (firm.create("Account", Name=name) for name in ("Moran", "Trust", "Past"))
    letter = firm.new_list()
    ada = firm.person(ADA, AccountId=own)
    role = firm.create(
        RELATION, AccountId=trust, ContactId=ada, Roles="Trustee", StartDate="2024-01-01"
    )
    firm.create(RELATION, AccountId=past, ContactId=ada, Roles="Owner", IsActive=False)
    firm.join(ada, letter)
    firm.member(BEN, letter)
    return firm, ada, role


def roles(firm: Firm, email: str) -> list[str]:
    return [field["value"] for field in firm.there(email)["custom_fields"] if field["value"]][-1:]


def test_a_message_of_the_person_brings_the_values_of_child_records(
    related: tuple[Firm, str, str],
) -> None:
    firm, ada, role = related
    firm.settle()
    assert roles(firm, ADA) == ["Trustee"]
    assert "Trustee" not in str(firm.there(BEN))
    firm.save(RELATION, role, Roles="Settlor")
    firm.change(ada, FirstName="Ada")
    firm.settle()
    assert roles(firm, ADA) == ["Settlor"]


def test_a_change_of_a_child_record_alone_is_seen_by_the_next_run(
    related: tuple[Firm, str, str],
) -> None:
    firm, ada, role = related
    reconcile(firm)
    assert roles(firm, ADA) == ["Trustee"]
    assert planned(firm, "contacts") == []
    other = firm.create("Account", Name="Foundation")
    firm.create(RELATION, AccountId=other, ContactId=ada, Roles="Patron", StartDate="2025-05-05")
    reconcile(firm)
    assert roles(firm, ADA) == ["Patron, Trustee"]
    firm.delete(RELATION, role)
    reconcile(firm)
    assert roles(firm, ADA) == ["Patron"]
