"""Bulk API 2.0 queries: all records of an object as CSV, made by Salesforce while nobody waits.

One job for what pages would take hundreds of calls for (Bulk API 2.0 and Bulk API Developer Guide,
"Query"). Values come out as REST gives them: one spelling is known past the adapters.
"""

from __future__ import annotations

import codecs
import csv
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from bridge.connections.wire import vendor_words
from bridge.errors import NotFoundRemotely, RemoteError
from bridge.salesforce.answers import unavailable
from bridge.salesforce.login import SYSTEM
from bridge.salesforce.names import checked_name, checked_path
from bridge.salesforce.values import as_asked, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import requests
    from simple_salesforce.api import Salesforce as Library

    from bridge.salesforce.session import Session
    from bridge.salesforce.values import Record

_PATH = "jobs/query"
_PIECE_BYTES = 1 << 16
_UNDER_WAY = frozenset({"UploadComplete", "InProgress"})


class BulkPage(NamedTuple):
    """Some results of a job, and where the next ones begin; None behind the last."""

    records: list[Record]
    locator: str | None


class BulkQueries:
    """Query jobs of one organization. Every method raises the errors of `Session.call`.

    Not to be shared by threads.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, object: str, paths: Sequence[str]) -> str:  # noqa: A002 -- the domain's word
        """Begin to select fields of all records of an object; return the id of the job.

        Raises:
            Forbidden: If the object or a field is missing or hidden.
            ConfigurationError: If a name is no API name.
        """
        columns = ", ".join(checked_path(path) for path in paths)
        soql = f"SELECT {columns} FROM {checked_name(object)}"  # noqa: S608 -- checked
        body = {
            "operation": "query",
            "query": soql,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        answer = self._session.call(
            lambda library: library.restful(_PATH, method="POST", json=body)
        )
        match answer:
            case {"id": str(job_id)}:
                return job_id
            case _:
                raise unavailable("an answer without the id of a job")

    def is_complete(self, job_id: str) -> bool:
        """Tell whether the results of a job are there.

        Raises:
            NotFoundRemotely: If there is no such job any more, or somebody aborted it.
            RemoteError: If it failed; the message has the vendor's words.
        """
        state, cause = self._state(job_id)
        if state == "Aborted":
            raise NotFoundRemotely("Salesforce: somebody aborted the query", system=SYSTEM)
        if state == "Failed":
            raise RemoteError(f"Salesforce: the bulk query failed: {cause}", system=SYSTEM)
        return state not in _UNDER_WAY

    def page(self, job_id: str, paths: Sequence[str], locator: str | None, count: int) -> BulkPage:
        """Return results of a complete job, with the paths as keys, spelled as given.

        Args:
            job_id: The job.
            paths: The fields that it selects.
            locator: Where the page begins; None begins.
            count: Records at most.

        Raises:
            NotFoundRemotely: If there is no such job any more.
            Conflict: If the locator has ended.
        """
        params = {"maxRecords": str(count)} | ({} if locator is None else {"locator": locator})

        def ask(library: Library) -> BulkPage:
            response = library._call_salesforce(  # noqa: SLF001 -- what has headers is in no method
                "GET", f"{library.base_url}{_PATH}/{job_id}/results", params=params, stream=True
            )
            with closing(response):
                return _read(response, paths)

        return self._session.call(ask)

    def remove(self, job_id: str) -> None:
        """Abort a job that is under way and delete it with its results; gone is well, too."""
        path = f"{_PATH}/{job_id}"
        abort = {"state": "Aborted"}
        try:
            state, _ = self._state(job_id)
            if state in _UNDER_WAY:
                self._session.call(
                    lambda library: library.restful(path, method="PATCH", json=abort)
                )
            self._session.call(lambda library: library.restful(path, method="DELETE"))
        except NotFoundRemotely:
            return

    def _state(self, job_id: str) -> tuple[str, str]:
        """Return how far a job is, and why it failed."""
        answer = self._session.call(lambda library: library.restful(f"{_PATH}/{job_id}"))
        match answer:
            case {"state": str(state), **others}:
                return state, vendor_words(others.get("errorMessage") or "no reason given")
            case _:
                raise unavailable("an answer without the state of a job")


def _read(response: requests.Response, paths: Sequence[str]) -> BulkPage:
    try:
        rows = csv.reader(_lines(response), strict=True)
        names = next(rows, [])
        records = [
            as_asked(dict(zip(names, map(to_text, row), strict=True)), paths) for row in rows
        ]
    except (ValueError, csv.Error):
        raise unavailable("results that are no table") from None
    told = response.headers.get("Sforce-NumberOfRecords")
    if told != str(len(records)):
        raise unavailable(f"{len(records)} results where {told} were promised")
    locator = response.headers.get("Sforce-Locator")
    return BulkPage(records, None if locator in {None, "", "null"} else locator)


def _lines(response: requests.Response) -> Iterator[str]:
    """Yield the lines of an answer as it comes; a line break within a cell is kept as it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for piece in response.iter_content(_PIECE_BYTES):
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (f"{line}\n" for line in lines)
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest
