"""A new list, made in Practifi: its name is checked at once, against both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.bulk_create.drafts import SQL
from bridge.delivery.work import INTERACTIVE

if TYPE_CHECKING:
    import psycopg

    from bridge.delivery.read_back import Reader

_NAME_AT_MOST = 80  # characters of a record's name in Salesforce


def clash(tx: psycopg.Connection[Any], connection_id: int, name: str) -> str | None:
    """Return why a new list cannot have a name, or None where it can.

    A list in Constant Contact that nobody here is linked to would be taken over with its members,
    which is for the page of that list to say, not for a name.
    """
    name = " ".join(name.split())
    if len(name) > _NAME_AT_MOST:
        return f"A name has at most {_NAME_AT_MOST} characters; this one has {len(name)}."
    values = {"connection_id": connection_id, "name": name}
    found = dict(tx.execute(SQL["lists_named"], values).fetchall())
    if "practifi" in found:
        return f"{found['practifi']} is there already: choose it above."
    if "constant_contact" in found:
        return (
            f"Constant Contact has a list {found['constant_contact']} that Practifi does not know. "
            "Choose another name."
        )
    return None


def create_list(reader: Reader, name: str) -> tuple[str, str | None]:
    """Make the record of a list, and return its Id, and why there is none where there is none.

    Args:
        reader: Of the organization; it reads the record back at once.
        name: What the list is called.

    Raises:
        RemoteError: If Salesforce does not answer.
    """
    names = reader.mapping.names.list
    [made] = reader.salesforce.collections.create(names.object, [{names.name: name}])
    if made.record_id is None:
        return "", f"Salesforce: {made.message or made.error_code}"
    reader.read("list", [made.record_id], lane=INTERACTIVE)
    return made.record_id, None
