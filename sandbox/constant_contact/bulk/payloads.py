"""The rows that an import sends, as JSON or as CSV; what lies beyond 4 MB is dropped in silence."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.bulk.columns import column_of
from sandbox.constant_contact.refusals import Refusal, invalid
from sandbox.constant_contact.uploads import read_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.constant_contact.model import Json
    from sandbox.constant_contact.uploads import Part

MOST_BYTES: Final = 4 * 1024 * 1024
MOST_JSON_ROWS: Final = 40_000
MOST_CSV_ROWS: Final = 39_999
SMS_PERMISSIONS: Final = ("not_set", "explicit")
_IMPORT_DATA = re.compile(r'"import_data"\s*:\s*\[')
_WHO: Final = frozenset({"email", "sms_number"})
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What an import sends.

    Attributes:
        rows: Heading to value.
        headings: Every heading there is, each once.
        list_ids: As they were sent.
    """

    rows: Sequence[Mapping[str, Any]]
    headings: Sequence[str]
    list_ids: list[Any]
    sms_permission: str
    file_name: str | None = None


def read_json(body: Json, raw: bytes) -> Payload:
    """Return the import of a JSON body.

    Raises:
        Refusal: 400.
    """
    rows, list_ids = body.get("import_data"), body.get("list_ids")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise invalid(["import_data is missing"])
    if not isinstance(list_ids, list):
        raise invalid(["list_ids is missing"])
    if len(rows) > MOST_JSON_ROWS:
        raise invalid([f"import_data size must be between 1 and {MOST_JSON_ROWS}"])
    if len(raw) > MOST_BYTES:
        rows = rows[: _count_within(raw, MOST_BYTES)]
    return Payload(
        rows=rows,
        headings=list(dict.fromkeys(heading for row in rows for heading in row)),
        list_ids=list_ids,
        sms_permission=_sms_permission(body.get("sms_permission_to_send")),
    )


def read_csv(content_type: str, raw: bytes) -> Payload:
    """Return the import of a form with a CSV file.

    Raises:
        Refusal: 400, or 415 for another content type or another kind of file.
    """
    parts = read_form(content_type, raw)
    file = next((part for part in parts if part.name == "file"), None)
    if file is None:
        raise invalid(["file is missing"])
    if not _is_csv(file):
        message = "Wrong file format, upload file must be of type .csv"
        error = {"error_key": "contacts.api.unsupported_media_type", "error_message": message}
        raise Refusal(415, [error])
    texts = {part.name: part.text for part in parts if part.name != "file"}
    joined = ",".join(part.text for part in parts if part.name == "list_ids")
    headings, rows = _table(file.content)
    return Payload(
        rows=rows,
        headings=headings,
        list_ids=[one.strip() for one in joined.split(",") if one.strip()],
        sms_permission=_sms_permission(texts.get("sms_permission_to_send")),
        file_name=file.file_name,
    )


def _sms_permission(text: object) -> str:
    if text is None or text == "":
        return "not_set"
    if not isinstance(text, str) or text not in SMS_PERMISSIONS:
        raise invalid(["sms_permission_to_send does not have a valid value"])
    return text


def _count_within(raw: bytes, most: int) -> int:
    """Return how many rows of `import_data` end within the first bytes of a body."""
    text = raw[:most].decode("utf-8", "ignore")
    start = _IMPORT_DATA.search(text)
    decoder, count = json.JSONDecoder(), 0
    position = len(text) if start is None else start.end()
    while position < len(text):
        try:
            _, end = decoder.raw_decode(text, position)
        except ValueError:
            break
        count += 1
        between = _BETWEEN.match(text, end)
        position = len(text) if between is None else between.end()
    return count


def _is_csv(file: Part) -> bool:
    """Tell whether a file calls itself CSV; one without an ending is taken at its word."""
    ending = (file.file_name or "").rpartition(".")[2].lower()
    has_ending = "." in (file.file_name or "")
    return file.media_type == "text/csv" or not has_ending or ending == "csv"


def _table(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """Return the headings and the rows of a CSV file, cut after 4 MB and 39,999 rows."""
    if len(content) > MOST_BYTES:
        content = content[:MOST_BYTES]
        content = content[: max(content.rfind(b"\n"), content.rfind(b"\r")) + 1]
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    try:
        headings = next(lines, [])
        filled = (cells for cells in lines if any(cells))
        rows = [dict(zip(headings, cells, strict=False)) for cells in islice(filled, MOST_CSV_ROWS)]
    except csv.Error:
        raise invalid(["file cannot be read as CSV"]) from None
    if _WHO.isdisjoint(map(column_of, headings)):
        raise invalid(["file has no column email"])
    return headings, rows
