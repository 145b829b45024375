"""Look at the installation once a night, beside its connections, and keep what changed since."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.types.json import Jsonb

from bridge.clock import now
from bridge.cron import last_due
from bridge.db.queries import load_queries
from bridge.doctor.changes import changes_of_installation
from bridge.doctor.installation import check_installation, check_surroundings, stops

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import psycopg

    from bridge.bootstrap import Installation
    from bridge.doctor.changes import Checks
    from bridge.doctor.findings import Finding
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_SQL = load_queries("bridge.doctor", "installation_look.sql")


class KeptChecks(NamedTuple):
    """The last look at the installation: for when it was due (UTC), and each check by its name.

    Attributes:
        taken_at: As ISO 8601; None while the first one is being taken.
    """

    due_at: datetime
    taken_at: str | None
    checks: Checks


def look_at_installation(installation: Installation, cron: str) -> None:
    """Take the look of the night if it is due and nobody has begun it."""
    database, settings = installation.database, installation.settings
    with database.transaction() as tx:
        at = now(tx)
        kept = last_checks(tx)
        since = at - timedelta(days=2) if kept is None else kept.due_at
        due_at = last_due(cron, settings.zone, after=since, until=at)
        if due_at is None or tx.execute(_SQL["claim"], {"due_at": due_at}).fetchone() is None:
            return
    findings = list(_everything(settings))
    checks = checks_of(findings)
    changed = changes_of_installation(kept.checks if kept else {}, checks)
    failed = [asdict(one) for one in findings if one.state == "failed"]
    told = {"checks": checks, "failed": failed, "changes": [asdict(one) for one in changed]}
    with database.transaction() as tx:
        tx.execute(_SQL["keep"], {"due_at": due_at, "told": Jsonb(told)})
    log.info("doctor_looked_at_installation", extra={"changes": len(changed)})


def last_checks(tx: psycopg.Connection[Any]) -> KeptChecks | None:
    """Return what the last look found, or None where there was none."""
    row = tx.execute(_SQL["last"]).fetchone()
    return None if row is None else KeptChecks(*row)


def checks_of(findings: list[Finding]) -> Checks:
    """Return what is kept of findings: the cause and the words of each check."""
    return {one.check: {"cause": one.cause, "says": one.says} for one in findings}


def _everything(settings: Settings) -> Iterator[Finding]:
    has_failed = False
    for found in check_installation(settings):
        has_failed |= stops(found)
        yield found
    if not has_failed:
        yield from check_surroundings(settings)
