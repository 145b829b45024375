"""Requests of several parts, as two resources take them: JSON beside a file."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """Return the parts of a request by their names; none where it is not `multipart`."""
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    found: dict[str, bytes] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content
    return found
