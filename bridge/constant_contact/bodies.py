"""How a body is put on the wire: as short as JSON can be, for imports are cut by bytes. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return the bytes that are sent for a body.

    >>> encoded({"last_name": "Núñez"}).decode()
    '{"last_name":"Núñez"}'
    """
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
