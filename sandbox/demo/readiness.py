"""Wait until a program that was started answers, while it runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import requests

from sandbox.demo.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.demo.processes import Service

Seen = TypeVar("Seen")

START_S = 90.0
POLL_S = 0.1
_LOOK_TIMEOUT_S = 5.0
_OK = 200


def wait_until(look: Callable[[], Seen | None], service: Service) -> Seen:
    """Return what a look sees once it sees something, while the program runs.

    Raises:
        DemoError: If the program ends, or nothing is seen within 90 seconds.
    """
    deadline = time.monotonic() + START_S
    while (seen := look()) is None:
        service.ensure_running()
        if time.monotonic() > deadline:
            message = f"`{service.name}` is not ready after {START_S:.0f} s; its last lines:\n"
            raise DemoError(message + service.log_tail())
        time.sleep(POLL_S)
    return seen


def answers_well(method: str, url: str, body: str = "") -> bool | None:
    """Return True for an answer of 200, else None."""
    headers = {"Content-Type": "text/xml; charset=utf-8"} if body else {}
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(
                method, url, data=body, headers=headers, timeout=_LOOK_TIMEOUT_S
            )
        except requests.RequestException:
            return None
    return True if answer.status_code == _OK else None
