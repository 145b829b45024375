"""A form with files, as `multipart/form-data` carries it (RFC 7578). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.constant_contact.refusals import invalid, wrong_media_type

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;,\s]+))', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(r'[;\s]filename="([^"]*)"', re.IGNORECASE)
_TYPE = re.compile(r"^content-type:\s*([^;\s]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field of a form; a file has a name of its own."""

    name: str
    content: bytes
    file_name: str | None
    media_type: str | None

    @property
    def text(self) -> str:
        """What a field that is no file says."""
        return self.content.decode("utf-8", "replace")


def read_form(content_type: str, raw: bytes) -> list[Part]:
    r"""Return the fields of a form, in order.

    Raises:
        Refusal: 415 for another content type, 400 for a body that is not what it says.

    >>> body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
    >>> [(part.name, part.text) for part in read_form("multipart/form-data; boundary=x", body)]
    [('a', 'b')]
    """
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise wrong_media_type()
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise invalid(["the multipart boundary is missing"])
    delimiter = b"\r\n--" + (found[1] or found[2]).encode()
    pieces = (b"\r\n" + raw).split(delimiter)
    parts: list[Part] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return parts
        head, separator, content = piece.partition(b"\r\n\r\n")
        part = _part(head.decode("utf-8", "replace"), content)
        if part is None or not separator:
            break
        parts.append(part)
    raise invalid(["the multipart body cannot be read"])


def _part(head: str, content: bytes) -> Part | None:
    name, file_name, media_type = (
        None if (found := pattern.search(head)) is None else found[1]
        for pattern in (_NAME, _FILE_NAME, _TYPE)
    )
    if name is None:
        return None
    return Part(name=name, content=content, file_name=file_name, media_type=media_type)
