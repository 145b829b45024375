"""A firm on its first day, with a difference of each kind; no code under test here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.first_day.cli import FirstDay
from reconciler.terminal import DONE, Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.first_day.model import Findings
    from tests.journey.firm import Firm

ADA, BEN, CY, DAN = (f"{name}@example.org" for name in ("ada", "ben", "cy", "dan"))
EVE, FAY, GUS = (f"{name}@example.org" for name in ("eve", "fay", "gus"))
HOME = "home@example.org"


def signed_up(firm: Firm, email: str, *lists: str, **fields: object) -> str:
    """Make a contact there by hand, and return its id."""
    made = firm.post(
        "/contacts",
        email_address={"address": email, "permission_to_send": "implicit"},
        list_memberships=list(lists),
        create_source="Account",
        **fields,
    )
    return str(made["contact_id"])


def open_for_business(firm: Firm) -> dict[str, str]:
    """Let both sides have grown for years without a bridge; return the lists there by name."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    there = {
        name: str(firm.post("/contact_lists", name=name)["list_id"])
        for name in ("Letter", "Web form")
    }
    letter, new = firm.new_list("letter "), firm.new_list("New here")
    firm.member(ADA, letter, LastName="Ames")  # on it on both sides, under another name there
    signed_up(firm, ADA, there["Letter"], last_name="Old", job_title="Baker")
    firm.member(BEN, letter)  # on it in Practifi alone
    firm.member(CY, new)  # on a list that is not there yet
    firm.person(DAN)  # on it there alone, and known
    signed_up(firm, DAN, there["Letter"])
    signed_up(firm, EVE, there["Letter"], there["Web form"])  # there alone, and not known
    firm.person(FAY, HasOptedOutOfEmail=True)  # ticked here, mailable there
    signed_up(firm, FAY, there["Web form"])
    firm.person(GUS)  # out there, and not ticked here
    signed_up(firm, GUS, there["Letter"])
    firm.unsubscribes(GUS)
    for name in ("Hal", "Ida"):  # one address for two
        firm.person(HOME, FirstName=name)
    firm.person(None)
    return there


def a_first_day(firm: Firm, folder: Path | None = None) -> Findings:
    """Spend the first day of a firm."""
    bridge = firm.bridge
    terminal = Terminal(bridge.database, bridge.connection_id, is_json=True, shows_plan=False)
    day = FirstDay(bridge.installation, bridge.connection, terminal)
    assert day.compare() == DONE
    return day.conclude(folder)
