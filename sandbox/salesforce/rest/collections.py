"""Records in collections of up to 200, answered in the order given: `/composite/sobjects…`."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import ids, saving
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rendering import whole_record
from sandbox.salesforce.rest.calls import answer
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response

    from sandbox.salesforce.org import Transaction
    from sandbox.salesforce.rest.calls import Call
    from sandbox.salesforce.schema import Field

    Save = Callable[[Transaction, Any], dict[str, object]]

MOST_RECORDS = 200
MOST_CHUNKS = 10
MOST_RETRIEVED = 2_000
_ROLLED_BACK = ApiError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone "
    "header",
)


def create(call: Call) -> Response:
    """Create records of up to ten objects."""

    def save(tx: Transaction, record: dict[str, Any]) -> dict[str, object]:
        return _done(saving.insert(tx, tx.org.schema.named(_type(record)), record))

    return _saved(call, _records(call), save, all_or_none=_all_or_none(call))


def update(call: Call) -> Response:
    """Update records of up to ten objects, each with its id."""

    def save(tx: Transaction, record: dict[str, Any]) -> dict[str, object]:
        sobject = tx.org.schema.named(_type(record))
        fields = {name: value for name, value in record.items() if name.lower() != "id"}
        given = next((value for name, value in record.items() if name.lower() == "id"), None)
        if not isinstance(given, str):
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call")
        row = _existing(tx, _type(record), given)
        saving.update(tx, sobject, str(row["Id"]), fields)
        return _done(str(row["Id"]))

    return _saved(call, _records(call), save, all_or_none=_all_or_none(call))


def upsert(call: Call) -> Response:
    """Create or update records of one object by an external id that each holds."""
    sobject = call.org.schema.get(call.path["object"])
    field = saving.external_id(sobject, call.path["field"])
    records = _records(call)
    given = Counter(folded(_given(record, field)) for record in records)

    def save(tx: Transaction, record: dict[str, Any]) -> dict[str, object]:
        if tx.org.schema.named(_type(record)) is not sobject:
            raise ApiError("INVALID_TYPE", f"the record is not of type {sobject.name}")
        value = _given(record, field)
        fields = {name: each for name, each in record.items() if name.lower() != field.name.lower()}
        if value is None and field.type != "id":
            raise ApiError("MISSING_ARGUMENT", f"{field.name} not specified", fields=(field.name,))
        if value is not None and given[folded(value)] > 1:
            message = f"Duplicate external id specified: {value}"
            raise ApiError("DUPLICATE_VALUE", message, fields=(field.name,))
        if field.type == "id":
            matches = {str(_existing(tx, sobject.name, value)["Id"])} if value else frozenset()
        else:
            matches = saving.find_by_key(tx, sobject, field, str(value))
        if len(matches) > 1:
            raise ApiError(
                "DUPLICATE_EXTERNAL_ID",
                f"{field.name}: more than one record found for external id field: "
                f"[{', '.join(sorted(matches))}]",
                fields=(field.name,),
            )
        if matches:
            record_id = next(iter(matches))
            saving.update(tx, sobject, record_id, fields)
        else:
            own = {field.name: value} if field.type != "id" else {}
            record_id = saving.insert(tx, sobject, fields | own)
        return _done(record_id) | {"created": not matches}

    return _saved(call, records, save, all_or_none=_all_or_none(call), created=True)


def delete(call: Call) -> Response:
    """Delete the records of `?ids=`, of any object."""
    wanted = [each for each in call.query.get("ids", "").split(",") if each]
    _check_count(wanted)

    def remove(tx: Transaction, given: str) -> dict[str, object]:
        found = ids.canonical(given)
        sobject = tx.org.schema.of_id(found) if found else None
        if found is None or sobject is None:
            raise ApiError("MALFORMED_ID", f"malformed id {given}")
        saving.delete(tx, sobject, str(_existing(tx, sobject.name, found)["Id"]))
        return _done(found)

    return _saved(call, wanted, remove, all_or_none=call.flag("allOrNone"))


def retrieve(call: Call) -> Response:
    """Return records by id, null in the place of one that is not there."""
    sobject = call.org.schema.get(call.path["object"])
    if call.body:
        asked = call.json()
        wanted, names = asked.get("ids", []), asked.get("fields", [])
    else:
        wanted, names = (call.query.get(name, "").split(",") for name in ("ids", "fields"))
    if not isinstance(wanted, list) or not isinstance(names, list) or len(wanted) > MOST_RETRIEVED:
        raise ApiError("JSON_PARSER_ERROR", "ids and fields must be lists of texts")
    fields = []
    for name in names:
        field = sobject.field(str(name))
        if field is None:
            raise ApiError(
                "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}"
            )
        fields.append(field)
    table = call.org.tables[sobject.name]
    rows = [table.live(ids.canonical(str(each)) or "") for each in wanted]
    return answer(
        200,
        [
            None
            if row is None
            else whole_record(sobject, row, version=call.version, fields=tuple(fields))
            for row in rows
        ],
    )


def _saved(
    call: Call,
    items: Sequence[Any],
    save: Save,
    *,
    all_or_none: bool,
    created: bool = False,
) -> Response:
    """Save each item by itself, or all together; a failure is an item of the answer."""
    results: list[dict[str, object]] = []
    refused = {"created": False} if created else {}
    if not all_or_none:
        for item in items:
            try:
                with call.transaction() as tx:
                    results.append(save(tx, item))
            except ApiError as error:
                results.append(_failed(error) | refused)
        return answer(200, results)
    try:
        with call.transaction() as tx:
            first_error = None
            for item in items:
                try:
                    results.append(save(tx, item))
                except ApiError as error:
                    first_error = first_error or error
                    results.append(_failed(error) | refused)
            if first_error is not None:
                raise first_error
    except ApiError:
        results = [
            result if not result["success"] else _failed(_ROLLED_BACK) | refused
            for result in results
        ]
    return answer(200, results)


def _existing(tx: Transaction, name: str, record_id: object) -> dict[str, Any]:
    try:
        return saving.existing(tx, tx.org.schema.named(name), str(record_id))
    except ApiError as error:
        if error.code != "NOT_FOUND":
            raise
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id") from None


def _records(call: Call) -> list[dict[str, Any]]:
    records = call.json().get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise ApiError("JSON_PARSER_ERROR", "records must be a list of records")
    _check_count(records)
    chunks = sum(1 for _ in groupby(records, key=_type))
    if chunks > MOST_CHUNKS:
        raise ApiError(
            "LIMIT_EXCEEDED",
            f"{chunks} chunks of different types exceed the maximum of {MOST_CHUNKS}",
        )
    return records


def _check_count(items: Sequence[object]) -> None:
    if len(items) > MOST_RECORDS:
        raise ApiError(
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call",
        )


def _given(record: dict[str, Any], field: Field) -> str | None:
    """Return the text that a record gives for a field, or None."""
    for name, value in record.items():
        if name.lower() == field.name.lower() and value is not None:
            return str(value)
    return None


def _all_or_none(call: Call) -> bool:
    return call.json().get("allOrNone") is True


def _type(record: dict[str, Any]) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        message = "The type attribute is required for each record: attributes.type"
        raise ApiError("INVALID_TYPE", message)
    return name


def _done(record_id: str) -> dict[str, object]:
    return {"id": record_id, "success": True, "errors": []}


def _failed(error: ApiError) -> dict[str, object]:
    return {"success": False, "errors": [error.item()]}
