"""The ways from Salesforce to the console: buttons, tabs, a panel, and the trusted site. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from bridge.salesforce.package.model import Part
from bridge.salesforce.package.xml import ordered, yes_or_no

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mapping.names import Names
    from bridge.salesforce.package.model import Options

PANEL = "CC_Bridge_Contact_Panel"

_TABS = (
    (
        "CC_Bridge_Bulk_Create",
        "Bulk Create Constant Contact Memberships",
        "/memberships/bulk",
        "puts many people on a list",
    ),
    ("CC_Bridge_Lists", "Constant Contact Lists", "/lists", "shows the lists and who is on them"),
    (
        "CC_Bridge_Settings",
        "Constant Contact Settings",
        "/settings",
        "starts the jobs by hand, and shows connections and policies",
    ),
)
TABS = tuple(name for name, *_ in _TABS)


def ways_in(names: Names, options: Options) -> Iterator[Part]:
    """Yield what leads to the console."""
    yield _trusted_site(options)
    yield _button(
        f"{names.client.object}.CC_Bridge_Memberships",
        "Constant Contact Memberships",
        f"{options.console_url}/clients/{{!{names.client.object}.Id}}/memberships",
        "opens the memberships of a client",
    )
    yield _button(
        f"{names.contact.object}.CC_Bridge_Why",
        "Why in Constant Contact?",
        f"{options.console_url}/explain?q={{!{names.contact.object}.Id}}",
        "says why a contact is as it is in Constant Contact",
    )
    for name, label, path, what in _TABS:
        why = f"{label}: {what}"
        yield Part(kind="ApexPage", full_name=name, why=why, body=_page(label, path, options))
        body = ordered(("label", label), ("motif", "Custom53: Bell"), ("page", name))
        yield Part(kind="CustomTab", full_name=name, why=why, body=body)
    if options.canvas_app is not None:
        yield Part(
            kind="ApexPage",
            full_name=PANEL,
            why="shows a contact's mailings on its page",
            body=_panel(names.contact.object, options.canvas_app),
        )


def page_settings(part: Part, api_version: str) -> tuple[tuple[str, str], ...]:
    """Return what the file beside a page says of it."""
    label = {name: label for name, label, *_ in _TABS}.get(part.full_name)
    return (("apiVersion", api_version), ("label", label or "Constant Contact Panel"))


def by_hand(names: Names, options: Options) -> Iterator[str]:
    """Yield what an administrator does besides: layouts and apps are the firm's own."""
    yield (
        f"Put the button Constant Contact Memberships on the page layouts of {names.client.object},"
        f" and Why in Constant Contact? on those of {names.contact.object}."
    )
    yield (
        "Assign the permission set Constant Contact Marketing to those who work with lists, and "
        f"Constant Contact Bridge to {options.send_as}."
    )
    yield (
        f"See that {options.send_as} has Send Outbound Messages from no profile and no permission "
        "set: what the bridge writes would come back to it."
    )
    if options.canvas_app is None:
        yield (
            "For pages inside Salesforce, make a Canvas app in the External Client App of the "
            f"connection (URL {options.console_url}/canvas), and give its name with --canvas-app."
        )
    else:
        yield (
            f"Put the page {PANEL} on the page layouts of {names.contact.object}, 300 pixels high; "
            f"the Canvas app {options.canvas_app} belongs to the External Client App and has "
            f"the URL {options.console_url}/canvas."
        )


def _trusted_site(options: Options) -> Part:
    applies = ("Connect", "Font", "Img", "Media", "Style")
    body = ordered(
        ("context", "All"),
        ("description", "Constant Contact bridge: its console may be shown in a frame."),
        ("endpointUrl", options.console_url),
        yes_or_no("isActive", value=True),
        yes_or_no("isApplicableToFrameSrc", value=True),
        *(yes_or_no(f"isApplicableTo{kind}Src", value=False) for kind in applies),
    )
    why = "lets pages of Salesforce show the console in a frame"
    return Part(kind="CspTrustedSite", full_name="CC_Bridge_Console", why=why, body=body)


def _button(full_name: str, label: str, url: str, why: str) -> Part:
    body = ordered(
        ("availability", "online"),
        ("displayType", "button"),
        ("encodingKey", "UTF-8"),
        yes_or_no("hasMenubar", value=False),
        yes_or_no("hasScrollbars", value=True),
        yes_or_no("hasToolbar", value=False),
        ("height", "600"),
        yes_or_no("isResizable", value=True),
        ("linkType", "url"),
        ("masterLabel", label),
        ("openType", "newWindow"),
        ("position", "none"),
        yes_or_no("protected", value=False),
        yes_or_no("showsLocation", value=False),
        yes_or_no("showsStatus", value=False),
        ("url", url),
    )
    return Part(kind="WebLink", full_name=full_name, why=f"{label}: {why}", body=body)


def _page(label: str, path: str, options: Options) -> str:
    """Return a page of Salesforce that shows one of ours, or leads to it in a tab of its own.

    Our pages refuse to be framed but by a signed request, so no plain frame stands here.
    """
    if options.canvas_app is None:
        address = escape(f"{options.console_url}{path}", {'"': "&quot;"})
        inner = f'<p><a href="{address}" target="_blank" rel="noopener">{escape(label)}</a></p>'
    else:
        inner = _canvas(options.canvas_app, f"parameters=\"{{page:'{path}'}}\"", "900px")
    return f'<apex:page docType="html-5.0" title="{escape(label)}">\n    {inner}\n</apex:page>\n'


def _panel(object_name: str, app: str) -> str:
    inner = _canvas(app, 'entityFields="Id"', "300px")
    return f'<apex:page standardController="{object_name}">\n    {inner}\n</apex:page>\n'


def _canvas(app: str, more: str, height: str) -> str:
    return (
        f'<apex:canvasApp developerName="{app}" {more} height="{height}" width="100%" '
        'scrolling="auto"/>'
    )
