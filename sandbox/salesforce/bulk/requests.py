"""What a client asks of a bulk job, checked: the fields of a new job, the file, the change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.bulk.csv_text import DELIMITERS, LINE_ENDINGS
from sandbox.salesforce.bulk.extract import checked
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rest import multipart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.policy import Policy
    from sandbox.salesforce.schema import SObject

LARGEST_BASE64_BYTES = 150_000_000
LARGEST_PART_CHARACTERS = 100_000
_INGEST_FIELDS = frozenset(
    {
        "assignmentRuleId",
        "columnDelimiter",
        "concurrencyMode",
        "contentType",
        "externalIdFieldName",
        "lineEnding",
        "object",
        "operation",
    }
)
_QUERY_FIELDS = frozenset({"columnDelimiter", "contentType", "lineEnding", "operation", "query"})
_INGESTS = ("insert", "update", "upsert", "delete", "hardDelete")
_QUERIES = ("query", "queryAll")


def ingest_fields(org: Org, policy: Policy, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a new ingest job.

    Raises:
        ApiError: If they are not those of a job.
    """
    fields = _shared_fields(asked, _INGEST_FIELDS, _INGESTS)
    name = _text(asked, "object")
    sobject = org.schema.find(name or "")
    if sobject is None:
        raise _invalid_job(f"Unable to find object: {name}")
    if not sobject.writable:
        raise ApiError(
            "INVALIDENTITY", f"Entity '{sobject.name}' is not supported by the Bulk API."
        )
    operation = fields["operation"]
    if operation == "hardDelete" and not policy.bulk_hard_delete:
        raise ApiError(
            "FEATURENOTENABLED",
            "hardDelete operation requires special user profile permission, please contact your "
            "system administrator",
        )
    rule_id = _text(asked, "assignmentRuleId")
    external_id = _external_id(sobject, _text(asked, "externalIdFieldName"), operation)
    return fields | {
        "kind": "ingest",
        "object": sobject.name,
        "external_id": external_id,
        "assignment_rule_id": rule_id,
    }


def query_fields(org: Org, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a new query job.

    Raises:
        ApiError: If they are not those of a job, or the query is none that a job can run.
    """
    fields = _shared_fields(asked, _QUERY_FIELDS, _QUERIES)
    query = _text(asked, "query")
    if not query:
        raise _invalid_job("No query specified")
    return fields | {"kind": "query", "object": checked(org, query).name, "query": query}


def new_state(asked: Mapping[str, Any], *allowed: str) -> str:
    """Return the state that a job is to get.

    Raises:
        ApiError: If a client cannot set it.
    """
    state = asked.get("state")
    if state not in allowed:
        message = f"Invalid job state: {state}. Allowed are {', '.join(allowed)}"
        raise ApiError("INVALIDJOBSTATE", message)
    return str(state)


def uploaded(body: bytes) -> str:
    """Return an uploaded file as text.

    Raises:
        ApiError: If it is too large or not UTF-8.
    """
    if len(body) * 4 / 3 > LARGEST_BASE64_BYTES:
        raise ApiError(
            "CLIENTINPUTERROR",
            "Job data exceeds the maximum of 150 MB of base64 encoded content",
            status=413,
        )
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise ApiError("CLIENTINPUTERROR", "Job data is not valid UTF-8") from None


def parts(content_type: str, body: bytes) -> tuple[dict[str, Any], str]:
    """Return the job and the file of a multipart request.

    Raises:
        ApiError: If one of the two is missing, or the file is too large for this way.
    """
    found = multipart.parts(content_type, body)
    if not {"job", "content"} <= found.keys():
        message = "A multipart request needs the parts 'job' and 'content'"
        raise ApiError("CLIENTINPUTERROR", message)
    text = uploaded(found["content"])
    if len(text) > LARGEST_PART_CHARACTERS:
        message = f"The content part exceeds {LARGEST_PART_CHARACTERS} characters"
        raise ApiError("CLIENTINPUTERROR", message)
    try:
        job = json.loads(found["job"])
    except (UnicodeDecodeError, ValueError, RecursionError):
        job = None
    if not isinstance(job, dict):
        raise ApiError("JSON_PARSER_ERROR", "The part 'job' is required to be a JSON object")
    return job, text


def _shared_fields(
    asked: Mapping[str, Any], names: frozenset[str], operations: tuple[str, ...]
) -> dict[str, Any]:
    for name in asked:
        if name not in names:
            raise ApiError(
                "JSON_PARSER_ERROR", f'Unrecognized field "{name}" at [line:1, column:1]'
            )
    if _text(asked, "contentType") not in {None, "CSV"}:
        raise _invalid_job("The only content type supported is CSV")
    if _text(asked, "concurrencyMode") not in {None, "Parallel"}:
        raise _invalid_job("The concurrency mode is always Parallel")
    return {
        "operation": _one_of(asked, "operation", operations),
        "column_delimiter": _one_of(asked, "columnDelimiter", tuple(DELIMITERS), "COMMA"),
        "line_ending": _one_of(asked, "lineEnding", tuple(LINE_ENDINGS), "LF"),
    }


def _one_of(
    asked: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str | None = None
) -> str:
    value = _text(asked, name)
    if value is None and default is not None:
        return default
    if value is None:
        raise _invalid_job(f"No {name} specified")
    if value not in allowed:
        raise ApiError(
            "JSON_PARSER_ERROR",
            f"Cannot deserialize value of {name} from String {json.dumps(value)}: value not one of "
            f"[{', '.join(allowed)}]",
        )
    return value


def _text(asked: Mapping[str, Any], name: str) -> str | None:
    value = asked.get(name)
    if value is not None and not isinstance(value, str):
        raise ApiError("JSON_PARSER_ERROR", f"Cannot deserialize instance of string: {name}")
    return value


def _external_id(sobject: SObject, name: str | None, operation: str) -> str | None:
    if operation != "upsert":
        return None
    if not name:
        raise _invalid_job(
            f"External ID was blank for {sobject.name}. An External ID must be specified for "
            "upsert."
        )
    field = sobject.field(name)
    by_key = field is not None and field.external_id and sobject.upserts_by_key
    if field is None or not (by_key or field.type == "id"):
        raise _invalid_job(
            f"Field name provided, {name} does not match an External ID, Salesforce Id, or indexed "
            f"field for {sobject.name}"
        )
    return field.name


def _invalid_job(message: str) -> ApiError:
    return ApiError("INVALIDJOB", f"InvalidJob : {message}")
