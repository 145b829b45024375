"""The work of a query job: which queries Bulk API 2.0 runs, and their records as CSV."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

from sandbox.salesforce.bulk.csv_text import written
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.soql.bind import Binder, Bound
from sandbox.salesforce.soql.evaluate import Selection
from sandbox.salesforce.soql.parser import parse
from sandbox.salesforce.soql.tokens import Token, tokens
from sandbox.salesforce.values import to_soap

if TYPE_CHECKING:
    from sandbox.salesforce.bulk.jobs import Job
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.schema import SObject
    from sandbox.salesforce.values import Row, Value

_REFUSED = "API_ERROR"


def checked(org: Org, text: str) -> SObject:
    """Return the object that a query asks for.

    Raises:
        ApiError: If the query is malformed, or is none for Bulk API 2.0.
    """
    words = list(tokens(text))
    _refuse_unsupported(words)
    query = parse(text)
    Selection(org, query)
    binder = Binder(org.schema, query)
    if any(binder.path(path).field.type == "address" for path in query.fields):
        raise ApiError(_REFUSED, "Selecting compound data not supported in Bulk Query")
    return binder.source


class Extract:
    """A query job that is under way.

    Attributes:
        processed: Records that are in the results.
        failed: None ever is.
    """

    def __init__(self, org: Org, job: Job) -> None:
        self._org = org
        self._job = job
        query = parse(job.query)
        selection = Selection(org, query)
        binder = Binder(org.schema, query)
        self._table = org.tables[binder.source.name]
        self._bound = [binder.path(path) for path in query.fields]
        self._ids = selection.ids(deleted_too=job.operation == "queryAll")
        self._next = 0
        self.processed = self.failed = 0
        job.results.lines.clear()
        job.results.header = self._line([_name(each) for each in self._bound])

    def advance(self, for_s: float) -> bool:
        """Write records for a while and tell whether that was the last."""
        until = time.perf_counter() + for_s
        while self._next < len(self._ids):
            row = self._table.get(self._ids[self._next])
            self._next += 1
            if row is not None:
                cells = [self._cell(bound, row) for bound in self._bound]
                self._job.results.lines.append(self._line(cells))
                self.processed += 1
            if time.perf_counter() >= until:
                break
        return self._next >= len(self._ids)

    def _line(self, cells: list[str]) -> str:
        job = self._job
        return written([cells], delimiter=job.column_delimiter, line_ending=job.line_ending)

    def _cell(self, bound: Bound, row: Row) -> str:
        value: Value = None
        for reference, _ in bound.steps:
            record_id = row.get(reference.name)
            parent = self._org.schema.of_id(record_id) if isinstance(record_id, str) else None
            found = self._org.tables[parent.name].get(str(record_id)) if parent else None
            if found is None:
                return ""
            row = found
        value = row.get(bound.field.name)
        return "" if value is None else to_soap(value)


def _name(bound: Bound) -> str:
    return ".".join(
        [*(str(reference.relationship) for reference, _ in bound.steps), bound.field.name]
    )


def _refuse_unsupported(words: list[Token]) -> None:
    depth = 0
    is_selecting = True
    for here, after in pairwise(words):
        depth += here.says("(") - here.says(")")
        if here.says("(") and after.says("SELECT") and is_selecting:
            message = "Aggregate Relationships not supported in Bulk V2 Query with CSV content type"
            raise ApiError(_REFUSED, message)
        if depth == 0 and here.says("FROM"):
            is_selecting = False
        if is_selecting and here.kind == "name" and after.says("("):
            raise ApiError(_REFUSED, f"Function {here.text}() not supported in Bulk V2 Query")
        if is_selecting and here.says("TYPEOF"):
            raise ApiError(_REFUSED, "TYPEOF not supported in Bulk V2 Query")
        if not is_selecting and depth == 0:
            if here.says("GROUP") and after.says("BY"):
                raise ApiError(_REFUSED, "GROUP BY not supported in Bulk V2 Query")
            if here.says("OFFSET") and after.kind == "number":
                raise ApiError(_REFUSED, "OFFSET not supported in Bulk V2 Query")
