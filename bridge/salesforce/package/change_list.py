"""One page for a change board: what is added, to what, why, and how it is taken back. Pure."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.salesforce.package.model import Options, Package, Part

_WIDTH = 110
_WORDS = {
    "CustomObject": "Objects",
    "CustomField": "Fields",
    "WorkflowOutboundMessage": "Outbound messages",
    "Flow": "Flows",
    "PermissionSet": "Permission sets",
    "WebLink": "Buttons",
    "CustomTab": "Tabs, each with a page of its name",
    "ListView": "List views",
    "CspTrustedSite": "Trusted sites",
}
_ON_AN_OBJECT = frozenset({"CustomField", "WorkflowOutboundMessage", "WebLink", "ListView"})


def change_list(package: Package, options: Options) -> str:
    """Return the page; it names the host that messages go to, never the secret of the address."""
    return "\n".join(_lines(package, options)) + "\n"


def _lines(package: Package, options: Options) -> Iterator[str]:
    yield "Constant Contact bridge: change of the Salesforce organization"
    yield ""
    yield from _wrapped(
        f"{len(package.parts)} parts are added or brought up to date, API {package.api_version}, "
        f"profile {package.profile}. No object, field, layout or automation of Salesforce, of "
        "Practifi or of the firm is changed. All names begin with CC_Bridge, but for the "
        "permission set Constant Contact Marketing."
    )
    yield from _wrapped(
        f"Messages go to {options.console_url}, sent as {options.send_as}; flows arrive "
        f"{'active' if options.flow_status == 'Active' else 'as drafts: activate them in Setup'}."
    )
    for kind, word in _WORDS.items():
        parts = package.of(kind) if kind != "CustomTab" else _pages(package)
        if parts:
            yield ""
            yield word
            yield from _rows(parts)
    yield ""
    yield "By hand"
    for sentence in package.by_hand:
        yield from _wrapped(sentence, first="  - ", others="    ")
    yield ""
    yield "To take it back"
    yield from _wrapped(
        "`bridge salesforce deploy --remove`: it switches the flows off, then deletes every part "
        "named here, with the values of these fields, and nothing else. Before that the bridge "
        "must be stopped; what it has put into Constant Contact stays there.",
        first="  ",
        others="  ",
    )


def _pages(package: Package) -> list[Part]:
    """Return the tabs, and the pages that have none."""
    tabs = package.of("CustomTab")
    named = {tab.full_name for tab in tabs}
    return [*tabs, *(page for page in package.of("ApexPage") if page.full_name not in named)]


def _rows(parts: list[Part]) -> Iterator[str]:
    if parts[0].kind not in _ON_AN_OBJECT:
        width = max(len(part.full_name) for part in parts)
        for part in parts:
            yield from _row(part.full_name, width, part.why)
        return
    width = max(len(part.name) for part in parts)
    ordered = sorted(parts, key=lambda part: (part.owner, part.name))
    for owner, group in groupby(ordered, key=lambda part: part.owner):
        yield f"  on {owner}"
        for part in group:
            yield from _row(f"  {part.name}", width + 2, part.why)


def _row(name: str, width: int, why: str) -> Iterator[str]:
    yield from _wrapped(why, first=f"  {name:{width}}  ", others=" " * (width + 4))


def _wrapped(text: str, *, first: str = "", others: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
