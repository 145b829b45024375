"""Objects of the org itself: who may do what, and of which kind a record is. All read-only."""

from __future__ import annotations

from sandbox.salesforce.catalogue.fields import (
    checkbox,
    email,
    lookup,
    moment,
    picklist,
    system_fields,
    text,
    whole,
)
from sandbox.salesforce.schema import SObject

ORGANIZATION = SObject(
    name="Organization",
    label="Organization",
    plural="Organizations",
    prefix="00D",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("Name", 80, nillable=False, name_field=True),
        text("InstanceName", 5),
        checkbox("IsSandbox", label="Is Sandbox"),
        picklist("OrganizationType", "Developer Edition", "Enterprise Edition"),
        text("NamespacePrefix", 15),
    ),
)

USER = SObject(
    name="User",
    label="User",
    plural="Users",
    prefix="005",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("Username", 80, nillable=False),
        text("FirstName", 40),
        text("LastName", 80, nillable=False),
        text("Name", 121, label="Full Name", nillable=False, name_field=True),
        text("Alias", 8, nillable=False),
        email("Email", nillable=False),
        checkbox("IsActive", label="Active", default=True),
        lookup("ProfileId", "Profile", nillable=False),
        text("TimeZoneSidKey", 40),
    ),
)

PROFILE = SObject(
    name="Profile",
    label="Profile",
    plural="Profile",
    prefix="00e",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("Name", nillable=False, name_field=True),
        checkbox("PermissionsApiEnabled", label="API Enabled"),
        checkbox("PermissionsEnableNotifications", label="Send Outbound Messages"),
        checkbox("PermissionsRunReports", label="Run Reports"),
    ),
)

PERMISSION_SET = SObject(
    name="PermissionSet",
    label="Permission Set",
    plural="Permission Sets",
    prefix="0PS",
    fields=(
        *system_fields(owned=False),
        text("Name", 80, nillable=False, name_field=True),
        text("Label", 80, nillable=False),
        lookup("ProfileId", "Profile"),
        checkbox("IsOwnedByProfile", label="Is Owned By Profile"),
        checkbox("PermissionsApiEnabled", label="API Enabled"),
        checkbox("PermissionsEnableNotifications", label="Send Outbound Messages"),
        checkbox("PermissionsRunReports", label="Run Reports"),
    ),
)

PERMISSION_SET_ASSIGNMENT = SObject(
    name="PermissionSetAssignment",
    label="Permission Set Assignment",
    plural="Permission Set Assignments",
    prefix="0Pa",
    fields=(
        *system_fields(owned=False),
        lookup("PermissionSetId", "PermissionSet"),
        lookup("AssigneeId", "User", children="PermissionSetAssignments"),
    ),
)

OBJECT_PERMISSIONS = SObject(
    name="ObjectPermissions",
    label="Object Permissions",
    plural="Object Permissions",
    prefix="110",
    writable=False,
    fields=(
        *system_fields(owned=False),
        lookup("ParentId", "PermissionSet", children="ObjectPerms", nillable=False),
        text("SobjectType", 40, nillable=False),
        checkbox("PermissionsCreate"),
        checkbox("PermissionsRead"),
        checkbox("PermissionsEdit"),
        checkbox("PermissionsDelete"),
        checkbox("PermissionsViewAllRecords"),
        checkbox("PermissionsModifyAllRecords"),
    ),
)

FIELD_PERMISSIONS = SObject(
    name="FieldPermissions",
    label="Field Permissions",
    plural="Field Permissions",
    prefix="01k",
    writable=False,
    fields=(
        *system_fields(owned=False),
        lookup("ParentId", "PermissionSet", children="FieldPerms", nillable=False),
        text("SobjectType", 40, nillable=False),
        text("Field", 255, nillable=False),
        checkbox("PermissionsRead"),
        checkbox("PermissionsEdit"),
    ),
)

RECORD_TYPE = SObject(
    name="RecordType",
    label="Record Type",
    plural="Record Types",
    prefix="012",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("Name", 80, nillable=False, name_field=True),
        text("DeveloperName", 80, nillable=False),
        picklist("SobjectType", "Account", "Contact"),
        checkbox("IsActive", label="Active", default=True),
    ),
)

