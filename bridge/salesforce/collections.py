"""Save records of one object in collections: create, update, delete, or upsert by an external id.

Salesforce takes up to 200 records a call and answers each by itself, in the order given, without
naming the key of one that failed (REST API Developer Guide, "sObject Collections"). A refusal of
one record is a result; what would refuse the next one too is raised.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.connections.wire import vendor_words
from bridge.identity import salesforce_id
from bridge.salesforce.answers import unavailable
from bridge.salesforce.model import SaveResult
from bridge.salesforce.names import checked_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simple_salesforce.api import Salesforce as Library

    from bridge.salesforce.model import Update
    from bridge.salesforce.session import Session

RECORDS_A_CALL = 200
"""Most records of one call."""

Fields: TypeAlias = "Mapping[str, Any]"
_Method: TypeAlias = Literal["POST", "PATCH"]

_PATH = "composite/sobjects"
_KEYS_A_QUERY = 100
_QUERY_CHARACTERS = 8_000  # an address of 16,000 is taken, and percent-encoding makes it longer


class Collections:
    """Saves records of one organization. Every method raises the errors of `Session.call`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, object: str, records: Sequence[Fields]) -> list[SaveResult]:  # noqa: A002
        """Create up to 200 records; a call that is repeated creates them twice."""
        return self._save("POST", _PATH, [_record(object, fields) for fields in records])

    def update(self, records: Sequence[Update]) -> list[SaveResult]:
        """Update any number of records, 200 a call, and return what became of each, in order."""
        # A call may not change its object more than ten times.
        order = sorted(range(len(records)), key=lambda position: records[position].object)
        results: dict[int, SaveResult] = {}
        for start in range(0, len(order), RECORDS_A_CALL):
            part = order[start : start + RECORDS_A_CALL]
            given = [
                _record(one.object, {"id": one.record_id, **one.fields})
                for one in (records[position] for position in part)
            ]
            results.update(zip(part, self._save("PATCH", _PATH, given), strict=True))
        return [results[position] for position in range(len(records))]

    def delete(self, ids: Sequence[str]) -> list[SaveResult]:
        """Delete up to 200 records, into the recycle bin; one that is gone already is refused."""
        if len(ids) > RECORDS_A_CALL:
            message = f"{len(ids)} records, and {RECORDS_A_CALL} are possible"
            raise ValueError(message)
        if not ids:
            return []
        params = {"ids": ",".join(map(salesforce_id, ids)), "allOrNone": "false"}
        answer = self._session.call(
            lambda library: library.restful(_PATH, method="DELETE", params=params)
        )
        return _save_results(answer, len(ids))

    def upsert(
        self,
        object: str,  # noqa: A002
        key_field: str,
        records: Mapping[str, Fields],
    ) -> dict[str, SaveResult]:
        """Create or update up to 200 records by an external id, as often as one likes.

        Args:
            object: Their API name.
            key_field: The field that is the external id.
            records: Its value -> the other fields; two records of one value cannot stand here.
        """
        path = f"{_PATH}/{checked_name(object)}/{checked_name(key_field)}"
        given = [_record(object, {key_field: key, **fields}) for key, fields in records.items()]
        saved = self._save("PATCH", path, given)
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
                f"SELECT Id, {checked_name(key_field)} FROM {checked_name(object)} "  # noqa: S608 -- checked
                f"WHERE {key_field} IN ({quoted})"
            )
            answer = self._session.call(partial(_query_all, soql=soql))
            for record in _rows(answer):
                there = {name.lower(): value for name, value in record.items()}
                key = str(there.get(key_field.lower())).lower()
                if key in given:
                    found[given[key]] = salesforce_id(str(there["id"]))
        return found

    def _save(self, method: _Method, path: str, records: Sequence[Fields]) -> list[SaveResult]:
        if len(records) > RECORDS_A_CALL:
            message = f"{len(records)} records, and {RECORDS_A_CALL} are possible"
            raise ValueError(message)
        if not records:
            return []
        body = {"allOrNone": False, "records": list(records)}
        answer = self._session.call(lambda library: library.restful(path, method=method, json=body))
        return _save_results(answer, len(records))


def _record(object: str, fields: Fields) -> Fields:  # noqa: A002
    return {"attributes": {"type": checked_name(object)}, **fields}


def _save_results(answer: object, count: int) -> list[SaveResult]:
    if not isinstance(answer, list) or len(answer) != count:
        raise unavailable("an answer without a result for each record")
    return [_save_result(result) for result in answer]


def _save_result(result: object) -> SaveResult:
    match result:
        case {"success": True, "id": str(record_id), "created": bool(created)}:
            return SaveResult(ok=True, record_id=salesforce_id(record_id), created=created)
        case {"success": True, "id": str(record_id)}:
            return SaveResult(ok=True, record_id=salesforce_id(record_id))
        case {"errors": [{"statusCode": str(code), **others}, *_]}:
            fields = others.get("fields")
            return SaveResult(
                ok=False,
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
