"""What the benchmark of receiving compares with; neither stores anything.

`/empty` reads the body and acknowledges, `/parse` reads every field first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bridge.inbox.answers import ACK

if TYPE_CHECKING:
    from starlette.requests import Request

_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


async def _empty(request: Request) -> Response:
    await request.body()
    return Response(ACK, media_type="text/xml")


async def _parse(request: Request) -> Response:
    root = etree.fromstring(await request.body(), _parser)
    for notification in root.iter(f"{_OUTBOUND}Notification"):
        record = notification.find(f"{_OUTBOUND}sObject")
        if record is not None:
            {field.tag.rpartition("}")[2]: field.text for field in record}
    return Response(ACK, media_type="text/xml")


app = Starlette(
    routes=[Route("/empty", _empty, methods=["POST"]), Route("/parse", _parse, methods=["POST"])]
)
