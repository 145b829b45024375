"""Metadata as XML: elements in the order that Salesforce itself writes them. Pure.

Salesforce gives a part's name first, then what a flow draws of it (label and place), then the rest
by name, as `retrieve` and every project under version control have them. Elements of one name
stand together: apart, they are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

Element: TypeAlias = "tuple[str, str | Sequence[Element]]"
"""A name, and its text or its children."""

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_FIRST = ("fullName",)
_FIRST_OF_A_NODE = ("name", "label", "locationX", "locationY")
_INDENT = "    "


def ordered(*children: Element) -> tuple[Element, ...]:
    """Return the children of a part in order; those of one name stay as given.

    >>> [name for name, _ in ordered(("type", "Text"), ("label", "Id"), ("fullName", "Id__c"))]
    ['fullName', 'label', 'type']
    """
    return _sorted(children, _FIRST)


def node(name: str, label: str, place: tuple[int, int], *children: Element) -> tuple[Element, ...]:
    """Return the children of an element of a flow, which is drawn at a place."""
    x, y = place
    drawn = (("name", name), ("label", label), ("locationX", str(x)), ("locationY", str(y)))
    return _sorted((*drawn, *children), _FIRST_OF_A_NODE)


def start(*children: Element) -> tuple[Element, ...]:
    """Return the children of a flow's start."""
    return _sorted((("locationX", "50"), ("locationY", "0"), *children), _FIRST_OF_A_NODE)


def yes_or_no(name: str, value: bool) -> Element:  # noqa: FBT001 -- the value of the element
    """Return an element that says `true` or `false`.

    >>> yes_or_no("unique", True)
    ('unique', 'true')
    """
    return name, "true" if value else "false"


def document(root: str, children: Sequence[Element]) -> bytes:
    """Return a whole file.

    >>> print(document("Flow", [("label", "A & B")]).decode(), end="")
    <?xml version="1.0" encoding="UTF-8"?>
    <Flow xmlns="http://soap.sforce.com/2006/04/metadata">
        <label>A &amp; B</label>
    </Flow>
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{NAMESPACE}">']
    for child in children:
        _write(child, _INDENT, lines)
    return "\n".join([*lines, f"</{root}>", ""]).encode()


def _write(element: Element, indent: str, lines: list[str]) -> None:
    name, content = element
    if isinstance(content, str):
        lines.append(f"{indent}<{name}>{escape(content)}</{name}>")
        return
    lines.append(f"{indent}<{name}>")
    for child in content:
        _write(child, indent + _INDENT, lines)
    lines.append(f"{indent}</{name}>")


def _sorted(children: Sequence[Element], first: Sequence[str]) -> tuple[Element, ...]:
    def place(child: Element) -> tuple[int, str]:
        name = child[0]
        return (first.index(name), "") if name in first else (len(first), name)

    return tuple(sorted(children, key=place))
