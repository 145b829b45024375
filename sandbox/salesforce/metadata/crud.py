"""Parts one by one: `createMetadata` and its kin, which take effect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from sandbox.salesforce.metadata.package import FOLDERS, PARTS, Part
from sandbox.salesforce.metadata.xml import NAMESPACE, children, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.salesforce.metadata.components import Components
    from sandbox.salesforce.metadata.deploy import Deployer

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_FILES = {kind: (folder, suffix) for folder, (kind, suffix) in FOLDERS.items()}
_OWNERS = {part: (kind, tag) for kind, tags in PARTS.items() for tag, part in tags.items()}

_DEFAULT: Any = {None: NAMESPACE}

SaveResult = dict[str, object]


class Crud:
    """Saves and deletes single parts for a user."""

    def __init__(self, deployer: Deployer, components: Components) -> None:
        self._deployer = deployer
        self._components = components

    def save(
        self, element: etree._Element, user_id: str, *, creates: bool, updates: bool
    ) -> SaveResult:
        """Create or update the part that a `metadata` element holds.

        Args:
            element: The part, its type as `xsi:type`.
            user_id: Who saves.
            creates: It may be new.
            updates: It may be there already.
        """
        kind = (element.get(_TYPE) or "").rpartition(":")[2]
        full_name = text(element, "fullName")
        if kind not in _FILES and kind not in _OWNERS:
            return _refused(full_name or "", "INVALID_TYPE", f"Unknown type:{kind}")
        if full_name is None:
            return _refused("", "REQUIRED_FIELD_MISSING", "Required field is missing: fullName")
        exists = self._components.exists(kind, full_name)
        if exists and not updates:
            message = "There is already a part with this name"
            return _refused(full_name, "DUPLICATE_DEVELOPER_NAME", message)
        if not exists and not creates:
            message = f"no {kind} named {full_name} found"
            return _refused(full_name, "INVALID_CROSS_REFERENCE_KEY", message)
        told = [self._deployer.put(part, user_id) for part in _parts(kind, full_name, element)]
        failed = next((each for each in told if not each.success), None)
        if failed is not None:
            return _refused(full_name, "FIELD_INTEGRITY_EXCEPTION", failed.problem or "")
        saved: SaveResult = {"fullName": full_name, "success": True}
        return {"created": not exists, **saved} if creates and updates else saved

    def delete(self, kind: str, full_name: str) -> SaveResult:
        """Delete a part."""
        message = self._deployer.remove(kind, full_name, "")
        if message.problem is not None:
            return _refused(full_name, "INVALID_CROSS_REFERENCE_KEY", message.problem)
        return {"fullName": full_name, "success": True}


def _parts(kind: str, full_name: str, element: etree._Element) -> Iterator[Part]:
    """Yield a part as a file of a package would hold it, and the parts in it."""
    if kind in _OWNERS:
        owner, tag = _OWNERS[kind]
        name, _, own_name = full_name.partition(".")
        yield _in_file(kind, full_name, element, root=owner, name=name, wrap=(tag, own_name))
        return
    part = _in_file(kind, full_name, element, root=kind, name=full_name)
    yield part
    inner = part.content
    if inner is None:
        return
    for tag, part_type in PARTS.get(kind, {}).items():
        for each in children(inner, tag):
            yield Part(
                type=part_type,
                full_name=f"{full_name}.{text(each, 'fullName') or ''}",
                file_name=part.file_name,
                content=each,
                source=part.source,
            )


def _in_file(
    kind: str,
    full_name: str,
    element: etree._Element,
    *,
    root: str,
    name: str,
    wrap: tuple[str, str] | None = None,
) -> Part:
    folder, suffix = _FILES[root]
    file = etree.Element(f"{{{NAMESPACE}}}{root}", nsmap=_DEFAULT)
    content = file if wrap is None else etree.SubElement(file, f"{{{NAMESPACE}}}{wrap[0]}")
    for child in element.iterchildren("*"):
        if etree.QName(child.tag).localname != "fullName":
            content.append(etree.fromstring(etree.tostring(child)))
    if wrap is not None:
        own_name = etree.Element(f"{{{NAMESPACE}}}fullName")
        own_name.text = wrap[1]
        content.insert(0, own_name)
    return Part(
        type=kind,
        full_name=full_name,
        file_name=f"{folder}/{name}.{suffix}",
        content=content,
        source=etree.tostring(file, xml_declaration=True, encoding="UTF-8"),
    )


def _refused(full_name: str, code: str, message: str) -> SaveResult:
    return {
        "errors": {"message": message, "statusCode": code},
        "fullName": full_name,
        "success": False,
    }
