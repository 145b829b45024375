"""Save records of one object in collections: create, update, or upsert by an external id.

Salesforce takes up to 200 records a call and answers each by itself, in the order given, without
naming the key of one that failed (REST API Developer Guide, "sObject Collections"). A refusal of
one record is a result; what would refuse the next one too is raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.connections.wire import vendor_words
from bridge.errors import ConfigurationError
from bridge.identity import salesforce_id
from bridge.salesforce.answers import unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simple_salesforce.api import Salesforce as Library

    from bridge.salesforce.session import Session

RECORDS_A_CALL = 200
"""Most records of one call."""

Fields: TypeAlias = "Mapping[str, Any]"
_Method: TypeAlias = Literal["POST", "PATCH"]

_KEYS_A_QUERY = 100
_QUERY_CHARACTERS = 8_000  # an address of 16,000 is taken, and percent-encoding makes it longer
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What became of one record.

    Attributes:
        record_id: Its 18-character id; None where it was refused.
        created: It is new; None where the call does not say.
        error_code: The vendor's code, like `UNABLE_TO_LOCK_ROW`, or None.
        message: The vendor's sentence without addresses, or None.
        fields: The fields at fault.
    """

    record_id: str | None = None
    created: bool | None = None
    error_code: str | None = None
    message: str | None = None
    fields: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether the record is saved."""
        return self.error_code is None

    @property
    def is_locked(self) -> bool:
        """Tell whether somebody else held the record or its parent: a smaller call may do."""
        return self.error_code == "UNABLE_TO_LOCK_ROW"

    @property
    def is_gone(self) -> bool:
        """Tell whether a record that the call names is not there any more."""
        return self.error_code in _GONE


class Collections:
    """Saves records of one organization. Every method raises the errors of `Session.call`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, object: str, records: Sequence[Fields]) -> list[Saved]:  # noqa: A002
        """Create up to 200 records; a call that is repeated creates them twice."""
        return self._save("POST", "composite/sobjects", object, records)

    def update(self, object: str, records: Mapping[str, Fields]) -> dict[str, Saved]:  # noqa: A002
        """Update up to 200 records, by id, and return what became of each."""
        given = [{"id": record_id, **fields} for record_id, fields in records.items()]
        saved = self._save("PATCH", "composite/sobjects", object, given)
        return dict(zip(records, saved, strict=True))

    def upsert(
        self,
        object: str,  # noqa: A002
        key_field: str,
        records: Mapping[str, Fields],
    ) -> dict[str, Saved]:
        """Create or update up to 200 records by an external id, as often as one likes.

        Args:
            object: Their API name.
            key_field: The field that is the external id.
            records: Its value -> the other fields; two records of one value cannot stand here.
        """
        path = f"composite/sobjects/{_checked(object)}/{_checked(key_field)}"
        given = [{key_field: key, **fields} for key, fields in records.items()]
        saved = self._save("PATCH", path, object, given)
        return dict(zip(records, saved, strict=True))

    def find(self, object: str, key_field: str, keys: Sequence[str]) -> dict[str, str]:  # noqa: A002
        """Return the id of each record that has one of these keys, by its key as it was given.

        For objects that cannot be upserted. Keys match whatever their case, as Salesforce compares.
        """
        given = {key.lower(): key for key in keys}
        found: dict[str, str] = {}
        for part in _parts(sorted(given.values())):
            quoted = ",".join(f"'{_escaped(key)}'" for key in part)
            soql = (
                f"SELECT Id, {_checked(key_field)} FROM {_checked(object)} "  # noqa: S608 -- checked
                f"WHERE {key_field} IN ({quoted})"
            )
            answer = self._session.call(partial(_query_all, soql=soql))
            for record in _rows(answer):
                there = {name.lower(): value for name, value in record.items()}
                key = str(there.get(key_field.lower())).lower()
                if key in given:
                    found[given[key]] = salesforce_id(str(there["id"]))
        return found

    def _save(
        self,
        method: _Method,
        path: str,
        object: str,  # noqa: A002
        records: Sequence[Fields],
    ) -> list[Saved]:
        if len(records) > RECORDS_A_CALL:
            message = f"{len(records)} records, and {RECORDS_A_CALL} are possible"
            raise ValueError(message)
        if not records:
            return []
        kind = {"attributes": {"type": _checked(object)}}
        body = {"allOrNone": False, "records": [kind | dict(fields) for fields in records]}
        answer = self._session.call(lambda library: library.restful(path, method=method, json=body))
        if not isinstance(answer, list) or len(answer) != len(records):
            raise unavailable("an answer without a result for each record")
        return [_saved(result) for result in answer]


def _saved(result: object) -> Saved:
    match result:
        case {"success": True, "id": str(record_id)}:
            created = result.get("created") if isinstance(result, dict) else None
            return Saved(record_id=salesforce_id(record_id), created=created)
        case {"errors": [{"statusCode": str(code), **others}, *_]}:
            fields = others.get("fields")
            return Saved(
                error_code=code,
                message=vendor_words(others.get("message", "")),
                fields=tuple(map(str, fields)) if isinstance(fields, list) else (),
            )
        case _:
            raise unavailable("a result that says neither success nor error")


def _query_all(library: Library, *, soql: str) -> Any:
    return library.query_all(soql)


def _rows(answer: object) -> list[dict[str, Any]]:
    rows = answer.get("records") if isinstance(answer, dict) else None
    if isinstance(rows, list) and all(isinstance(row, dict) and "Id" in row for row in rows):
        return rows
    raise unavailable("an answer without records")


def _parts(keys: Sequence[str]) -> list[list[str]]:
    """Return keys in parts that one query can name.

    >>> [len(part) for part in _parts(["x" * 36] * 250)]
    [100, 100, 50]
    """
    parts: list[list[str]] = [[]]
    room = _QUERY_CHARACTERS
    for key in keys:
        length = len(key) + 3
        if len(parts[-1]) == _KEYS_A_QUERY or length > room:
            parts.append([])
            room = _QUERY_CHARACTERS
        parts[-1].append(key)
        room -= length
    return [part for part in parts if part]


def _escaped(key: str) -> str:
    r"""Return a text fit for SOQL's quotes.

    >>> _escaped("O'Hara")
    "O\\'Hara"
    """
    return key.replace("\\", "\\\\").replace("'", "\\'")


def _checked(name: str) -> str:
    """Return an API name that may stand in a query or a path."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{name[:80]!r} is no API name of Salesforce")
    return name
