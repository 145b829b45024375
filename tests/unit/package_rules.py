"""What Salesforce's guides say about the files of a package, retold; no code under test here.

Order: Metadata API Developer Guide, the types of the same names, and what `retrieve` writes.
"""

from __future__ import annotations

import re

ORDER: dict[str, tuple[str, ...]] = {
    "Package": ("types", "version"),
    "Package/types": ("members", "name"),
    "CustomObject": (
        "deploymentStatus",
        "description",
        "fields",
        "label",
        "listViews",
        "nameField",
        "pluralLabel",
        "sharingModel",
        "webLinks",
    ),
    "CustomObject/nameField": ("displayFormat", "label", "type"),
    "CustomObject/fields": (
        "fullName",
        "caseSensitive",
        "description",
        "externalId",
        "label",
        "length",
        "precision",
        "referenceTo",
        "relationshipLabel",
        "relationshipName",
        "relationshipOrder",
        "reparentableMasterDetail",
        "required",
        "scale",
        "type",
        "unique",
        "writeRequiresMasterRead",
    ),
    "CustomObject/listViews": ("fullName", "columns", "filterScope", "filters", "label"),
    "CustomObject/listViews/filters": ("field", "operation", "value"),
    "CustomObject/webLinks": (
        "fullName",
        "availability",
        "displayType",
        "encodingKey",
        "hasMenubar",
        "hasScrollbars",
        "hasToolbar",
        "height",
        "isResizable",
        "linkType",
        "masterLabel",
        "openType",
        "position",
        "protected",
        "showsLocation",
        "showsStatus",
        "url",
    ),
    "Workflow": ("outboundMessages",),
    "Workflow/outboundMessages": (
        "fullName",
        "apiVersion",
        "description",
        "endpointUrl",
        "fields",
        "includeSessionId",
        "integrationUser",
        "name",
        "protected",
        "useDeadLetterQueue",
    ),
    "Flow": (
        "actionCalls",
        "apiVersion",
        "assignments",
        "description",
        "environments",
        "interviewLabel",
        "label",
        "processType",
        "recordCreates",
        "start",
        "status",
        "variables",
    ),
    "FlowDefinition": ("activeVersionNumber",),
    "Flow/actionCalls": (
        "name",
        "label",
        "locationX",
        "locationY",
        "actionName",
        "actionType",
        "flowTransactionModel",
        "nameSegment",
    ),
    "Flow/assignments": ("name", "label", "locationX", "locationY", "assignmentItems"),
    "Flow/assignments/assignmentItems": ("assignToReference", "operator", "value"),
    "Flow/recordCreates": (
        "name",
        "label",
        "locationX",
        "locationY",
        "faultConnector",
        "inputAssignments",
        "object",
        "storeOutputAutomatically",
    ),
    "Flow/recordCreates/inputAssignments": ("field", "value"),
    "Flow/start": (
        "locationX",
        "locationY",
        "connector",
        "filterFormula",
        "object",
        "recordTriggerType",
        "triggerType",
    ),
    "Flow/variables": ("name", "dataType", "isCollection", "isInput", "isOutput"),
    "PermissionSet": (
        "description",
        "fieldPermissions",
        "hasActivationRequired",
        "label",
        "objectPermissions",
        "pageAccesses",
        "tabSettings",
        "userPermissions",
    ),
    "PermissionSet/fieldPermissions": ("editable", "field", "readable"),
    "PermissionSet/objectPermissions": (
        "allowCreate",
        "allowDelete",
        "allowEdit",
        "allowRead",
        "modifyAllRecords",
        "object",
        "viewAllRecords",
    ),
    "PermissionSet/pageAccesses": ("apexPage", "enabled"),
    "PermissionSet/tabSettings": ("tab", "visibility"),
    "PermissionSet/userPermissions": ("enabled", "name"),
    "CspTrustedSite": (
        "context",
        "description",
        "endpointUrl",
        "isActive",
        "isApplicableToConnectSrc",
        "isApplicableToFontSrc",
        "isApplicableToFrameSrc",
        "isApplicableToImgSrc",
        "isApplicableToMediaSrc",
        "isApplicableToStyleSrc",
    ),
    "CustomTab": ("label", "motif", "page"),
    "ApexPage": ("apiVersion", "label"),
}
"""Place of an element -> the names of its children in order; each may be absent or repeated."""

ONE_CHILD = frozenset({"value", "connector", "faultConnector"})
"""Elements that hold one other, wherever they stand."""

NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
"""Letters, digits and single underscores; it begins with a letter, ends with no underscore."""

CUSTOM_NAME = re.compile(rf"(?:[A-Za-z]\w*?__)?{NAME.pattern}__c")
LONGEST_NAME = 40
LONGEST = {"CustomField": 43, "CustomObject": 43, "Flow": 80, "PermissionSet": 80}
"""Characters of a name; of other types 40 is safe."""

FILES = {
    "pages": "ApexPage",
    "cspTrustedSites": "CspTrustedSite",
    "tabs": "CustomTab",
    "flows": "Flow",
    "permissionsets": "PermissionSet",
}
PARTS = {
    "fields": "CustomField",
    "listViews": "ListView",
    "webLinks": "WebLink",
    "outboundMessages": "WorkflowOutboundMessage",
}
"""Elements of object and workflow files that are parts of their own."""
