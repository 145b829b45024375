"""What a written mapping changes, before it is in force; and putting it there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import HTMLResponse

from bridge.console.access.records import access_to
from bridge.console.access.roles import Right
from bridge.console.faults import Refused
from bridge.console.page import Page
from bridge.console.pages.mapping_faults import faults_of
from bridge.console.pages.mapping_lines import diff_lines, unseen_differences
from bridge.console.pages.mapping_open import BY_GIT, opened, refuse_managed
from bridge.console.rendering import render
from bridge.edits.count import (
    ask_count,
    comparison_of,
    count_of,
    look_at_lists,
    look_at_some,
    people_about,
)
from bridge.edits.foresee import texts_of
from bridge.edits.loosening import loosened
from bridge.edits.put_to_work import put_to_work as put_files_to_work
from bridge.edits.store import discard_edit
from bridge.errors import ConfigurationError, MappingError
from bridge.mapping.compiled import digest_of
from bridge.mapping.versions import active, compiled_as, lock_activations
from bridge.plans.text import label_of, shown
from bridge.salesforce.deploy.definitions import to_deploy_again
from bridge.wakeups.topics import MAPPINGS, RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.pages.mapping_faults import Fault
    from bridge.console.pages.mapping_lines import DiffLine
    from bridge.console.pages.mapping_open import Opened
    from bridge.edits.count import Count, Looked
    from bridge.edits.put_to_work import AtWork

_EXAMPLES = 10
COUNT_PATH = "/mappings/review/count"

KINDS = {
    "changed": "Other values",
    "left_out": "Take no part any more",
    "taken_in": "Take part from now on",
    "refused": "Refused, because a value cannot be converted",
    "not_known": "Cannot be told, because a field that decides was not read yet",
}
"""What becomes of a contact -> how it is told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileDiff:
    """A file that was changed."""

    name: str
    lines: Sequence[DiffLine]
    unseen: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What the written files change beside those in force.

    Attributes:
        count: Contacts, as far as was looked; None: no mapping is in force to compare with.
        out_of: How many there are of whom some were looked at.
        lists: Lists.
        examples: Contacts that change, as whoever is here may see them.
        hidden: Contacts among the examples that they may not see.
        loosens: What of consent may be loosened, in sentences.
        stale: Which outbound messages lack what it reads, in sentences.
    """

    count: Count | None = None
    out_of: int = 0
    lists: Count | None = None
    examples: Sequence[Looked] = ()
    hidden: int = 0
    loosens: Sequence[str] = ()
    stale: Sequence[str] = ()


def show(visit: Visit) -> Response:
    """Show what was written, line by line and by what it changes."""
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        faults, changes = judged(tx, found)
        if changes.count is not None and not changes.count.is_whole:
            assert found.version_id is not None  # noqa: S101 -- something was compared with it
            ask_count(tx, found.connection.id, found.version_id, found.written)
            changes = replace(changes, count=further(tx, found, changes.count))
    if changes.count is not None and not changes.count.is_whole:
        visit.console.wake(frozenset({MAPPINGS}))
    return visit.page(
        "mapping_review.html", **values_of(visit, found, faults, seen_by(visit, found, changes))
    )


def show_count(visit: Visit) -> Response:
    """Say how far the counting has come: the page asks again by itself."""
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        count = None
        if found.version_id is not None:
            count = count_of(tx, found.connection.id, found.version_id, found.written)
        changes = Changes(count=count, out_of=people_about(tx, found.connection.id))
    return HTMLResponse(render(visit, "mapping_count.html", values_of(visit, found, [], changes)))


def put_to_work(visit: Visit) -> Response:
    """Activate what was written, exactly as it was shown."""
    refuse_managed(visit)
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        lock_activations(tx, found.connection.id)
        found = opened(tx, visit)
        if visit.form.one("version") != str(found.version_id or ""):
            raise ConfigurationError(
                "Another version came into force since this page was opened. Nothing was "
                "activated: open the review again, it shows what differs from that one."
            )
        if found.edit is None or visit.form.one("digest") != digest_of(found.written):
            raise ConfigurationError(
                "What was written is another text by now. Open the review again."
            )
        loosens = loosening(tx, found)
        if loosens and not visit.may(Right.APPROVE):
            raise Refused(
                f"This loosens consent ({'; '.join(loosens)}): it needs an approver. "
                "Nothing was activated; what you have written is kept."
            )
        done = put_files_to_work(
            tx,
            found.connection,
            found.written,
            by=visit.who.signature,
            origin="console",
            asked_in="console",
            applies_to="new" if visit.form.one("applies_to") == "new" else "all",
        )
        discard_edit(tx, found.connection.id, visit.who.id)
    return is_at_work(visit, found, done)


def is_at_work(visit: Visit, found: Opened, done: AtWork) -> Response:
    """Lead to the run that makes a plan for everybody, or to the history."""
    connection = found.connection
    visit.note("mapping_activated", connection=connection.id, version=done.version_id)
    if done.run_id is not None:
        visit.console.wake(frozenset({RUNS}))
        return visit.go(f"/runs/{done.run_id}?did=mapping")
    return visit.go(f"/mappings/history?connection={quote(connection.name)}&did=activated")


def file_diffs(
    before: Mapping[str, str], after: Mapping[str, str], names: Sequence[str]
) -> list[FileDiff]:
    """Return what differs in some files."""
    return [
        FileDiff(
            name=name,
            lines=diff_lines(before.get(name, ""), after.get(name, "")),
            unseen=unseen_differences(before.get(name, ""), after.get(name, "")),
        )
        for name in names
    ]


def judged(tx: psycopg.Connection[Any], found: Opened) -> tuple[list[Fault], Changes]:
    """Return what is wrong with the written files, and what they change."""
    if found.edit is None:
        return [], Changes()
    connection_id = found.connection.id
    try:
        new = compiled_as(tx, connection_id, found.written)
    except MappingError as error:
        return faults_of(found.written, error.faults), Changes()
    loosens = loosening(tx, found)
    stale = to_deploy_again(tx, connection_id, new)
    try:
        old = active(tx, connection_id)
    except MappingError:
        old = None
    if old is None:
        return [], Changes(loosens=loosens, stale=stale)
    count, looked = look_at_some(
        tx,
        connection_id,
        comparison_of(
            tx,
            connection_id,
            old.mapping,
            new,
            texts_of(old.mapping, found.in_force, found.written),
        ),
    )
    return [], Changes(
        count=count,
        out_of=count.looked if count.is_whole else people_about(tx, connection_id),
        lists=look_at_lists(tx, connection_id, old.mapping, new),
        examples=[one for one in looked if one.effect.kind is not None][:_EXAMPLES],
        loosens=loosens,
        stale=stale,
    )


def further(tx: psycopg.Connection[Any], found: Opened, sample: Count) -> Count:
    """Return the whole count where it is done already, else what some contacts tell."""
    assert found.version_id is not None  # noqa: S101 -- something was compared with it
    count = count_of(tx, found.connection.id, found.version_id, found.written)
    return sample if count is None or not count.is_whole or count.fault else count


def loosening(tx: psycopg.Connection[Any], found: Opened) -> list[str]:
    """Return what the written files loosen of consent; nothing where none are in force."""
    if found.version_id is None:
        return []
    connection_id = found.connection.id
    try:
        old = active(tx, connection_id)
    except MappingError:
        return ["the mapping in force cannot be used, so nobody can tell what differs from it"]
    new = compiled_as(tx, connection_id, found.written)
    assert old is not None  # noqa: S101 -- a version is in force
    return loosened(found.in_force, found.written, old.mapping.names, new.names)


def seen_by(visit: Visit, found: Opened, changes: Changes) -> Changes:
    """Return the changes with those examples only that whoever is here may see."""
    if not changes.examples:
        return changes
    access = access_to(visit, found.connection, [one.sf_id for one in changes.examples])
    seen = [one for one in changes.examples if access[one.sf_id].can_read]
    return replace(changes, examples=seen, hidden=len(changes.examples) - len(seen))


def values_of(
    visit: Visit, found: Opened, faults: Sequence[Fault], changes: Changes
) -> dict[str, Any]:
    """Return what the pages that show such changes are made of."""
    return {
        "found": found,
        "faults": faults,
        "changes": changes,
        "diffs": file_diffs(found.in_force, found.written, found.changed),
        "digest": digest_of(found.written),
        "kinds": KINDS,
        "label_of": label_of,
        "count_path": COUNT_PATH,
        "shown": shown,
        "by_git": BY_GIT,
        "can": visit.may(Right.SET) and not found.is_managed,
        "may_loosen": visit.may(Right.APPROVE),
    }


PAGES = (
    Page(method="GET", path="/mappings/review", right=Right.SET, handler=show),
    Page(method="GET", path="/mappings/review/count", right=Right.SET, handler=show_count),
    Page(method="POST", path="/mappings/review", right=Right.SET, handler=put_to_work),
)
