"""A browser without scripts: follows links, sends forms as pages hold them, keeps cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

_WAIT_S = 20
Fields = dict[str, "str | list[str]"]


@dataclass
class Form:
    """A form of a page, with what its fields hold.

    Attributes:
        buttons: Text, and the name that is read to people -> the name and value that it sends.
        actions: The same -> where it sends the form, where that is elsewhere.
    """

    action: str
    method: str
    name: str = ""
    fields: Fields = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        """Put one more field in; of one name there may be several."""
        before = self.fields.get(name)
        self.fields[name] = value if before is None else [*_listed(before), value]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self.links: dict[str, str] = {}
        self._form: Form | None = None
        self._button: dict[str, str] | None = None
        self._elsewhere: list[tuple[dict[str, str], str]] = []
        self._link: str | None = None
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._heard: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                form = Form(
                    given.get("action", ""), given.get("method", "get"), given.get("id", "")
                )
                self._form = form
                self.forms.append(form)
            case "input":
                self._take_input(given)
            case "select":
                self._select, self._options = given.get("name"), []
            case "option" if "value" in given:
                self._options.append((given["value"], "selected" in given))
            case "button":
                self._button = given
                self._heard = []
            case "a":
                self._link = given.get("href", "")
                self._heard = []
            case _:
                pass

    def _take_input(self, given: dict[str, str]) -> None:
        if self._form is None or not given.get("name"):
            return
        if given.get("type") not in {"checkbox", "radio"}:
            self._form.add(given["name"], given.get("value", ""))
        elif "checked" in given:
            value = given.get("value", "on")
            before = self._form.fields.get(given["name"])
            if given["type"] == "radio" or before is None:
                self._form.fields[given["name"]] = value
            else:
                self._form.add(given["name"], value)

    def handle_endtag(self, tag: str) -> None:
        text = " ".join("".join(self._heard).split())
        match tag:
            case "form":
                self._form = None
            case "select":
                self._end_select()
            case "button" if self._button is not None:
                self._elsewhere.append((self._button, text))
                if self._form is not None and "form" not in self._button:
                    _add_button(self._form, *self._elsewhere.pop())
                self._button = None
            case "a" if self._link is not None:
                self.links.setdefault(text, self._link)
                self._link = None
            case _:
                pass

    def close(self) -> None:
        super().close()
        for button, text in self._elsewhere:
            for form in self.forms:
                if form.name == button.get("form"):
                    _add_button(form, button, text)

    def _end_select(self) -> None:
        chosen = [value for value, is_selected in self._options if is_selected]
        if self._form is not None and self._select and self._options:
            self._form.add(self._select, chosen[0] if chosen else self._options[0][0])
        self._select = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        self._heard.append(data)


@dataclass
class Seen:
    """An answer, read as a person would."""

    response: requests.Response

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.response.text)
        reader.close()
        words = " ".join(" ".join(reader.words).split())
        self.text = re.sub(r" (?=[.,;])", "", words)  # a tag before them is no space
        self.forms = reader.forms
        self.links = reader.links

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return self.response.status_code

    @property
    def path(self) -> str:
        """Where one ended up, without the query."""
        return urlsplit(self.response.url).path

    def form_with(self, button: str) -> Form:
        """Return the form that has a button."""
        found = [form for form in self.forms if button in form.buttons]
        assert found, f"no button {button!r}: {[list(form.buttons) for form in self.forms]}"
        return found[0]


class Browser:
    """A person's browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **headers: str) -> Seen:
        """Open an address."""
        return Seen(self.session.get(self._full(path), headers=headers, timeout=_WAIT_S))

    def post(
        self, path: str, fields: Mapping[str, object] | None = None, **headers: str | None
    ) -> Seen:
        """Send a change as one of the console's own pages would."""
        given = {"Origin": self.url} | headers
        return Seen(
            self.session.post(
                self._full(path),
                data=fields or {},
                headers={name: value for name, value in given.items() if value is not None},
                timeout=_WAIT_S,
            )
        )

    def press(self, seen: Seen, button: str, **changed: object) -> Seen:
        """Press a button, with some fields of its form changed."""
        form = seen.form_with(button)
        name, value = form.buttons[button]
        fields: dict[str, object] = dict(form.fields) | changed
        if name:
            fields[name] = value
        action = form.actions.get(button) or form.action or seen.response.url
        if form.method == "get":
            answer = self.session.get(self._full(action), params=_pairs(fields), timeout=_WAIT_S)
            return Seen(answer)
        return self.post(action, fields)

    def _full(self, path: str) -> str:
        return path if "://" in path else f"{self.url}{path}"


def _add_button(form: Form, button: Mapping[str, str], text: str) -> None:
    for said in {text, button.get("aria-label", text)}:
        form.buttons[said] = (button.get("name", ""), button.get("value", ""))
        if "formaction" in button:
            form.actions[said] = button["formaction"]


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def _pairs(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    return [
        (name, str(one))
        for name, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    ]
