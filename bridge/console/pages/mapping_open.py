"""The mapping of a connection as a page finds it: what is in force, what somebody has written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere, Refused
from bridge.console.pages.connection import chosen_connection
from bridge.edits.pending import pending_of
from bridge.edits.store import changed_files, edit_of
from bridge.errors import MappingError
from bridge.mapping.compiled import FILES, read_files
from bridge.mapping.versions import activations, files_of, version_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.edits.store import Edit
    from bridge.mapping.versions import Activation

BY_GIT = (
    "The mapping files are managed by git (BRIDGE_MAPPINGS_MANAGED_BY): change them there. "
    "`bridge up`, or `bridge mapping activate`, puts them to work."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A connection's mapping.

    Attributes:
        version_id: The version in force; None: there is none yet.
        in_force: Its files, as typed; those of the folder where there is none yet.
        since: When it came into force, and by whom.
        edit: What whoever is here has written and not put to work.
        waits: Files that came by themselves wait for a word.
    """

    connection: Connection
    others: Sequence[Connection]
    version_id: int | None
    in_force: Mapping[str, str]
    since: Activation | None
    edit: Edit | None
    is_managed: bool
    waits: bool = False

    @property
    def written(self) -> Mapping[str, str]:
        """The files as whoever is here has them before them."""
        return self.edit.files if self.edit is not None else self.in_force

    @property
    def changed(self) -> list[str]:
        """The files that they have changed."""
        return changed_files(self.in_force, self.written)

    @property
    def names(self) -> list[str]:
        """The names of all files, in their order."""
        return [*FILES, *sorted(set(self.written) - set(FILES))]

    @property
    def was_overtaken(self) -> bool:
        """Whether another version came into force since they began to write."""
        return self.edit is not None and self.edit.base_version_id != self.version_id


def opened(tx: psycopg.Connection[Any], visit: Visit) -> Opened:
    """Return the mapping that a page is about.

    Raises:
        NotThere: If there is no such connection for this person.
        NotConnected: If there is no connection yet.
    """
    connection, others = chosen_connection(tx, visit)
    version_id = version_in_force(tx, connection.id)
    in_force: Mapping[str, str] | None = None
    if version_id is not None:
        in_force = files_of(tx, connection.id, version_id)
    latest = activations(tx, connection.id, count=1)
    return Opened(
        connection=connection,
        others=others,
        version_id=version_id,
        in_force=_of_folder(visit) if in_force is None else in_force,
        since=latest[0] if latest else None,
        edit=edit_of(tx, connection.id, visit.who.id) if visit.may(Right.SET) else None,
        is_managed=visit.console.settings.mappings_managed_by == "git",
        waits=pending_of(tx, connection.id) is not None,
    )


def refuse_managed(visit: Visit) -> None:
    """Let nobody change a mapping here that is managed by git.

    Raises:
        Refused: If it is.
    """
    if visit.console.settings.mappings_managed_by == "git":
        raise Refused(BY_GIT.replace("`", ""))


def file_of(visit: Visit, found: Opened) -> str:
    """Return the file that the address names.

    Raises:
        NotThere: If there is none of that name.
    """
    name = str(visit.request.path_params["file"])
    if name not in found.names:
        raise NotThere
    return name


def _of_folder(visit: Visit) -> Mapping[str, str]:
    try:
        return read_files(visit.console.settings.mappings)
    except MappingError:
        return {}
