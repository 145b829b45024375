"""What a mapping text makes of one record that somebody has chosen, beside what is in force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridge.console.access.records import access_to
from bridge.console.access.roles import Right
from bridge.console.pages.mapping_result import Trial
from bridge.console.pages.mapping_unread import read_unread
from bridge.edits.count import comparison_of, look_at_lists, look_at_some, people_about
from bridge.edits.find import MOST, find_records, memberships_of, record_of
from bridge.errors import MappingError
from bridge.mapping.versions import active, compiled_as
from bridge.mirror.remember import custom_field_ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import psycopg

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.console.pages.mapping_result import Result
    from bridge.edits.count import Count
    from bridge.edits.find import Found, Kind
    from bridge.mapping.model import Mapping as CompiledMapping
    from bridge.salesforce.values import Record

SEARCHES: Mapping[str, tuple[Kind, str]] = {
    "contact.yaml": ("contact", "Contact: e-mail, name or Id"),
    "names.yaml": ("contact", "Contact: e-mail, name or Id"),
    "membership.yaml": ("contact", "Contact: e-mail, name or Id"),
    "list.yaml": ("list", "List: name or Id"),
}
"""File -> the kind of record that it is tried on, and how one is asked for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """What stands beside a text.

    Attributes:
        faults: As `MappingError` lists them.
        count: Whom the text would change; None where nobody can tell, or nothing was edited.
        out_of: How many there are of whom `count` looked at some.
        others: What the search has found, the chosen one among them.
        take_part: Beside contact.yaml: by what fields of the organization people take no part.
    """

    faults: Sequence[str]
    count: Count | None = None
    out_of: int = 0
    what: str = "contact"
    searched: str = ""
    others: Sequence[Found] = ()
    is_more: bool = False
    result: Result | None = None
    take_part: str = ""


def look(
    visit: Visit, connection: Connection, file: str, files: Mapping[str, str], *, is_edited: bool
) -> Live:
    """Return what stands beside a text; no transaction may be open.

    Args:
        visit: Who is here; names the record by `who` and `record`.
        connection: Whose mapping it is.
        file: The file that is shown.
        files: All files as they would be.
        is_edited: Whether any differs from those in force.

    Raises:
        NotNow: If Salesforce does not say what they may see.
    """
    with visit.console.database.transaction() as tx:
        old = _in_force(tx, connection)
        try:
            new = compiled_as(tx, connection.id, files)
        except MappingError as error:
            return Live(faults=error.faults)
        live = Live(faults=())
        if old is not None and is_edited:
            live = _counted(tx, connection, file, old, new)
        if file == "contact.yaml":
            live = replace(live, take_part=new.contact.take_part)
    kind, _ = SEARCHES.get(file, (None, ""))
    text = visit.form.one("who") or visit.query("who")
    if kind is None or not text or not visit.may(Right.READ_PEOPLE):
        return live
    with visit.console.database.transaction() as tx:
        found = find_records(tx, connection.id, kind, text)
    if kind == "contact" and found:
        access = access_to(visit, connection, [one.sf_id for one in found])
        found = [one for one in found if access[one.sf_id].can_read]
    live = replace(live, searched=text, others=found, is_more=len(found) == MOST)
    if not found:
        return live
    wanted = visit.form.one("record") or visit.query("record")
    chosen = next((one for one in found if one.sf_id == wanted), found[0])
    with visit.console.database.transaction() as tx:
        record = record_of(tx, connection.id, kind, chosen.sf_id)
        ids = custom_field_ids(tx, connection.id, new.contact.custom_fields)
        memberships = (
            memberships_of(tx, connection.id, chosen.sf_id) if file == "membership.yaml" else []
        )
    if record is None:
        return replace(live, others=())
    trial = Trial(old=old, new=new, custom_field_ids=ids)
    if file == "membership.yaml":
        return replace(live, result=trial.of_memberships(chosen, memberships))
    unread = trial.unread(kind, record.fields)
    read: Record = {}
    trouble = ""
    if unread:
        sobject = new.names.object_of(kind)
        read, trouble = read_unread(visit, connection, sobject, chosen, unread)
    result = trial.of_record(kind, chosen, record, read)
    return replace(live, result=replace(result, trouble=trouble))


def _in_force(tx: psycopg.Connection[Any], connection: Connection) -> CompiledMapping | None:
    try:
        found = active(tx, connection.id)
    except MappingError:
        return None  # what is written here may mend it
    return found.mapping if found is not None else None


def _counted(
    tx: psycopg.Connection[Any],
    connection: Connection,
    file: str,
    old: CompiledMapping,
    new: CompiledMapping,
) -> Live:
    if file == "list.yaml":
        count = look_at_lists(tx, connection.id, old, new)
        return Live(faults=(), count=count, out_of=count.looked, what="list")
    if file not in {"contact.yaml", "names.yaml"}:
        return Live(faults=())
    count, _ = look_at_some(tx, connection.id, comparison_of(tx, connection.id, old, new))
    out_of = count.looked if count.is_whole else people_about(tx, connection.id)
    return Live(faults=(), count=count, out_of=max(out_of, count.looked))
