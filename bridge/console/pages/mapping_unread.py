"""Read from Salesforce the fields of one record that only a text being written asks for.

The mirror keeps what the mapping in force reads. Somebody who maps another field wants to see its
value before it is mapped, so that one record is read then. For a minute the answer stands, because
a page that checks while people type would ask with every letter.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError, Forbidden, RemoteError
from bridge.salesforce.client import open_salesforce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.edits.find import Found
    from bridge.salesforce.values import Record

_STANDS_S = 60.0
_KEPT = 64

_Answer = tuple[dict[str, str | None], str]
_answers: OrderedDict[tuple[int, str, tuple[str, ...]], tuple[float, _Answer]] = OrderedDict()
_lock = threading.Lock()


def read_unread(
    visit: Visit, connection: Connection, sobject: str, record: Found, paths: Sequence[str]
) -> _Answer:
    """Return the fields of a record, and why they could not be read; one of both is empty.

    Args:
        visit: Who is here; they may read the record.
        connection: Whose it is.
        sobject: The API name of its object.
        record: The record.
        paths: The fields, as SOQL writes them.
    """
    key = (connection.id, record.sf_id, tuple(paths))
    with _lock:
        known = _answers.get(key)
    if known is not None and time.monotonic() < known[0] + _STANDS_S:
        return known[1]
    answer = _read(visit, connection, sobject, record, paths)
    with _lock:
        _answers[key] = (time.monotonic(), answer)
        while len(_answers) > _KEPT:
            _answers.popitem(last=False)
    return answer


def _read(
    visit: Visit, connection: Connection, sobject: str, record: Found, paths: Sequence[str]
) -> _Answer:
    console = visit.console
    names = ", ".join(paths)
    try:
        salesforce = open_salesforce(
            connection, console.database, console.keyring, console.settings
        )
        try:
            found: dict[str, Record] = salesforce.read_back(sobject, [record.sf_id], paths)
        finally:
            salesforce.close()
    except Forbidden:
        return {}, (
            f"Salesforce has no such field on {sobject}, or hides it from the bridge: {names}. "
            "Check the API name, and that the bridge's user may read it."
        )
    except ConfigurationError as error:
        return {}, str(error)
    except RemoteError as error:
        return {}, f"Salesforce does not tell {names} just now: {error}"
    if record.sf_id not in found:
        return {}, "Salesforce does not have the record any more."
    return found[record.sf_id], ""
