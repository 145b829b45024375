"""Connecting to the sandbox from the command line, and the people who answer there."""

from __future__ import annotations

import io
import json
import threading
import webbrowser
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from bridge.errors import SetupRefused, SetupUnavailable
from bridge.setup import cli

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.fix_sandbox import RunningSandbox

_CALL_S = 10


class Terminal(io.StringIO):
    """Standard input with somebody at it."""

    def isatty(self) -> bool:
        return True


@dataclass
class Desk:
    """Where somebody types `bridge connect`.

    Attributes:
        err: What the last command said beside its result.
    """

    sandbox: RunningSandbox
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    err: str = ""

    def connect(self, *arguments: str, stdin: str = "", terminal: bool = False) -> dict[str, Any]:
        """Run a command with `--json` and return what it printed, with its exit code as `code`."""
        self.monkeypatch.setattr("sys.stdin", (Terminal if terminal else io.StringIO)(stdin))
        code = cli.main([*arguments, "--json"])
        printed = self.capsys.readouterr()
        self.err = printed.err
        told = json.loads(printed.out)
        return {"code": code, **(told if isinstance(told, dict) else {"sides": told})}

    def salesforce(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """Connect `firm` to the sandbox's organization by client credentials."""
        login = self.sandbox.line["salesforce"]
        url = ("--url", self.sandbox.line["salesforce_url"]) if "--url" not in arguments else ()
        key = ("--consumer-key", login["consumer_key"])
        return self.connect(
            "salesforce",
            "firm",
            *url,
            *(key if "--consumer-key" not in arguments else ()),
            *arguments,
            stdin=f"{login['consumer_secret']}\n" if stdin is None else stdin,
        )

    def constant_contact(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """Connect `firm` to the sandbox's account in a browser."""
        line = self.sandbox.line
        given = {
            "--client-id": line["constant_contact"]["client_id"],
            "--url": line["constant_contact_url"],
            "--auth-url": line["constant_contact_auth_url"],
            "--port": "0",
        }
        others = [text for name in given if name not in arguments for text in (name, given[name])]
        secret = f"{line['constant_contact']['client_secret']}\n"
        return self.connect(
            "constant-contact",
            "firm",
            *others,
            *arguments,
            stdin=secret if stdin is None else stdin,
        )

    def check(self) -> dict[str, dict[str, Any]]:
        """Try what is stored and return what was said of each side, with the exit code."""
        told = self.connect("check", "firm")
        sides = {side["side"]: side for side in told["sides"]}
        return {**sides, "exit": {"code": told["code"]}}


@dataclass
class Person:
    """Somebody with a browser, who answers what Constant Contact asks.

    Attributes:
        answer: The button that is pressed.
        on_the_way: Makes another of the address that leads back; None from it: nobody goes back.
        went: Addresses that the browser was sent back to.
    """

    answer: str = "allow"
    on_the_way: Callable[[str], str | None] | None = None
    went: list[requests.Response] = field(default_factory=list)
    _walks: list[threading.Thread] = field(default_factory=list)

    def sit_down(self, monkeypatch: pytest.MonkeyPatch) -> Person:
        """Be the browser of this machine."""
        monkeypatch.setattr(webbrowser, "open", self.open)
        monkeypatch.setenv("DISPLAY", ":0")
        return self

    def open(self, url: str) -> bool:
        """Go to the page and through it, beside whoever waits for that."""
        walk = threading.Thread(target=self._walk, args=(url,))
        self._walks.append(walk)
        walk.start()
        return True

    def end(self) -> None:
        """Wait until the browser has nothing more to do."""
        for walk in self._walks:
            walk.join(_CALL_S)

    def _walk(self, url: str) -> None:
        page = requests.get(url, timeout=_CALL_S)
        if page.history:  # sent back before anything was asked
            self.went.append(page)
            return
        assert "Allow access to your account?" in page.text
        sent = requests.post(
            url, data={"answer": self.answer}, timeout=_CALL_S, allow_redirects=False
        )
        back: str | None = sent.headers["location"]
        if back is not None and self.on_the_way is not None:
            back = self.on_the_way(back)
        if back is not None:
            self.went.append(requests.get(back, timeout=_CALL_S))


def enter_code(sandbox: RunningSandbox, user_code: str, answer: str = "allow") -> None:
    """Enter the code that a device shows, and answer."""
    page = requests.post(
        f"{sandbox.line['constant_contact_auth_url']}/activate",
        data={"user_code": user_code, "answer": answer},
        timeout=_CALL_S,
    )
    assert page.ok, page.text


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


Refusal = (SetupRefused, SetupUnavailable)
