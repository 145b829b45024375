"""What the files of a package may hold: the elements of each type, in the order of its schema.

Order: the WSDL of the Metadata API, version 66.0. A type begins with what it inherits, so a name
comes first; of most types the rest follows by the alphabet, as `retrieve` writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from sandbox.salesforce.metadata.xml import NAMESPACE, Problem, line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_FLOW_ELEMENT = "processMetadataValues description name"
_FLOW_NODE = f"{_FLOW_ELEMENT} elementSubtype label locationX locationY"

_TYPES = {
    "Package": "fullName apiAccessLevel description namespacePrefix objectPermissions packageType "
    "postInstallClass setupWeblinks types:PackageTypeMembers uninstallClass version",
    "PackageTypeMembers": "members name",
    "ApexPage": "fullName content apiVersion availableInTouch confirmationTokenRequired "
    "description label packageVersions",
    "CspTrustedSite": "fullName canAccessCamera canAccessMicrophone context description "
    "endpointUrl isActive isApplicableToConnectSrc isApplicableToFontSrc isApplicableToFrameSrc "
    "isApplicableToImgSrc isApplicableToMediaSrc isApplicableToStyleSrc",
    "CustomTab": "fullName actionOverrides auraComponent customObject description flexiPage "
    "frameHeight hasSidebar icon label lwcComponent motif page scontrol splashPageLink url "
    "urlEncodingKey",
    "CustomObject": "fullName actionOverrides allowInChatterGroups articleTypeChannelDisplay "
    "businessProcesses compactLayoutAssignment compactLayouts customHelp customHelpPage "
    "customSettingsType customSettingsVisibility dataStewardGroup dataStewardUser "
    "deploymentStatus deprecated description enableActivities enableBulkApi "
    "enableChangeDataCapture enableDataTranslation enableDivisions enableEnhancedLookup "
    "enableFeeds enableHistory enableLicensing enableReports enableSearch enableSharing "
    "enableStreamingApi eventType externalDataSource externalName externalRepository "
    "externalSharingModel fieldSets fields:CustomField fullTextSearch gender "
    "historyRetentionPolicy household indexes label listViews:ListView nameField:CustomField "
    "pluralLabel profileSearchLayouts publishBehavior recordTypeTrackFeedHistory "
    "recordTypeTrackHistory recordTypes searchLayouts sharingModel sharingReasons "
    "sharingRecalculations startsWith validationRules visibility webLinks:WebLink",
    "CustomField": "fullName businessOwnerGroup businessOwnerUser businessStatus caseSensitive "
    "complianceGroup customDataType defaultValue deleteConstraint deprecated description "
    "displayFormat displayLocationInDecimal encryptionScheme escapeMarkup externalDeveloperName "
    "externalId fieldManageability formula formulaTreatBlanksAs inlineHelpText "
    "isAIPredictionField isConvertLeadDisabled isFilteringDisabled isNameField isSortingDisabled "
    "label length lookupFilter maskChar maskType metadataRelationshipControllingField "
    "populateExistingRows precision readOnlyProxy referenceTargetField referenceTo "
    "relationshipLabel relationshipName relationshipOrder reparentableMasterDetail required "
    "restrictedAdminField scale securityClassification startingNumber stripMarkup summarizedField "
    "summaryFilterItems summaryForeignKey summaryOperation trackFeedHistory trackHistory "
    "trackTrending translateData type unique valueSet:ValueSet visibleLines "
    "writeRequiresMasterRead",
    "ValueSet": "controllingField restricted valueSetDefinition valueSetName valueSettings",
    "ListView": "fullName booleanFilter columns division filterScope filters:ListViewFilter label "
    "language queue sharedTo",
    "ListViewFilter": "field operation value",
    "WebLink": "fullName availability description displayType encodingKey hasMenubar "
    "hasScrollbars hasToolbar height isResizable linkType masterLabel openType page position "
    "protected requireRowSelection scontrol showsLocation showsStatus url width",
    "Workflow": "fullName alerts fieldUpdates flowActions knowledgePublishes "
    "outboundMessages:WorkflowOutboundMessage rules:WorkflowRule send tasks",
    "WorkflowOutboundMessage": "fullName apiVersion description endpointUrl fields "
    "includeSessionId integrationUser name protected useDeadLetterQueue",
    "WorkflowRule": "fullName actions:WorkflowActionReference active booleanFilter "
    "criteriaItems:FilterItem description formula triggerType workflowTimeTriggers",
    "WorkflowActionReference": "name type",
    "FilterItem": "field operation value valueField",
    "FlowDefinition": "fullName activeVersionNumber description masterLabel",
    "Flow": "fullName actionCalls:FlowActionCall apexPluginCalls apiVersion "
    "areMetricsLoggedToDataCloud assignments:FlowAssignment choices collectionProcessors "
    "constants customErrors customProperties decisions description dynamicChoiceSets environments "
    "formulas interviewLabel isAdditionalPermissionRequiredToRun isOverridable isTemplate label "
    "loops migratedFromWorkflowRuleName orchestratedStages overriddenFlow processMetadataValues "
    "processType recordCreates:FlowRecordCreate recordDeletes recordLookups recordRollbacks "
    "recordUpdates runInMode screens sourceTemplate stages start:FlowStart startElementReference "
    "status steps subflows textTemplates timeZoneSidKey transforms triggerOrder "
    "variables:FlowVariable waits",
    "FlowActionCall": f"{_FLOW_NODE} actionName actionType connector:FlowConnector "
    "dataTypeMappings faultConnector:FlowConnector flowTransactionModel inputParameters "
    "nameSegment offset outputParameters storeOutputAutomatically versionString",
    "FlowAssignment": f"{_FLOW_NODE} assignmentItems:FlowAssignmentItem connector:FlowConnector",
    "FlowAssignmentItem": "processMetadataValues assignToReference operator value",
    "FlowRecordCreate": f"{_FLOW_NODE} assignRecordIdToReference connector:FlowConnector "
    "doesUpsert faultConnector:FlowConnector filterLogic filters "
    "inputAssignments:FlowInputFieldAssignment inputReference object "
    "operationMultMatchingRecords operationOneMatchingRecord storeOutputAutomatically",
    "FlowInputFieldAssignment": "processMetadataValues field value",
    "FlowStart": f"{_FLOW_NODE} capabilityTypes connector:FlowConnector "
    "doesRequireRecordChangedToMeetCriteria entryType filterFormula filterLogic "
    "filters:FlowRecordFilter flowRunAsUser form inputs object recordTriggerType schedule "
    "scheduledPaths segment triggerType",
    "FlowRecordFilter": "processMetadataValues field operator value",
    "FlowConnector": "processMetadataValues isGoTo targetReference",
    "FlowVariable": f"{_FLOW_ELEMENT} apexClass dataType isCollection isInput isOutput objectType "
    "scale value",
    "PermissionSet": "fullName agentAccesses applicationVisibilities classAccesses "
    "customMetadataTypeAccesses customPermissions customSettingAccesses description "
    "emailRoutingAddressAccesses externalCredentialPrincipalAccesses externalDataSourceAccesses "
    "fieldPermissions:PermissionSetFieldPermissions flowAccesses hasActivationRequired label "
    "license objectPermissions:PermissionSetObjectPermissions "
    "pageAccesses:PermissionSetApexPageAccess recordTypeVisibilities "
    "tabSettings:PermissionSetTabSetting userPermissions:PermissionSetUserPermission",
    "PermissionSetApexPageAccess": "apexPage enabled",
    "PermissionSetFieldPermissions": "editable field readable",
    "PermissionSetObjectPermissions": "allowCreate allowDelete allowEdit allowRead "
    "modifyAllRecords object viewAllFields viewAllRecords",
    "PermissionSetTabSetting": "tab visibility",
    "PermissionSetUserPermission": "enabled name",
}
"""Type -> its elements in order, with their own type where that is looked into."""

SCHEMA: Mapping[str, Mapping[str, str]] = {
    name: dict(each.partition(":")[::2] for each in elements.split())
    for name, elements in _TYPES.items()
}
"""Type -> element -> the type of the element, or nothing."""


def check(element: etree._Element, type_name: str, *, apart: Collection[str] = ()) -> None:
    """See that an element holds what its type may hold, in order, and what it holds does too.

    Args:
        element: The element.
        type_name: Its type; one that is not known here may hold anything.
        apart: Elements that are parts of their own: what they hold is not looked at.

    Raises:
        Problem: If one is unknown, out of order, or apart from others of its name.
    """
    known = SCHEMA.get(type_name)
    if known is None:
        return
    places = {name: place for place, name in enumerate(known)}
    reached = 0
    for child in element.iterchildren("*"):
        name = etree.QName(child).localname
        place = places.get(name, -1)
        if place < reached:
            how = "is duplicated" if _is_before(child, name) else "invalid"
            message = (
                f"Error parsing file: Element {{{NAMESPACE}}}{name} {how} at this location in type "
                f"{type_name}"
            )
            raise Problem(message, line=line(child))
        reached = place
        if name not in apart:
            check(child, known[name])


def _is_before(child: etree._Element, name: str) -> bool:
    return any(
        etree.QName(each).localname == name for each in child.itersiblings("*", preceding=True)
    )
