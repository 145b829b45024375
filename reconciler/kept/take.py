"""Take a snapshot: read both sides page by page into files, and read the files once more.

Both sides are asked, not the mirror: what somebody restores from must not rest on what the bridge
has understood. A snapshot is whole or not there: its folder gets its name at the end.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args

from bridge.clock import now
from bridge.constant_contact.answers import next_href, rows_of, unavailable
from bridge.constant_contact.budget import note_limit
from bridge.delivery.work import RECONCILE
from bridge.delivery.written import written_paths
from bridge.errors import ConfigurationError, QuotaSpent, Retryable
from bridge.mapping.names import Kind
from bridge.mapping.versions import active
from bridge.mirror.model import needed_paths
from bridge.salesforce.scan import RECORDS_A_PAGE, read_page
from reconciler.kept.files import row_writer
from reconciler.kept.manifest import KeptFile, Manifest, verify, write_manifest
from reconciler.runs.halt import Halt
from reconciler.runs.slots import RunSlots
from reconciler.snapshot.there import PAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Mapping as Fields
    from pathlib import Path

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.constant_contact.client import ConstantContact
    from bridge.mapping.compiled import Mapping
    from bridge.salesforce.client import Salesforce
    from reconciler.kept.manifest import Side
    from reconciler.runs.attend import Screen

    Row: TypeAlias = Fields[str, Any]
    T = TypeVar("T")

_WAITS_S = (1.0, 3.0, 9.0, 27.0)
_PARTIAL = ".partial"
_THERE: tuple[tuple[str, str, str, str], ...] = (
    ("custom_fields", "contact_custom_fields?limit=100", "custom_fields", "custom_field_id"),
    ("lists", *PAGES["list"]),
    ("contacts", *PAGES["contact"]),
)
"""Object -> first page, property that holds the rows, and the one by which each is known."""


def take(
    installation: Installation, connection: Connection, folder: Path, screen: Screen
) -> Manifest:
    """Write a snapshot of both sides of a connection to a new folder.

    Raises:
        ConfigurationError: If the folder is there, or the connection has no mapping.
        QuotaSpent: If the day has no call left; nothing stays of what was read.
        RemoteError: If a side does not answer, or hides a field that the mapping reads.
        SnapshotDamaged: If what was written cannot be read again.
    """
    with installation.database.transaction() as tx:
        current = active(tx, connection.id)
        begun_at = now(tx)
    if current is None:
        message = f"the connection {connection.name!r} has no mapping: `bridge mapping activate`"
        raise ConfigurationError(message)
    refuse_existing(folder)
    partial = folder.with_name(f"{folder.name}{_PARTIAL}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with _reader(installation, connection, current.mapping, screen) as reader:
            files = [*reader.all_there(partial), *reader.all_here(partial)]
            account = reader.account()
            with installation.database.transaction() as tx:
                ended_at = now(tx)
            manifest = Manifest(
                taken_at=begun_at,
                ended_at=ended_at,
                connection=connection.name,
                organization_id=connection.organization_id,
                account_id=str(account["encoded_account_id"]),
                account_name=account.get("organization_name"),
                calls=reader.calls,
                files=tuple(files),
            )
        write_manifest(partial, manifest)
        screen.progress("reading the snapshot again", 0, None)
        verify(partial)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def refuse_existing(folder: Path) -> None:
    """Refuse a folder that is there already: a snapshot is never written over.

    Raises:
        ConfigurationError: If it is there.
    """
    if folder.exists():
        raise ConfigurationError(f"{folder} is there already: name another folder with --to")


@contextmanager
def _reader(
    installation: Installation, connection: Connection, mapping: Mapping, screen: Screen
) -> Iterator[_Reader]:
    halt = Halt()
    slots = RunSlots(installation.database, connection, lane=RECONCILE, halt=halt)
    reader = _Reader(
        installation=installation,
        connection=connection,
        mapping=mapping,
        screen=screen,
        halt=halt,
        there=installation.constant_contact(connection, slots.take),
        here=installation.salesforce(connection),
    )
    try:
        yield reader
    finally:
        reader.there.close()
        reader.here.close()
        slots.give_back()


@dataclass(kw_only=True)
class _Reader:
    """Reads both sides into files; a call that failed is made again, up to a minute.

    Attributes:
        calls: Calls to Constant Contact so far.
    """

    installation: Installation
    connection: Connection
    mapping: Mapping
    screen: Screen
    halt: Halt
    there: ConstantContact
    here: Salesforce
    calls: int = field(default=0)

    def account(self) -> dict[str, Any]:
        """Return what the account says of itself."""
        self.calls += 1
        return self._patiently(self.there.account)

    def all_there(self, folder: Path) -> Iterator[KeptFile]:
        """Write everything of Constant Contact, deleted contacts and lists too."""
        for name, first, rows, identity in _THERE:
            what = f"keeping {name.replace('_', ' ')} of Constant Contact"
            yield self._keep(
                folder, "constant_contact", name, what, self._pages(first, rows, identity)
            )

    def all_here(self, folder: Path) -> Iterator[KeptFile]:
        """Write the records of Practifi, with the fields that the bridge reads or writes."""
        kind: Kind
        for kind in get_args(Kind):
            both = (*needed_paths(kind, self.mapping), *written_paths(kind, self.mapping.names))
            pages = self._records(kind, tuple(dict.fromkeys(both)))
            yield self._keep(folder, "practifi", kind, f"keeping {kind}s of Practifi", pages)

    def _keep(
        self, folder: Path, side: Side, name: str, what: str, pages: Iterable[Sequence[Row]]
    ) -> KeptFile:
        file_name = f"{side}-{name}".replace("_", "-") + ".ndjson.gz"
        with row_writer(folder / file_name) as file:
            for page in pages:
                for row in page:
                    file.write(row)
                self.screen.progress(what, file.rows, None)
            written = file.end()
        return KeptFile(name=file_name, side=side, object=name, written=written)

    def _pages(self, first: str, rows: str, identity: str) -> Iterator[Sequence[Row]]:
        """Yield the rows of all pages, by the vendor's own address of each next one."""
        href: str | None = first
        seen: set[str] = set()
        while href is not None:
            if href in seen:
                raise unavailable("the pages go round in a circle")
            seen.add(href)
            asked = href
            self.calls += 1
            answer = self._patiently(lambda: self.there.get(asked))  # noqa: B023 -- called at once
            yield rows_of(answer, rows, identity)
            href = next_href(answer)

    def _records(self, kind: Kind, paths: Sequence[str]) -> Iterator[Sequence[Row]]:
        """Yield all records of a kind, in the order of their ids."""
        name, after = self.mapping.names.object_of(kind), None
        while True:
            behind = after
            page = self._patiently(
                lambda: read_page(self.here, name, paths, after=behind)  # noqa: B023 -- as above
            )
            yield page
            if len(page) < RECORDS_A_PAGE:
                return
            after = page[-1]["Id"]

    def _patiently(self, call: Callable[[], T]) -> T:
        for wait_s in _WAITS_S:
            try:
                return call()
            except QuotaSpent as error:
                note_limit(self.installation.database, self.connection, error)
                raise
            except Retryable as error:
                note_limit(self.installation.database, self.connection, error)
                self.halt.wait(max(wait_s, error.after_s or 0.0))
        return call()
