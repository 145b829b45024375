"""The end point that one would write first: Flask, one connection and one commit a request.

Runs in an environment of its own: Flask is not a dependency of the bridge.
"""

from __future__ import annotations

import json
import os
from xml.etree import ElementTree as ET

import psycopg
from flask import Flask, Response, request  # type: ignore[import-not-found]

_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_ACK = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
_INSERT = "INSERT INTO flask_inbox (id, payload) VALUES (%s, %s) ON CONFLICT DO NOTHING"

app = Flask(__name__)


@app.post("/flask")  # type: ignore[untyped-decorator]
def receive() -> Response:
    """Store every notification with its fields and acknowledge."""
    with psycopg.connect(os.environ["BENCH_CONNINFO"]) as connection:
        root = ET.fromstring(request.get_data())  # noqa: S314 - only the benchmark talks to it
        for notification in root.iter(f"{_OUTBOUND}Notification"):
            record = notification.find(f"{_OUTBOUND}sObject")
            fields = {field.tag.rpartition("}")[2]: field.text for field in record or ()}
            values = (notification.findtext(f"{_OUTBOUND}Id"), json.dumps(fields))
            connection.execute(_INSERT, values)
    return Response(_ACK, content_type="text/xml")
