"""What was begun here and goes on at another system's page: kept in the browser, encrypted."""

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
"""Seconds that people may take over there."""

_SEE_OTHER = 303


class Attempt(Protocol):
    """A data class of plain values, `state` and `ends_at` (seconds since 1970) among them."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


AnAttempt = TypeVar("AnAttempt", bound=Attempt)


def send_away(visit: Visit, url: str, cookie: str, attempt: Attempt) -> Response:
    """Return an answer that leads to another system's page, and keeps the attempt meanwhile.

    Raises:
        Refused: If it would travel in the clear to another machine.
    """
    response = RedirectResponse(url, status_code=_SEE_OTHER)
    sealed = visit.console.keyring.encrypt(json.dumps(asdict(attempt)))
    value = sealed.ciphertext.decode("ascii")
    set_cookie(visit.request, response, cookie, value, lives_s=ATTEMPT_S)
    return response


def kept_attempt(visit: Visit, cookie: str, kind: type[AnAttempt]) -> AnAttempt | None:
    """Return the attempt that the browser has kept; None where it has none that is ours."""
    kept = read_cookie(visit.request, cookie)
    try:
        text = visit.console.keyring.decrypt(Sealed("", kept.encode("ascii", "replace")))
        return kind(**json.loads(text))
    except (ConfigurationError, ValueError, TypeError):
        return None
