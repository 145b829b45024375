"""The ledger of consent in tests that change it behind its back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


def told_anew(tx: psycopg.Connection[Any]) -> None:
    """Let what is derived from the ledger follow entries that were changed in place."""
    tx.execute("TRUNCATE consent_change")
    tx.execute("INSERT INTO consent_change SELECT * FROM consent_change_told")
