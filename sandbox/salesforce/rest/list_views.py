"""List views: which an object has, their query, and the records that they show now.

REST API Developer Guide, "List Views", "List View Describe", "List View Results".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.salesforce import ids
from sandbox.salesforce.errors import ApiError, not_found
from sandbox.salesforce.rendering import shown
from sandbox.salesforce.rest.calls import answer
from sandbox.salesforce.soql.evaluate import Selection
from sandbox.salesforce.soql.parser import parse

if TYPE_CHECKING:
    from starlette.responses import Response

    from sandbox.salesforce.rest.calls import Call
    from sandbox.salesforce.schema import Field, SObject

_PREFIX = "00B"
_MOST = 2_000
_DEFAULT = 25
_COLUMNS = (
    *("Name", "Email", "HasOptedOutOfEmail", "CC_Bridge_Status__c", "Type"),
    "LastModifiedDate",
)


@dataclass(frozen=True, kw_only=True)
class ListView:
    """One list view.

    Attributes:
        where: Its condition in SOQL; empty for all records.
    """

    number: int
    developer_name: str
    label: str
    where: str = ""

    @property
    def view_id(self) -> str:
        """Its id, the same in every org of the sandbox."""
        return str(ids.canonical(f"{_PREFIX}5g{self.number:010}"))


_OF_CONTACTS = (
    ListView(
        number=2,
        developer_name="Unsubscribed_there_not_ticked",
        label="Unsubscribed there, Do Not Email not ticked",
        where="CC_Bridge_Status__c = 'Unsubscribed' AND HasOptedOutOfEmail = FALSE",
    ),
    ListView(
        number=3,
        developer_name="Bounced",
        label="Bounced",
        where="CC_Bridge_Status__c LIKE 'Bounced%'",
    ),
)


def show_views(call: Call) -> Response:
    """List the views of an object."""
    sobject = call.org.schema.get(call.path["object"])
    views = [_listed(call, sobject, view) for view in _views(sobject)]
    return answer(
        200,
        {
            "done": True,
            "listviews": views,
            "nextRecordsUrl": None,
            "size": len(views),
            "sobjectType": sobject.name,
        },
    )


def show_view(call: Call) -> Response:
    """Return one view as the list has it."""
    sobject = call.org.schema.get(call.path["object"])
    return answer(200, _listed(call, sobject, _view(call, sobject)))


def describe_view(call: Call) -> Response:
    """Return the columns and the query of a view."""
    sobject = call.org.schema.get(call.path["object"])
    view = _view(call, sobject)
    return answer(
        200,
        {
            "columns": [_column(field) for field in _fields(sobject)],
            "id": view.view_id,
            "orderBy": [],
            "query": _query(sobject, view),
            "relatedEntityId": None,
            "scope": "everything",
            "scopeEntityId": None,
            "sobjectType": sobject.name,
            "whereCondition": {},
        },
    )


def show_results(call: Call) -> Response:
    """Return the records that a view shows now, `limit` of them from `offset` on."""
    sobject = call.org.schema.get(call.path["object"])
    view = _view(call, sobject)
    limit, offset = _number(call, "limit", _DEFAULT), _number(call, "offset", 0)
    found = Selection(call.org, parse(_query(sobject, view))).rows(deleted_too=False)
    page = found[offset : offset + limit]
    fields = [*_fields(sobject), *filter(None, [sobject.field("Id")])]
    return answer(
        200,
        {
            "columns": [_column(field) for field in fields],
            "developerName": view.developer_name,
            "done": offset + limit >= len(found),
            "id": view.view_id,
            "label": view.label,
            "records": [
                {
                    "columns": [
                        {"fieldNameOrPath": field.name, "value": _text(shown(field, row))}
                        for field in fields
                    ]
                }
                for row in page
            ],
            "size": len(page),
        },
    )


def _views(sobject: SObject) -> tuple[ListView, ...]:
    name = f"All {sobject.plural}"
    every = ListView(number=1, developer_name=name.replace(" ", ""), label=name)
    return (every, *(_OF_CONTACTS if sobject.name == "Contact" else ()))


def _view(call: Call, sobject: SObject) -> ListView:
    wanted = ids.canonical(call.path["view"])
    for view in _views(sobject):
        if wanted == view.view_id or call.path["view"] == view.developer_name:
            return view
    raise not_found()


def _listed(call: Call, sobject: SObject, view: ListView) -> dict[str, object]:
    address = f"/services/data/v{call.version}/sobjects/{sobject.name}/listviews/{view.view_id}"
    return {
        "describeUrl": f"{address}/describe",
        "developerName": view.developer_name,
        "id": view.view_id,
        "label": view.label,
        "resultsUrl": f"{address}/results",
        "soqlCompatible": True,
        "url": address,
    }


def _fields(sobject: SObject) -> list[Field]:
    found = (sobject.field(name) for name in _COLUMNS)
    return [field for field in found if field is not None]


def _query(sobject: SObject, view: ListView) -> str:
    names = ["Id", *(field.name for field in _fields(sobject))]
    where = f" WHERE {view.where}" if view.where else ""
    return f"SELECT {', '.join(names)} FROM {sobject.name}{where} ORDER BY Id"  # noqa: S608 - SOQL of our own names


def _column(field: Field) -> dict[str, object]:
    return {
        "ascendingLabel": None,
        "descendingLabel": None,
        "fieldNameOrPath": field.name,
        "hidden": field.name == "Id",
        "label": field.label,
        "selectListItem": field.name,
        "sortDirection": None,
        "sortIndex": None,
        "sortable": True,
        "type": field.type,
    }


def _text(value: object) -> str | None:
    """Return a value as results have it: everything as text."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= _MOST):  # noqa: PLR2004 - digits
        raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"{name}: 0 to {_MOST}", status=400)
    return int(text)
