"""The work of an ingest job: its rows become saves, a few at a time, each by itself."""

from __future__ import annotations

import csv
import time
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import saving
from sandbox.salesforce.bulk.columns import NULL, BatchRefused, Column, columns
from sandbox.salesforce.bulk.csv_text import ending_of, read, written
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.salesforce.bulk.jobs import Job
    from sandbox.salesforce.org import Org, Transaction

MOST_FIELDS = 5_000
MOST_CHARACTERS = 400_000
"""Characters of a record; its row is refused beyond them."""

CHUNK_COUNT = 200
"""Rows that reach the org's triggers together; a key may be in them once."""


class Load:
    """An ingest job that is under way.

    Attributes:
        processed: Rows that were looked at.
        failed: Rows of these that were refused.

    Raises:
        BatchRefused: If the file as a whole cannot be loaded.
    """

    def __init__(self, org: Org, job: Job) -> None:
        self._org = org
        self._job = job
        self._sobject = org.schema.get(job.object)
        self.processed = self.failed = 0
        text = job.content or ""
        if ending_of(text) not in {None, job.line_ending}:
            message = (
                "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting "
                f"is {job.line_ending}"
            )
            raise BatchRefused(message)
        self._rows = read(text, delimiter=job.column_delimiter)
        try:
            header = next(self._rows, None)
        except csv.Error as error:
            message = f"InvalidBatch : Failed to parse CSV header : {error}"
            raise BatchRefused(message) from None
        if header is None:
            message = "InvalidBatch : Failed to parse CSV header : the file is empty"
            raise BatchRefused(message)
        if len(header) > MOST_FIELDS:
            message = f"InvalidBatch : A record has at most {MOST_FIELDS} fields"
            raise BatchRefused(message)
        self._columns = columns(org.schema, self._sobject, header)
        self._key = self._place_of_key()
        self._chunk: list[list[str]] = []
        self._given: Counter[object] = Counter()
        shown = {"delimiter": job.column_delimiter, "line_ending": job.line_ending}
        self._shown = shown
        job.results.successful[:] = [written([["sf__Id", "sf__Created", *header]], **shown)]
        job.results.failed[:] = [written([["sf__Id", "sf__Error", *header]], **shown)]

    def advance(self, for_s: float) -> bool:
        """Load rows for a while and tell whether that was the last.

        Raises:
            BatchRefused: If the file cannot be read any further; what was saved stays.
        """
        until = time.perf_counter() + for_s
        saved: list[list[str]] = []
        refused: list[list[str]] = []
        try:
            while time.perf_counter() < until:
                if not self._chunk and not self._refill():
                    return True
                row = self._chunk.pop()
                self.processed += 1
                try:
                    record_id, created = self._save(row)
                except ApiError as error:
                    self.failed += 1
                    refused.append([self._id_in(row), _error(error), *row])
                else:
                    saved.append([record_id, "true" if created else "false", *row])
        except csv.Error as error:
            message = f"InvalidBatch : Failed to parse CSV : {error}"
            raise BatchRefused(message) from None
        finally:
            self._keep(self._job.results.successful, saved)
            self._keep(self._job.results.failed, refused)
        return False

    def _keep(self, pieces: list[str], rows: Iterable[Sequence[str]]) -> None:
        text = written(rows, **self._shown)
        if text:
            pieces.append(text)

    def _refill(self) -> bool:
        """Read the next rows that go together; tell whether there were any."""
        chunk = list(islice(self._rows, CHUNK_COUNT))
        self._given = Counter(
            folded(row[self._key])
            for row in chunk
            if self._key is not None and len(row) > self._key
        )
        self._chunk = chunk[::-1]
        return bool(chunk)

    def _place_of_key(self) -> int | None:
        """Return in which column the id or the external id is; None for an insert.

        Raises:
            BatchRefused: If it is in none, or a file of ids holds something else.
        """
        operation = self._job.operation
        if operation == "insert":
            return None
        names = [None if each.parent else each.field.name for each in self._columns]
        if operation in {"delete", "hardDelete"} and names != ["Id"]:
            message = f"InvalidBatch : The '{operation}' batch must contain only ids"
            raise BatchRefused(message)
        key = self._job.external_id if operation == "upsert" else "Id"
        if key not in names:
            message = f"InvalidBatch : Field name not found : {key}"
            raise BatchRefused(message)
        return names.index(key)

    def _id_in(self, row: Sequence[str]) -> str:
        """Return the id that a refused row names itself, or nothing."""
        if self._key is None or self._columns[self._key].field.type != "id":
            return ""
        return row[self._key] if len(row) > self._key else ""

    def _save(self, row: Sequence[str]) -> tuple[str, bool]:
        """Save one row; return the record's id, and whether it is new."""
        if len(row) > len(self._columns):
            raise ApiError(
                "INVALID_FIELD",
                f"The row has {len(row)} columns, the header {len(self._columns)}",
            )
        if sum(map(len, row)) > MOST_CHARACTERS:
            raise ApiError("LIMIT_EXCEEDED", f"A record has at most {MOST_CHARACTERS} characters")
        with self._org.transaction(self._job.user_id) as tx:
            match self._job.operation:
                case "insert":
                    return self._insert(tx, self._record(row)), True
                case "update":
                    return self._update(tx, self._wanted_id(row), self._record(row)), False
                case "upsert":
                    return self._upsert(tx, row)
                case _:
                    return self._delete(tx, self._wanted_id(row)), False

    def _record(self, row: Sequence[str]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for place, (column, cell) in enumerate(zip(self._columns, row, strict=False)):
            if place != self._key and (given := column.given(cell)) is not None:
                record[given[0]] = given[1]
        return record

    def _insert(self, tx: Transaction, record: dict[str, Any]) -> str:
        if "Id" in record:
            raise ApiError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                "cannot specify Id in an insert call",
                fields=("Id",),
            )
        return saving.insert(tx, self._sobject, record)

    def _update(self, tx: Transaction, wanted: str, record: dict[str, Any]) -> str:
        record_id = self._existing(tx, wanted)
        saving.update(tx, self._sobject, record_id, record)
        return record_id

    def _upsert(self, tx: Transaction, row: Sequence[str]) -> tuple[str, bool]:
        place, record = self._key or 0, self._record(row)
        column = self._columns[place]
        cell = row[place] if len(row) > place else ""
        if column.field.type == "id":
            if cell in {"", NULL}:
                return self._insert(tx, record), True
            return self._update(tx, cell, record), False
        name = column.field.name
        if cell in {"", NULL}:
            raise ApiError("MISSING_ARGUMENT", f"{name} not specified", fields=(name,))
        if self._given[folded(cell)] > 1:
            message = f"Duplicate external id specified: {cell}"
            raise ApiError("DUPLICATE_VALUE", message, fields=(name,))
        matches = saving.find_by_key(tx, self._sobject, column.field, cell)
        if len(matches) > 1:
            raise ApiError(
                "DUPLICATE_EXTERNAL_ID",
                f"{name}: more than one record found for external id field: "
                f"[{', '.join(sorted(matches))}]",
                fields=(name,),
            )
        if matches:
            return self._update(tx, next(iter(matches)), record), False
        return self._insert(tx, record | {name: _text_or_number(column, cell)}), True

    def _delete(self, tx: Transaction, wanted: str) -> str:
        record_id = self._existing(tx, wanted)
        saving.delete(tx, self._sobject, record_id)
        if self._job.operation == "hardDelete":
            self._org.tables[self._sobject.name].put(record_id, None)
        return record_id

    def _wanted_id(self, row: Sequence[str]) -> str:
        wanted = self._id_in(row)
        if wanted in {"", NULL}:
            raise ApiError("MISSING_ARGUMENT", f"Id not specified in an {self._job.operation} call")
        return wanted

    def _existing(self, tx: Transaction, wanted: str) -> str:
        try:
            return str(saving.existing(tx, self._sobject, wanted)["Id"])
        except ApiError as error:
            if error.code != "NOT_FOUND":
                raise
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id") from None


def unprocessed(job: Job) -> str:
    """Return the rows of a job that were never looked at, with their header."""
    rows = read(job.content or "", delimiter=job.column_delimiter)
    header = next(rows, None)
    left = [] if header is None else [header, *islice(rows, job.processed, None)]
    return written(left, delimiter=job.column_delimiter, line_ending=job.line_ending)


def _text_or_number(column: Column, cell: str) -> Any:
    given = column.given(cell)
    return cell if given is None else given[1]


def _error(error: ApiError) -> str:
    """Return an error as `sf__Error` has it.

    >>> _error(ApiError("STRING_TOO_LONG", "Name: too large", fields=("Name",)))
    'STRING_TOO_LONG:Name: too large:Name --'
    >>> _error(ApiError("ENTITY_IS_DELETED", "entity is deleted"))
    'ENTITY_IS_DELETED:entity is deleted:--'
    """
    fields = f"{','.join(error.fields)} " if error.fields else ""
    return f"{error.code}:{error.message}:{fields}--"