REPORT = SObject(
    name="Report",
    label="Report",
    plural="Reports",
    prefix="00O",
    writable=False,
    fields=(
        *system_fields(),
        text("Name", 40, label="Report Name", nillable=False, name_field=True),
        text("DeveloperName", 80, label="Report Unique Name", nillable=False),
        text("FolderName", 255),
        text("Description", 255),
        picklist("Format", "Tabular", "Summary", "Matrix", "MultiBlock", nillable=False),
        moment("LastRunDate", label="Last Run"),
    ),
)

USER_RECORD_ACCESS = SObject(
    name="UserRecordAccess",
    label="User Record Access",
    plural="User Record Access",
    prefix="0J0",
    writable=False,
    fields=(
        *system_fields(owned=False),
        lookup("UserId", "User"),
        text("RecordId", 18),
        checkbox("HasReadAccess"),
        checkbox("HasEditAccess"),
        checkbox("HasDeleteAccess"),
        checkbox("HasTransferAccess"),
        checkbox("HasAllAccess"),
        picklist("MaxAccessLevel", "None", "Read", "Edit", "Delete", "Transfer", "All"),
    ),
)

CRON_JOB_DETAIL = SObject(
    name="CronJobDetail",
    label="Cron Job",
    plural="Cron Jobs",
    prefix="08a",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("Name", nillable=False, name_field=True),
        text("JobType", 5),
    ),
)

CRON_TRIGGER = SObject(
    name="CronTrigger",
    label="Scheduled Jobs",
    plural="Scheduled Jobs",
    prefix="08e",
    writable=False,
    fields=(
        *system_fields(owned=False),
        lookup("CronJobDetailId", "CronJobDetail"),
        picklist("State", "WAITING", "ACQUIRED", "EXECUTING", "PAUSED", "COMPLETE", "DELETED"),
    ),
)

APEX_CLASS = SObject(
    name="ApexClass",
    label="Apex Class",
    plural="Apex Classes",
    prefix="01p",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("Name", nillable=False, name_field=True),
        text("NamespacePrefix", 15),
    ),
)

ASYNC_APEX_JOB = SObject(
    name="AsyncApexJob",
    label="Apex Job",
    plural="Apex Jobs",
    prefix="707",
    writable=False,
    fields=(
        *system_fields(owned=False),
        lookup("ApexClassId", "ApexClass"),
        picklist("JobType", "BatchApex", "Future", "Queueable", "ScheduledApex"),
        picklist("Status", "Queued", "Preparing", "Processing", "Completed", "Failed", "Aborted"),
    ),
)

FLOW_DEFINITION_VIEW = SObject(
    name="FlowDefinitionView",
    label="Flow Definition View",
    plural="Flow Definition Views",
    prefix="300",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("DurableId", 18),
        text("ApiName", 80),
        text("Label", 80),
        checkbox("IsActive"),
        text("ActiveVersionId", 18),
    ),
)

FLOW_VERSION_VIEW = SObject(
    name="FlowVersionView",
    label="Flow Version View",
    plural="Flow Version Views",
    prefix="301",
    writable=False,
    fields=(
        *system_fields(owned=False),
        text("DurableId", 18),
        lookup("FlowDefinitionViewId", "FlowDefinitionView"),
        whole("VersionNumber"),
        picklist("Status", "Active", "Draft", "Obsolete", "InvalidDraft"),
    ),
)

SETUP = (
    CRON_JOB_DETAIL,
    CRON_TRIGGER,
    APEX_CLASS,
    ASYNC_APEX_JOB,
    FLOW_DEFINITION_VIEW,
    FLOW_VERSION_VIEW,
    USER_RECORD_ACCESS,
    REPORT,
    ORGANIZATION,
    USER,
    PROFILE,
    PERMISSION_SET,
    PERMISSION_SET_ASSIGNMENT,
    OBJECT_PERMISSIONS,
    FIELD_PERMISSIONS,
    RECORD_TYPE,
)
