"""Many records of Practifi come by one bulk query, and are what pages would have given."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.runs.store import ask_run, load_run
from reconciler.runs.context import Watcher
from reconciler.runs.execute import execute
from reconciler.runs.halt import Halt, RunCancelled
from reconciler.runs.store import claim
from reconciler.snapshot import in_bulk
from tests.journey.dying import (
    LEASE_S,
    DyingReader,
    Killed,
    ask,
    die_before_each_page_is_kept,
    run_mortally,
)
from tests.journey.reconciling import planned, run

if TYPE_CHECKING:
    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

JOBS = "/services/data/v66.0/jobs/query"
STAGED = """
SELECT kind, sf_id, record FROM staged_practifi_record ORDER BY kind, sf_id, seq
"""
TEXTS = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Zs"))
    | st.sampled_from(',"\n ')
).map(str.strip)
VALUES = st.fixed_dictionaries(
    {"LastName": TEXTS.filter(bool).map(lambda text: text[:80])},
    optional={
        "Title": TEXTS.map(lambda text: text[:80] or None),
        "MailingStreet": TEXTS.map(lambda text: text[:255] or None),
        "Birthdate": st.dates(min_value=date(1900, 1, 1)).map(str),
        "HasOptedOutOfEmail": st.booleans(),
    },
)
"""E-mail addresses are left out: what is no address is refused when it is saved."""


def bulk(monkeypatch: pytest.MonkeyPatch, firm: Firm, *, above: int = 1, page: int = 3) -> None:
    """Let the bridge read by bulk queries, a few records a page."""
    monkeypatch.setattr(in_bulk, "RECORDS_A_PAGE", page)
    configured = firm.bridge.installation.settings
    changed = configured.model_copy(update={"bulk_above": above})
    object.__setattr__(firm.bridge.installation, "settings", changed)


def jobs(firm: Firm) -> list[dict[str, Any]]:
    """Return the query jobs that the organization still has."""
    found: list[dict[str, Any]] = firm.sandbox.salesforce("GET", JOBS).json()["records"]
    return found


def queries(firm: Firm, verb: str, pattern: str) -> int:
    """Count the bridge's calls of a kind to Salesforce."""
    return sum(
        call["owner"] == "bridge"
        and call["method"] == verb
        and pattern in call["path"] + call["query"]
        for call in firm.sandbox.calls("salesforce")
    )


class Staged(Watcher):
    """Keeps what is staged when both sides have been read."""

    def __init__(self, firm: Firm) -> None:
        self._firm = firm
        self.rows: list[dict[str, Any]] = []

    def progress(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002
        """Look into the staging tables once they are merged."""
        if what == "deciding":
            self.rows = self._firm.bridge.rows(STAGED)


def carried_on(firm: Firm, watcher: Watcher, halt: Halt | None = None) -> RunRecord:
    """Plan contacts while somebody looks on; return how the run ended."""
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        run_id, _ = ask_run(
            tx, bridge.connection_id, "contacts", mode="plan", origin="cli", asked_by="test"
        )
        lease = claim(tx, bridge.connection_id, run_id, LEASE_S)
    assert lease is not None
    execute(bridge.installation, lease, watcher=watcher, halt=halt)
    with bridge.database.transaction() as tx:
        return load_run(tx, bridge.connection_id, run_id)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(people=st.lists(VALUES, min_size=1, max_size=6))
def test_pages_and_a_bulk_query_stage_the_same(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, people: list[dict[str, Any]]
) -> None:
    client = firm.create("Account", Name='The "Quist", Household')
    for number, fields in enumerate(people):
        firm.create("Contact", **fields, **({"AccountId": client} if number % 2 else {}))
    by_pages, in_one = Staged(firm), Staged(firm)
    with monkeypatch.context() as patched:
        bulk(patched, firm, above=1_000_000)
        carried_on(firm, by_pages)
        made = queries(firm, "POST", "jobs/query")
        bulk(patched, firm)
        carried_on(firm, in_one)
    assert queries(firm, "POST", "jobs/query") == made + 1, "memberships and lists are few"
    assert in_one.rows == by_pages.rows
    assert any(row["record"].get("Account.Name") for row in in_one.rows)


def test_a_job_is_removed_once_it_was_read(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(firm, "contacts")
    bulk(monkeypatch, firm)
    planned(firm, "contacts")
    assert queries(firm, "GET", "/results") > 2
    assert jobs(firm) == []


def test_a_small_firm_is_not_even_counted(firm: Firm) -> None:
    planned(firm, "contacts")
    planned(firm, "contacts")
    assert queries(firm, "GET", "COUNT") == 0


def test_where_it_may_be_many_salesforce_is_asked_how_many(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(firm, "contacts")
    (before,) = firm.bridge.rows(
        "SELECT row_count FROM source_read WHERE source = 'practifi:contact'"
    )
    bulk(monkeypatch, firm, above=int(before["row_count"]) + 1)
    planned(firm, "contacts")
    assert queries(firm, "GET", "COUNT") == 1
    assert queries(firm, "POST", "jobs/query") == 0


def test_whoever_goes_on_reads_on_in_the_same_job(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(firm, "contacts")
    bulk(monkeypatch, firm)
    deaths = die_before_each_page_is_kept(monkeypatch)
    run_mortally(firm, "contacts", lambda: (firm.bridge.database, Watcher()))
    assert [page for page in deaths if page.startswith("practifi:contact")][3:]
    # Only who died before the job was noted has made one that nobody knows of.
    assert queries(firm, "POST", "jobs/query") == 2


def test_a_job_that_is_gone_is_begun_anew(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    run(firm, "contacts")
    bulk(monkeypatch, firm)

    class Remover(DyingReader):
        def progress(self, what: str, done: int, total: int | None) -> None:
            if what == "reading contacts in Practifi" and done:
                for job in jobs(firm):
                    firm.sandbox.salesforce("DELETE", f"{JOBS}/{job['id']}")
                super().progress(what, done, total)

    bridge = firm.bridge
    run_id = ask(firm, "contacts")
    with bridge.database.transaction() as tx:
        lease = claim(tx, bridge.connection_id, run_id, LEASE_S)
    assert lease is not None
    with pytest.raises(Killed):
        execute(bridge.installation, lease, watcher=Remover())
    firm.sandbox.advance(LEASE_S + 1)
    run_mortally(firm, "contacts", lambda: (bridge.database, Watcher()), run_id=run_id)
    with bridge.database.transaction() as tx:
        record = load_run(tx, bridge.connection_id, run_id)
    assert record.state == "done", record.reason
    assert record.notes[0].startswith("contacts in Practifi were read again from the start")


def test_a_run_that_is_cancelled_leaves_no_job(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    run(firm, "contacts")
    bulk(monkeypatch, firm)
    firm.sandbox.control("PUT", "/salesforce/policy", {"bulk_waits_s": 3600})
    halt = Halt()

    class Impatient(Watcher):
        def progress(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002
            if what.startswith("waiting for the contacts"):
                halt.ask(RunCancelled("enough"))

    assert carried_on(firm, Impatient(), halt).state == "cancelled"
    assert jobs(firm) == []
