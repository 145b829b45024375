"""A package as it is uploaded: a zip with `package.xml`, and the parts that its files hold."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.salesforce.metadata.schema import check
from sandbox.salesforce.metadata.xml import Problem, children, line, parsed, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml import etree

MOST_FILES = 10_000
LARGEST_BYTES = 400_000_000
MANIFEST = "package.xml"
BEFORE = ("destructiveChangesPre.xml",)
AFTER = ("destructiveChanges.xml", "destructiveChangesPost.xml")
WILDCARD = "*"

FOLDERS: Mapping[str, tuple[str, str]] = {
    "applications": ("CustomApplication", "app"),
    "approvalProcesses": ("ApprovalProcess", "approvalProcess"),
    "classes": ("ApexClass", "cls"),
    "cspTrustedSites": ("CspTrustedSite", "cspTrustedSite"),
    "customMetadata": ("CustomMetadata", "md"),
    "externalClientApps": ("ExternalClientApplication", "eca"),
    "extlClntAppCanvasSettings": ("ExtlClntAppCanvasSettings", "ecaCanvas"),
    "extlClntAppOauthSettings": ("ExtlClntAppOauthSettings", "ecaOauth"),
    "flexipages": ("FlexiPage", "flexipage"),
    "flowDefinitions": ("FlowDefinition", "flowDefinition"),
    "flows": ("Flow", "flow"),
    "globalValueSets": ("GlobalValueSet", "globalValueSet"),
    "homePageComponents": ("HomePageComponent", "homePageComponent"),
    "labels": ("CustomLabels", "labels"),
    "layouts": ("Layout", "layout"),
    "namedCredentials": ("NamedCredential", "namedCredential"),
    "objectTranslations": ("CustomObjectTranslation", "objectTranslation"),
    "objects": ("CustomObject", "object"),
    "pages": ("ApexPage", "page"),
    "permissionsetgroups": ("PermissionSetGroup", "permissionsetgroup"),
    "permissionsets": ("PermissionSet", "permissionset"),
    "profiles": ("Profile", "profile"),
    "quickActions": ("QuickAction", "quickAction"),
    "remoteSiteSettings": ("RemoteSiteSetting", "remoteSite"),
    "reportTypes": ("ReportType", "reportType"),
    "settings": ("Settings", "settings"),
    "staticresources": ("StaticResource", "resource"),
    "tabs": ("CustomTab", "tab"),
    "triggers": ("ApexTrigger", "trigger"),
    "workflows": ("Workflow", "workflow"),
}
"""Folder of a package -> type of its files and their suffix."""

PARTS: Mapping[str, Mapping[str, str]] = {
    "CustomObject": {
        "businessProcesses": "BusinessProcess",
        "compactLayouts": "CompactLayout",
        "fieldSets": "FieldSet",
        "fields": "CustomField",
        "indexes": "Index",
        "listViews": "ListView",
        "recordTypes": "RecordType",
        "sharingReasons": "SharingReason",
        "validationRules": "ValidationRule",
        "webLinks": "WebLink",
    },
    "Workflow": {
        "alerts": "WorkflowAlert",
        "fieldUpdates": "WorkflowFieldUpdate",
        "outboundMessages": "WorkflowOutboundMessage",
        "rules": "WorkflowRule",
        "tasks": "WorkflowTask",
    },
}
"""Type of a file -> its elements that are parts with names of their own."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the standard library raises for a zip that is none, or is broken, or encrypted."""

_NOT_XML = frozenset({"ApexClass", "ApexPage", "ApexTrigger", "StaticResource"})


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a package.

    Attributes:
        full_name: `Contact.CC_Bridge_Id__c`, or the file's name without its suffix.
        file_name: Path in the zip.
        content: The element that describes it; None where the file is not XML.
        source: The file that it came in.
    """

    type: str
    full_name: str
    file_name: str
    content: etree._Element | None
    source: bytes = field(repr=False)

    @property
    def first_line(self) -> int:
        """Line of the file that it begins at."""
        return 1 if self.content is None else line(self.content)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What `package.xml` or a list of destructive changes names."""

    members: tuple[tuple[str, str], ...]
    version: str | None

    def names(self, part: Part) -> bool:
        """Tell whether a part is named, by itself, with its file, or by the wildcard."""
        owner = part.full_name.partition(".")[0]
        wanted = {
            (part.type, part.full_name),
            (part.type, WILDCARD),
            *((kind, owner) for kind, parts in PARTS.items() if part.type in parts.values()),
        }
        return not wanted.isdisjoint(self.members)


@dataclass(frozen=True)
class Package:
    """The files of a package, by their paths below its root."""

    files: Mapping[str, bytes]

    def manifest(self, name: str = MANIFEST) -> Manifest | None:
        """Return what a list of the package names, or None where there is no such list.

        Raises:
            Problem: If it cannot be read.
        """
        content = self.files.get(name)
        if content is None:
            return None
        root = parsed(content, "Package")
        check(root, "Package")
        members = []
        for types in children(root, "types"):
            kind = text(types, "name")
            if kind is None:
                message = "Required field is missing: name"
                raise Problem(message, line=line(types))
            members += [(kind, each) for each in texts(types, "members")]
        return Manifest(members=tuple(members), version=text(root, "version"))

    def parts(self) -> Iterator[Part | tuple[str, Problem]]:
        """Yield the parts of all files; for a file that cannot be read, its path and why."""
        for path, content in self.files.items():
            folder, _, rest = path.partition("/")
            kind = FOLDERS.get(folder)
            if kind is None or not rest:
                continue
            try:
                if path.endswith("-meta.xml"):
                    check(parsed(content, kind[0]), kind[0])
                else:
                    yield from _parts_of(kind, path, rest, content)
            except Problem as problem:
                yield path, problem


def unzipped(content: bytes, *, single: bool) -> Package:
    """Return the files of an uploaded zip.

    Args:
        content: The zip.
        single: `package.xml` is at its root; else every file is in a folder of that package.

    Raises:
        Problem: If it is no zip, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
            size = sum(each.file_size for each in entries)
            if len(entries) > MOST_FILES or size > LARGEST_BYTES:
                message = f"LIMIT_EXCEEDED: Maximum size of request reached: {MOST_FILES} files"
                raise Problem(message)
            files = {each.filename.replace("\\", "/"): archive.read(each) for each in entries}
    except _BROKEN:
        message = "Unable to open zip file: it is not a zip"
        raise Problem(message) from None
    if not single:
        files = {path.partition("/")[2]: content for path, content in files.items()}
    return Package(files)


def _parts_of(kind: tuple[str, str], path: str, rest: str, content: bytes) -> Iterator[Part]:
    type_name, suffix = kind
    name, dot, found = rest.rpartition(".")
    if not dot or found != suffix:
        message = f"The file name does not end in .{suffix}"
        raise Problem(message)
    if type_name in _NOT_XML:
        yield Part(type=type_name, full_name=name, file_name=path, content=None, source=content)
        return
    root = parsed(content, type_name)
    own_parts = PARTS.get(type_name, {})
    if own_parts:  # what stands in the wrong place of such a file keeps all of it out
        check(root, type_name, apart=own_parts)
    yield Part(type=type_name, full_name=name, file_name=path, content=root, source=content)
    for tag, part_type in own_parts.items():
        for element in children(root, tag):
            full_name = text(element, "fullName")
            if full_name is None:
                message = "Required field is missing: fullName"
                raise Problem(message, line=line(element))
            yield Part(
                type=part_type,
                full_name=f"{name}.{full_name}",
                file_name=path,
                content=element,
                source=content,
            )
