"""A query's names tied to the schema: paths to fields, constants to the fields' types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sandbox.salesforce import ids
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.schema import unsupported_type
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import DateLiteral

if TYPE_CHECKING:
    from sandbox.salesforce.schema import Field, Schema, SObject
    from sandbox.salesforce.soql.tree import Constant, Path, Query

MAX_PARENTS = 5
_EXPECTED: dict[str, type] = {
    "boolean": bool,
    "double": float,
    "int": float,
    "datetime": datetime,
    "date": date,
}
_KINDS = {"datetime": "dateTime", "id": "ID", "reference": "ID"}


@dataclass(frozen=True, slots=True)
class Bound:
    """A path that was found in the schema.

    Attributes:
        steps: The references to follow, each with the object that it leads to.
        field: The field at the end.
    """

    steps: tuple[tuple[Field, SObject], ...]
    field: Field


class Binder:
    """Finds what the names of one query mean."""

    def __init__(self, schema: Schema, query: Query, source: SObject | None = None) -> None:
        self._schema = schema
        self._query = query
        found = source or schema.find(query.source)
        if found is None:
            raise malformed(
                query.text, query.source_at, unsupported_type(query.source), code="INVALID_TYPE"
            )
        self.source = found

    def path(self, path: Path) -> Bound:
        """Return the field that a path ends in.

        Raises:
            ApiError: INVALID_FIELD, if a name on the way is not there.
        """
        names = list(path.names)
        if len(names) > 1 and names[0].lower() in self._own_names():
            names.pop(0)
        *parents, last = names
        sobject = self.source
        steps: list[tuple[Field, SObject]] = []
        for name in parents:
            reference = sobject.relationship(name)
            if reference is None or len(steps) == MAX_PARENTS:
                raise self._invalid(
                    path,
                    f"Didn't understand relationship '{name}' in field path. If you are attempting "
                    "to use a custom relationship, be sure to append the '__r' after the custom "
                    "relationship name. Please reference your WSDL or the describe call for the "
                    "appropriate names.",
                )
            sobject = self._schema.get(reference.refers_to[0])
            steps.append((reference, sobject))
        field = sobject.field(last)
        if field is None:
            raise self._invalid(
                path,
                f"No such column '{last}' on entity '{sobject.name}'. If you are attempting to use "
                "a custom field, be sure to append the '__c' after the custom field name. Please "
                "reference your WSDL or the describe call for the appropriate names.",
            )
        return Bound(tuple(steps), field)

    def filter(self, path: Path) -> Bound:
        """Return the field of a path that a condition or an order uses.

        Raises:
            ApiError: INVALID_FIELD, if it is not there or cannot be filtered by.
        """
        bound = self.path(path)
        if not bound.field.filterable:
            cause = f"field '{path.text}' can not be filtered in a query call"
            raise self._invalid(path, cause)
        return bound

    def constant(self, path: Path, field: Field, value: Constant) -> Constant:
        """Return a constant in the spelling that the field stores.

        Raises:
            ApiError: If the constant is not of the field's type.
        """
        if value is None:
            return None
        if isinstance(value, DateLiteral) and field.type in {"date", "datetime"}:
            return value
        expected = _EXPECTED.get(field.type, str)
        # A bool is an int and a datetime is a date in Python, but not here.
        if type(value) is not expected:
            quotes = "should be enclosed in quotes"
            if expected is not str:
                quotes = "should not be enclosed in quotes" if isinstance(value, str) else ""
            kind = _KINDS.get(field.type, "string" if expected is str else field.type)
            cause = f"value of filter criterion for field '{path.text}' must be of type {kind}"
            raise self._invalid(path, f"{cause} and {quotes}" if quotes else cause)
        if field.type in {"id", "reference"}:
            found = ids.canonical(str(value))
            if found is None:
                raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")
            return found
        return value

    def _own_names(self) -> set[str]:
        alias = self._query.alias
        return {self.source.name.lower()} | ({alias.lower()} if alias else set())

    def _invalid(self, path: Path, cause: str) -> ApiError:
        return malformed(self._query.text, path.at, cause, code="INVALID_FIELD")
