"""A package as files: the form of the Metadata API, and the source form of projects. Pure."""

from __future__ import annotations

import io
import json
import zipfile
from itertools import groupby
from typing import TYPE_CHECKING

from bridge.salesforce.package.pages import page_settings
from bridge.salesforce.package.xml import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bridge.salesforce.package.model import Package, Part
    from bridge.salesforce.package.xml import Element

PROJECT = "constant-contact-bridge"
_SOURCE = "force-app/main/default"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every entry of a zip: the same parts give the same bytes on any day."""

_FOLDERS = {
    "ApexPage": ("pages", "page"),
    "CspTrustedSite": ("cspTrustedSites", "cspTrustedSite"),
    "CustomTab": ("tabs", "tab"),
    "Flow": ("flows", "flow"),
    "FlowDefinition": ("flowDefinitions", "flowDefinition"),
    "PermissionSet": ("permissionsets", "permissionset"),
}
"""Type of a file that holds one part -> its folder and suffix."""

_OF_AN_OBJECT = {
    "CustomField": ("fields", "fields", "field"),
    "ListView": ("listViews", "listViews", "listView"),
    "WebLink": ("webLinks", "webLinks", "webLink"),
}
"""Type of a part of an object -> its element there, and its folder and suffix in source form."""


def metadata_files(package: Package) -> dict[str, bytes]:
    """Return the files of the Metadata API's form, by path; `package.xml` names every part."""
    files = {"package.xml": manifest(package.parts, package.api_version)}
    for part in package.of(*_FOLDERS):
        folder, suffix = _FOLDERS[part.kind]
        path = f"{folder}/{part.full_name}.{suffix}"
        files |= _single(part, path, path, package.api_version)
    for owner, parts in _by_owner(package.of("CustomObject", *_OF_AN_OBJECT)):
        files[f"objects/{owner}.object"] = document("CustomObject", _object(parts))
    for owner, parts in _by_owner(package.of("WorkflowOutboundMessage")):
        files[f"workflows/{owner}.workflow"] = document("Workflow", _messages(parts))
    return dict(sorted(files.items()))


def source_files(package: Package) -> dict[str, bytes]:
    """Return the files of a project in source form, by path, with one file a part."""
    project = {
        "name": PROJECT,
        "packageDirectories": [{"default": True, "path": "force-app"}],
        "sourceApiVersion": package.api_version,
    }
    files = {
        "manifest/package.xml": manifest(package.parts, package.api_version),
        "sfdx-project.json": f"{json.dumps(project, indent=2)}\n".encode(),
    }
    for part in package.of(*_FOLDERS):
        folder, suffix = _FOLDERS[part.kind]
        path = f"{_SOURCE}/{folder}/{part.full_name}.{suffix}"
        files |= _single(part, path, f"{path}-meta.xml", package.api_version)
    for part in package.of(*_OF_AN_OBJECT):
        _, folder, suffix = _OF_AN_OBJECT[part.kind]
        path = f"{_SOURCE}/objects/{part.owner}/{folder}/{part.name}.{suffix}-meta.xml"
        files[path] = document(part.kind, _named(part))
    for part in package.of("CustomObject"):
        path = f"{_SOURCE}/objects/{part.full_name}/{part.full_name}.object-meta.xml"
        files[path] = document(part.kind, elements_of(part))
    for owner, parts in _by_owner(package.of("WorkflowOutboundMessage")):
        path = f"{_SOURCE}/workflows/{owner}.workflow-meta.xml"
        files[path] = document("Workflow", _messages(parts))
    return dict(sorted(files.items()))


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as one zip, always the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def manifest(
    parts: Iterable[Part], api_version: str, *, kinds: Sequence[str] | None = None
) -> bytes:
    """Return a list of parts, as `package.xml` and `destructiveChanges.xml` have it.

    Args:
        parts: What it names.
        api_version: Of the whole package.
        kinds: The types in their order; None: by name.
    """
    rank = {kind: place for place, kind in enumerate(kinds or ())}

    def place(part: Part) -> tuple[int, str, str]:
        return rank.get(part.kind, len(rank)), part.kind, part.full_name

    types: list[Element] = []
    for kind, group in groupby(sorted(parts, key=place), key=lambda part: part.kind):
        members = (("members", part.full_name) for part in group)
        types.append(("types", (*members, ("name", kind))))
    return document("Package", (*types, ("version", api_version)))


def elements_of(part: Part) -> tuple[Element, ...]:
    """Return what the file of a part says.

    Raises:
        TypeError: If it is a text, which has a file of its own.
    """
    if isinstance(part.body, str):
        raise TypeError(part.full_name)
    return part.body


def _single(part: Part, path: str, meta_path: str, api_version: str) -> dict[str, bytes]:
    """Return the file of one part; a page has a second one that says what it is."""
    if isinstance(part.body, str):
        settings = document(part.kind, page_settings(part, api_version))
        return {path: part.body.encode(), f"{path}-meta.xml": settings}
    return {meta_path: document(part.kind, part.body)}


def _object(parts: Sequence[Part]) -> list[Element]:
    children: list[Element] = []
    for part in parts:
        if part.kind == "CustomObject":
            children += elements_of(part)
        else:
            children.append((_OF_AN_OBJECT[part.kind][0], _named(part)))
    return sorted(children, key=lambda child: child[0])


def _messages(parts: Sequence[Part]) -> list[Element]:
    return [("outboundMessages", _named(part)) for part in parts]


def _named(part: Part) -> tuple[Element, ...]:
    return (("fullName", part.name), *elements_of(part))


def _by_owner(parts: Sequence[Part]) -> Iterable[tuple[str, list[Part]]]:
    ordered = sorted(parts, key=lambda part: (part.owner, part.kind, part.full_name))
    for owner, group in groupby(ordered, key=lambda part: part.owner):
        yield owner, list(group)
