"""Upsert very many records of one object by Bulk API 2.0: one file up, results row by row.

A job takes its file in one piece, is closed, and works by itself (Bulk API 2.0 Developer Guide,
"Bulk API 2.0 Ingest"). That it is complete says nothing of its rows: each is among the successful,
the failed or the unprocessed ones. Records are known by an external id, so a job whose answers were
lost is simply made again.
"""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from bridge.connections.wire import vendor_words
from bridge.errors import BridgeError
from bridge.identity import salesforce_id
from bridge.salesforce.answers import unavailable
from bridge.salesforce.model import SaveResult
from bridge.salesforce.names import checked_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self

    from simple_salesforce.api import Salesforce as Library

    from bridge.salesforce.session import Session

CLEARED = "#N/A"
"""What clears a field: an empty cell leaves it as it is."""

MOST_BYTES = 100_000_000
"""Largest file of a job: encoded in base64 it may have 150 MB."""

_IN_MEMORY = 8_000_000
_CHUNK = 1 << 16
_RESULTS = ("successfulResults", "failedResults")


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestJob:
    """How far a job is.

    Attributes:
        state: As the vendor spells it.
        processed: Rows that were looked at so far.
        failed: Those of them that were refused.
        message: The vendor's words about a job that failed as a whole, or None.
    """

    job_id: str
    state: str
    processed: int = 0
    failed: int = 0
    message: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it does no more."""
        return self.state in {"JobComplete", "Failed", "Aborted"}


class CsvFile:
    """The file of one job, on disk where it is large; close it by `with`.

    Attributes:
        count: Records in it.
    """

    def __init__(self, key_field: str, names: Iterable[str]) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- closed by __exit__
        self._text = io.TextIOWrapper(self._file, "utf-8", newline="")
        self.count = 0
        self.write_lines(0, f"{line(*map(checked_name, (key_field, *names)))}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()

    def write_lines(self, count: int, lines: str) -> None:
        """Add so many records, each as a `line` of its key and its fields and an end of line."""
        self._text.write(lines)
        self.count += count

    def opened(self) -> IO[bytes]:
        """Return the whole file, at its beginning.

        Raises:
            ValueError: If it is larger than a job takes.
        """
        self._text.flush()
        self._file.seek(0, io.SEEK_END)
        if (size := self._file.tell()) > MOST_BYTES:
            message = f"a file of {size} bytes, and {MOST_BYTES} are possible"
            raise ValueError(message)
        self._file.seek(0)
        return self._file


class BulkIngest:
    """Upserts of one organization. Every method raises the errors of `Session.call`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def send(self, object: str, key_field: str, file: CsvFile) -> IngestJob:  # noqa: A002 -- the domain's word
        """Make a job, give it its file and let it begin; what went wrong on the way is aborted.

        Raises:
            ValueError: If the file is larger than a job takes.
        """
        file.opened()
        body = {
            "object": checked_name(object),
            "externalIdFieldName": checked_name(key_field),
            "operation": "upsert",
            "contentType": "CSV",
            "lineEnding": "LF",
        }
        made = self._session.call(
            lambda library: library.restful("jobs/ingest", method="POST", json=body)
        )
        job = _job(made)
        try:
            self._session.call(lambda library: _upload(library, job.job_id, file))
            return self._set_state(job.job_id, "UploadComplete")
        except BridgeError:
            self.abort(job.job_id)
            raise

    def look(self, job_id: str) -> IngestJob:
        """Return how far a job is.

        Raises:
            NotFoundRemotely: If it is not there, or any more: it is kept for seven days.
        """
        return _job(self._session.call(lambda library: library.restful(f"jobs/ingest/{job_id}")))

    def abort(self, job_id: str) -> None:
        """Stop a job, as far as it can be; what it has saved stays."""
        try:
            self._set_state(job_id, "Aborted")
        except BridgeError:
            return

    def results(self, job_id: str, key_field: str) -> Iterator[tuple[str, SaveResult]]:
        """Yield the key of each record that a job looked at, and what became of it.

        Those that it did not look at are missing.
        """
        for kind in _RESULTS:
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
                self._fetch(job_id, kind, file)
                file.seek(0)
                yield from _results(io.TextIOWrapper(file, "utf-8", newline=""), key_field)

    def _fetch(self, job_id: str, kind: str, file: IO[bytes]) -> None:
        """Bring results here before they are read: a row that came half is no row."""

        def fetch(library: Library) -> None:
            file.seek(0)
            file.truncate()
            response = library._call_salesforce(  # noqa: SLF001 -- the library reads it all into memory
                "GET", f"{library.base_url}jobs/ingest/{job_id}/{kind}", stream=True
            )
            with response:
                for chunk in response.iter_content(_CHUNK):
                    file.write(chunk)

        self._session.call(fetch)

    def _set_state(self, job_id: str, state: str) -> IngestJob:
        body = {"state": state}
        path = f"jobs/ingest/{job_id}"
        return _job(
            self._session.call(lambda library: library.restful(path, method="PATCH", json=body))
        )


def _upload(library: Library, job_id: str, file: CsvFile) -> None:
    library._call_salesforce(  # noqa: SLF001 -- the library makes the job anew with each file
        "PUT",
        f"{library.base_url}jobs/ingest/{job_id}/batches",
        data=file.opened(),
        headers={"Content-Type": "text/csv; charset=UTF-8"},
    )


def _job(answer: object) -> IngestJob:
    match answer:
        case {"id": str(job_id), "state": str(state), **others}:
            return IngestJob(
                job_id=job_id,
                state=state,
                processed=_number(others.get("numberRecordsProcessed")),
                failed=_number(others.get("numberRecordsFailed")),
                message=vendor_words(str(others.get("errorMessage") or "")) or None,
            )
        case _:
            raise unavailable("an answer that is no job")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _results(lines: Iterable[str], key_field: str) -> Iterator[tuple[str, SaveResult]]:
    """Yield key and result of each line of a job's results.

    >>> lines = ["Key__c,sf__Id,sf__Error", "k,,STRING_TOO_LONG:too large:Name --"]
    >>> ((_, result),) = _results(lines, "Key__c")
    >>> result.error_code, result.message, result.fields
    ('STRING_TOO_LONG', 'too large', ('Name',))
    """
    rows = csv.reader(lines)
    places = {name: place for place, name in enumerate(next(rows, ()))}
    try:
        for row in rows:
            if not row:
                continue
            if "sf__Error" in places:
                result = _refusal(row[places["sf__Error"]])
            else:
                result = SaveResult(
                    ok=True,
                    record_id=salesforce_id(row[places["sf__Id"]]),
                    created=row[places["sf__Created"]].lower() == "true",
                )
            yield row[places[key_field]], result
    except (KeyError, IndexError):
        raise unavailable("results without their keys") from None


def _refusal(error: str) -> SaveResult:
    code, _, rest = error.partition(":")
    words, _, fields = rest.removesuffix("--").rpartition(":")
    return SaveResult(
        ok=False,
        error_code=code,
        message=vendor_words(words or rest),
        fields=tuple(fields.split()),
    )


def line(*values: Any) -> str:
    r"""Return values as a line of the file, without its end; None and an empty text clear a field.

    >>> line("a", None, 'b,"c')
    'a,#N/A,"b,""c"'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(map(_cell, values))
    return text.getvalue()


def _cell(value: Any) -> str:
    """Return a value as a cell.

    >>> _cell(None), _cell(True), _cell(1)
    ('#N/A', 'true', '1')
    """
    if value is None or value == "":
        return CLEARED
    return str(value).lower() if isinstance(value, bool) else str(value)
