"""The schema as `describe` shows it, for one object and for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.schema import MERGEABLE, Default

if TYPE_CHECKING:
    from sandbox.salesforce.schema import Field, Schema, SObject

_SOAP_TYPES = {
    "address": "urn:address",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "double": "xsd:double",
    "id": "tns:ID",
    "int": "xsd:int",
    "reference": "tns:ID",
}
_BYTES_A_CHARACTER = 3
_UNTRUE = dict.fromkeys(
    (
        "activateable",
        "associateEntityType",
        "associateParentEntity",
        "deepCloneable",
        "deprecatedAndHidden",
        "feedEnabled",
        "hasSubtypes",
        "isInterface",
        "isSubtype",
        "mruEnabled",
    ),
    False,
) | {"associateEntityType": None, "associateParentEntity": None}


def describe_global(schema: Schema, *, version: str) -> dict[str, object]:
    """Return the list of all objects, each in short."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [in_short(each, version=version) for each in schema],
    }


def in_short(sobject: SObject, *, version: str) -> dict[str, object]:
    """Return what the list of all objects says of one."""
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    return {
        **_UNTRUE,
        "createable": sobject.writable and sobject.createable,
        "custom": sobject.custom,
        "customSetting": sobject.custom_setting,
        "deletable": sobject.writable and sobject.deletable,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "layoutable": True,
        "mergeable": sobject.name in MERGEABLE,
        "name": sobject.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": True,
        "triggerable": sobject.writable,
        "undeletable": sobject.writable,
        "updateable": sobject.writable and sobject.updateable,
        "urls": {
            "rowTemplate": f"{base}/{{ID}}",
            "describe": f"{base}/describe",
            "sobject": base,
        },
    }


def describe(schema: Schema, sobject: SObject, *, version: str) -> dict[str, object]:
    """Return the full description of one object."""
    return {
        **in_short(sobject, version=version),
        "actionOverrides": [],
        "childRelationships": [
            {
                "cascadeDelete": reference.cascades,
                "childSObject": child.name,
                "deprecatedAndHidden": False,
                "field": reference.name,
                "junctionIdListNames": [],
                "junctionReferenceTo": [],
                "relationshipName": reference.children,
                "restrictedDelete": _restricts(reference),
            }
            for child, reference in schema.referring_to(sobject)
        ],
        "compactLayoutable": True,
        "fields": [_field(each, writable=sobject.writable) for each in sobject.fields],
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [],
        "searchLayoutable": True,
        "supportedScopes": [{"label": f"All {sobject.plural.lower()}", "name": "everything"}],
    }


def _restricts(field: Field) -> bool:
    return field.type == "reference" and not field.nillable and not field.cascades


def _field(field: Field, *, writable: bool) -> dict[str, object]:
    return {
        "aggregatable": field.filterable,
        "aiPredictionField": False,
        "autoNumber": field.number_format is not None,
        "byteLength": field.length * (1 if field.length == 18 else _BYTES_A_CHARACTER),  # noqa: PLR2004 - an id
        "calculated": False,
        "calculatedFormula": None,
        "cascadeDelete": field.cascades,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": _compound(field),
        "controllerName": None,
        "createable": writable and field.createable,
        "custom": field.custom,
        "defaultValue": field.default if isinstance(field.default, bool) else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.default is not None or (not field.createable),
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.precision if field.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": "plaintextarea" if field.type == "textarea" else None,
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.filterable and field.type not in {"double", "datetime"},
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.type in {"id", "email"} or field.external_id or field.name_field,
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": len(field.refers_to) > 1,
        "nillable": field.nillable and not isinstance(field.default, Default),
        "permissionable": field.createable and field.nillable,
        "picklistValues": [
            {
                "active": True,
                "defaultValue": value == field.default,
                "label": value,
                "validFor": None,
                "value": value,
            }
            for value in field.picklist
        ],
        "polymorphicForeignKey": len(field.refers_to) > 1,
        "precision": field.precision if field.type == "double" else 0,
        "queryByDistance": field.type == "address",
        "referenceTargetField": None,
        "referenceTo": list(field.refers_to),
        "relationshipName": field.relationship,
        "relationshipOrder": None,
        "restrictedDelete": _restricts(field),
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": field.type == "reference",
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.filterable and field.type != "multipicklist",
        "type": field.type,
        "unique": field.unique,
        "updateable": writable and field.updateable,
        "writeRequiresMasterRead": False,
    }


def _compound(field: Field) -> str | None:
    for part in ("Street", "City", "State", "PostalCode", "Country"):
        prefix = field.name.removesuffix(part)
        if field.name != prefix and prefix in {"Billing", "Shipping", "Mailing", "Other"}:
            return f"{prefix}Address"
    return None
