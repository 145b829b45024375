"""People who load data, and what of it is on its way; no code under test here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.bulk import choose, store

if TYPE_CHECKING:
    import pytest

    from tests.journey.firm import Firm

FEW = 6
SOME = 8


def address(number: int) -> str:
    """Return the address of a person who was loaded."""
    return f"person{number}@example.org"


def go_in_bulk_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a backlog of half a dozen begin a round, so that a test need not load a hundred."""
    monkeypatch.setattr(store, "BEGIN_AT", FEW)
    monkeypatch.setattr(choose, "GO_ON_AT", FEW)


def load(firm: Firm, list_id: str, count: int = SOME) -> list[str]:
    """Load people who are on a list, and say nothing to the bridge yet."""
    return [
        firm.member(address(number), list_id, FirstName=f"Name {number}") for number in range(count)
    ]


def change_all(firm: Firm, people: list[str], **fields: object) -> None:
    """Load a change of each of these people."""
    for person in people:
        firm.change(person, **fields)


def calls(firm: Firm) -> list[tuple[str, str]]:
    """Return the bridge's calls to Constant Contact, oldest first."""
    return [
        (call["method"], call["path"])
        for call in firm.sandbox.calls("constant_contact")
        if call["owner"] == "bridge"
    ]


def single_writes(firm: Firm) -> list[tuple[str, str]]:
    """Return the bridge's writes of single contacts."""
    return [call for call in firm.writes() if call[1].startswith("/v3/contacts")]


def imports(firm: Firm) -> int:
    """Count the imports that the bridge sent."""
    return sum(path.endswith("/contacts_json_import") for _, path in calls(firm))


def account(firm: Firm, **policy: object) -> None:
    """Choose how the account works bulk activities off."""
    firm.sandbox.control("PUT", "/constant-contact/policy", policy)


def until_posted(firm: Firm) -> None:
    """Let the bridge work until an activity is on its way there, and no further."""
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    assert in_flight(firm), "nothing went in bulk"


def in_flight(firm: Firm) -> list[dict[str, Any]]:
    """Return the bulk activities that are on their way."""
    return firm.bridge.rows(
        "SELECT kind, state FROM bulk_activity "
        "WHERE connection_id = %(connection_id)s AND state = 'posted'"
    )


def left_over(firm: Firm) -> list[dict[str, Any]]:
    """Return what should be gone once everything is at rest: rounds, holds, open steps."""
    return firm.bridge.rows(
        """
        SELECT 'round' AS what, phase AS which FROM bulk_round
        UNION ALL
        SELECT 'held', key FROM work WHERE bulk_activity_id IS NOT NULL
        UNION ALL
        SELECT 'step', key FROM step WHERE bulk_activity_id IS NOT NULL AND finished_at IS NULL
        UNION ALL
        SELECT 'activity', state FROM bulk_activity WHERE ended_at IS NULL
        UNION ALL
        SELECT 'plan', state FROM plan p
        WHERE state = 'applying' AND EXISTS (
          SELECT FROM bulk_activity a WHERE (a.connection_id, a.plan_id) = (p.connection_id, p.id))
        """
    )
