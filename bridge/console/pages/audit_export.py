"""The ledger of consent as a file: CSV for spreadsheets, or the JSON that the command writes."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from starlette.responses import StreamingResponse

from bridge.consent.audit import export
from bridge.consent.export_text import COLUMNS, json_parts
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.connection import chosen_connection
from bridge.console.spreadsheet import csv_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

    from bridge.console.page import Visit

_KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_PIECE_BYTES = 65_536


def send(visit: Visit) -> Response:
    """Send the entries about somebody, or all of them.

    They are read to their end before the first byte is sent: no transaction waits for whoever
    fetches slowly. An export of all is an anchor for the next check, so it is a change.
    """
    kind = "json" if visit.form.one("format") == "json" else "csv"
    who = visit.form.one("who") or None
    file = TemporaryFile()  # noqa: SIM115 -- it is read after this has returned
    with visit.console.database.session() as session, session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection, _ = chosen_connection(session, visit)
        rows = export(session, connection.id, who)
        cells = ([row[name] for name in COLUMNS] for row in rows)
        parts = json_parts(rows) if kind == "json" else csv_lines(COLUMNS, cells)
        file.writelines(part.encode() for part in parts)
    visit.note("ledger_exported", connection=connection.id, is_whole=who is None)
    length = file.tell()
    file.seek(0)
    name = f"consent-{connection.name}.{kind}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-length": str(length),
    }
    return StreamingResponse(_pieces(file), media_type=_KINDS[kind], headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


PAGES = (Page(method="POST", path="/audit/export", right=Right.AUDIT, handler=send),)
