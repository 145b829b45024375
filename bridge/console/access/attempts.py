"""What was begun here and is not done: kept in the browser meanwhile, encrypted."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol, TypeVar

from starlette.responses import RedirectResponse

from bridge.connections.sealed import Sealed
from bridge.console.access.cookies import read_cookie, set_cookie
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from dataclasses import Field
    from typing import Any, ClassVar

    from starlette.responses import Response

    from bridge.console.page import Visit

ATTEMPT_S = 600.0
"""Seconds that people may take until they go on."""

_SEE_OTHER = 303


class Begun(Protocol):
    """A data class of plain values."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


SomethingBegun = TypeVar("SomethingBegun", bound=Begun)


def send_away(visit: Visit, url: str, cookie: str, begun: Begun) -> Response:
    """Return an answer that leads to another system's page, and keeps what was begun.

    Raises:
        Refused: If it would travel in the clear to another machine.
    """
    response = RedirectResponse(url, status_code=_SEE_OTHER)
    keep_begun(visit, response, cookie, begun)
    return response


def keep_begun(visit: Visit, response: Response, cookie: str, begun: Begun) -> None:
    """Have the browser keep what was begun.

    Raises:
        Refused: If it would travel in the clear to another machine.
    """
    sealed = visit.console.keyring.encrypt(json.dumps(asdict(begun)))
    value = sealed.ciphertext.decode("ascii")
    set_cookie(visit.request, response, cookie, value, lives_s=ATTEMPT_S)


def kept_begun(visit: Visit, cookie: str, kind: type[SomethingBegun]) -> SomethingBegun | None:
    """Return what the browser has kept; None where it has nothing that is ours."""
    kept = read_cookie(visit.request, cookie)
    try:
        text = visit.console.keyring.decrypt(Sealed("", kept.encode("ascii", "replace")))
        return kind(**json.loads(text))
    except (ConfigurationError, ValueError, TypeError):
        return None
