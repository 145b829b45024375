"""Templates: escaped by default, strict about names, with the few words that all pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from markupsafe import Markup, escape

from bridge.console.assets import asset_path
from bridge.console.navigation import navigation
from bridge.console.paths import explain_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jinja2.runtime import Context

    from bridge.console.page import Visit

_FIELDS_AT_MOST = 2_000

SAID: Mapping[str, str] = {
    "approved": "Approved. It is carried out in the background.",
    "undoing": "The plan that takes it back is being made. Nothing is done before it is approved.",
    "discarded": "Discarded. Nothing of it is done.",
    "started": "Started. This page follows it.",
    "opened": "A run of this job is under way: this is it.",
    "stopping": "It stops after the call that is under way.",
    "saved": "Saved.",
    "kept": "Kept as you typed it. It is not in force yet.",
    "forgotten": "Discarded. The files are those in force.",
    "activated": "In force from now on.",
    "mapping": "The mapping is in force from now on. This run makes the plan for all contacts.",
    "rejected": "Turned down. The same text is not asked about again.",
    "chosen": "Chosen. It is done at once.",
    "undone": "Taken back. It waits for a person again.",
    "reactivated": "Asked for. It goes out as far as the policy allows; this page follows it.",
    "put-back": "Put back. It goes out at once; this page follows it.",
    "authorized": "Authorized: it is the same account, and the connection goes on with it.",
    "written-again": "It is written again, at once and from now on.",
    "started-beside": "The new connection is there. Nothing of the old one was changed. "
    "Whoever logs in with Salesforce chooses between them.",
    "replayed": "Put in line again.",
    "evidence": "The evidence is on record.",
    "answered": "Your answer is on record.",
    "nothing": "Nothing had to be changed.",
    "logged-out": "You are logged out.",
}
"""What an address may ask to be said after a change, by its word."""


class Form(dict[str, list[str]]):
    """What a browser sends with a change: every field may come several times."""

    @classmethod
    def read(cls, body: bytes) -> Form:
        """Return the fields of a body; what is no form is empty."""
        form = cls()
        try:
            pairs = parse_qsl(
                body.decode("utf-8", "replace"),
                keep_blank_values=True,
                max_num_fields=_FIELDS_AT_MOST,
            )
        except ValueError:
            return form
        for name, value in pairs:
            form.setdefault(name, []).append(value)
        return form

    def one(self, name: str) -> str:
        """Return the first value of a field, without space around it; empty if it is missing."""
        return next(iter(self.get(name, ())), "").strip()


@pass_context
def moment(context: Context, at: datetime | None) -> Markup | str:
    """Return a time as the page of somebody writes it."""
    visit: Visit = context["visit"]
    return visit.times.marked(at)


def many(count: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    >>> many(1, "run"), many(4812, "person", "people")
    ('1 run', '4,812 people')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def with_commands(text: str) -> Markup:
    """Return a sentence in which what stands between backticks looks like the command that it is.

    >>> with_commands("see `bridge runs list` & <b>")
    Markup('see <code>bridge runs list</code> &amp; &lt;b&gt;')
    """
    parts = str(escape(text)).split("`")
    if len(parts) % 2 == 0:
        return Markup("`").join(map(Markup, parts))
    words = [f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)]
    return Markup("".join(words))  # noqa: S704 -- escaped above


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bridge.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": moment, "with_commands": with_commands}
    environment.globals |= {
        "asset": asset_path,
        "explain_path": explain_path,
        "many": many,
    }
    return environment


_TEMPLATES = _environment()


def render(visit: Visit, template: str, values: Mapping[str, Any]) -> str:
    """Return the text of a page for whoever visits it."""
    return _TEMPLATES.get_template(template).render(
        {
            "visit": visit,
            "person": visit.person,
            "navigation": navigation(visit),
            "said": SAID.get(visit.query("did")),
            **values,
        }
    )
