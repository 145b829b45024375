"""Reading metadata files: parsed without entities or network, faults with their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_TAG = f"{{{NAMESPACE}}}"


class Problem(Exception):
    """What is wrong with a part of a package; the message is Salesforce's `problem`.

    Attributes:
        line: Line of the file, from 1.
        column: Column in it, from 1.
        is_warning: It does not make the deployment fail.
    """

    def __init__(
        self, message: str, *, line: int = 1, column: int = 1, is_warning: bool = False
    ) -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.is_warning = is_warning


def parsed(content: bytes, root: str) -> etree._Element:
    """Return the root element of a metadata file.

    Raises:
        Problem: If it is not well-formed, or not of the kind that its place says.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        found = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        row, column = error.position
        message = f"Error parsing file: {error.msg}"
        raise Problem(message, line=row or 1, column=column or 1) from None
    if found.tag != f"{_TAG}{root}":
        local = etree.QName(found.tag).localname
        message = f"Error parsing file: Element {{{NAMESPACE}}}{local} invalid at this location"
        raise Problem(message, line=line(found))
    return found


def text(element: etree._Element, path: str) -> str | None:
    """Return the text of a child, of `a/b` a child's child; None where it is absent or empty."""
    found = element.findtext("/".join(f"{_TAG}{step}" for step in path.split("/")))
    return found.strip() or None if found is not None else None


def needed(element: etree._Element, name: str) -> str:
    """Return the text of a child that must be there.

    Raises:
        Problem: If it is not.
    """
    found = text(element, name)
    if found is None:
        message = f"Required field is missing: {name}"
        raise Problem(message, line=line(element))
    return found


def flag(element: etree._Element, name: str) -> bool:
    """Return a child that is `true` or `false`; absent is false."""
    return (text(element, name) or "").lower() == "true"


def number(element: etree._Element, name: str, default: int) -> int:
    """Return a child that is a whole number.

    Raises:
        Problem: If it is not.
    """
    found = text(element, name)
    if found is None:
        return default
    if not (found.isascii() and found.isdigit() and len(found) < 8):  # noqa: PLR2004 - no length has more digits
        message = f"Error parsing file: '{found}' is not a valid value for the type xsd:int"
        raise Problem(message, line=line_of(element, name))
    return int(found)


def texts(element: etree._Element, name: str) -> list[str]:
    """Return the texts of all children of a name."""
    return [(each.text or "").strip() for each in children(element, name)]


def children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the children of a name."""
    yield from element.iterfind(f"{_TAG}{name}")


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child of a name, or None."""
    return element.find(f"{_TAG}{name}")


def line_of(element: etree._Element, name: str) -> int:
    """Return the line of a child, or of the element where there is none."""
    found = child(element, name)
    return line(element if found is None else found)


def line(element: etree._Element) -> int:
    """Return the line of the file that an element begins at."""
    found: Any = element.sourceline
    return int(found or 1)
