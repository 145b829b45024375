"""Flows that set fields before a save or keep something of a deletion: from their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.metadata.formula import condition
from sandbox.salesforce.metadata.xml import Problem, child, children, line_of, needed, text
from sandbox.salesforce.record_flows import RecordFlow

if TYPE_CHECKING:
    from lxml import etree

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.record_flows import Source
    from sandbox.salesforce.schema import SObject

_ACTS_BEFORE = {"RecordBeforeSave": "save", "RecordBeforeDelete": "delete"}
_ON = {"Create": (True, False), "Update": (False, True), "CreateAndUpdate": (True, True)}
_RECORD = "$Record."


def record_flow(org: Org, name: str, element: etree._Element) -> RecordFlow | None:
    """Return a flow that acts on the record itself; None for any other.

    Raises:
        Problem: If it cannot be deployed to the org.
    """
    start = child(element, "start")
    trigger = None if start is None else text(start, "triggerType")
    if start is None or trigger not in _ACTS_BEFORE:
        return None
    sobject = _object(org, start)
    kind = needed(start, "recordTriggerType")
    if (kind == "Delete") != (trigger == "RecordBeforeDelete"):
        message = f"The recordTriggerType {kind} does not fit the triggerType {trigger}"
        raise Problem(message, line=line_of(start, "recordTriggerType"))
    formula = text(start, "filterFormula")
    at = line_of(start, "filterFormula")
    holds = (lambda _: True) if formula is None else condition(sobject, formula, line=at)
    first = text(start, "connector/targetReference")
    if trigger == "RecordBeforeDelete":
        return RecordFlow(
            name=name,
            object=sobject.name,
            acts_before="delete",
            condition=holds,
            creates=_creates(org, sobject, element, first),
        )
    on_create, on_update = _ON[kind]
    return RecordFlow(
        name=name,
        object=sobject.name,
        acts_before="save",
        condition=holds,
        on_create=on_create,
        on_update=on_update,
        sets=_sets(sobject, element, first),
    )


def _sets(
    sobject: SObject, element: etree._Element, first: str | None
) -> tuple[tuple[str, Source], ...]:
    found = []
    for assignment in _named(element, "assignments", first):
        for item in children(assignment, "assignmentItems"):
            target = needed(item, "assignToReference")
            found.append(
                (_field(sobject, target.removeprefix(_RECORD), item), _source(sobject, item))
            )
    return tuple(found)


def _creates(
    org: Org, sobject: SObject, element: etree._Element, first: str | None
) -> tuple[tuple[str, tuple[tuple[str, Source], ...]], ...]:
    found = []
    for create in _named(element, "recordCreates", first):
        target = _object(org, create)
        fields = tuple(
            (_field(target, needed(each, "field"), each), _source(sobject, each))
            for each in children(create, "inputAssignments")
        )
        found.append((target.name, fields))
    return tuple(found)


def _named(element: etree._Element, tag: str, name: str | None) -> list[etree._Element]:
    return [each for each in children(element, tag) if text(each, "name") == name]


def _object(org: Org, element: etree._Element) -> SObject:
    name = needed(element, "object")
    found = org.schema.find(name)
    if found is None:
        message = f"In field: object - no CustomObject named {name} found"
        raise Problem(message, line=line_of(element, "object"))
    return found


def _field(sobject: SObject, name: str, element: etree._Element) -> str:
    found = sobject.field(name)
    if found is None:
        message = f"In field: field - no CustomField named {sobject.name}.{name} found"
        raise Problem(message, line=line_of(element, "field"))
    return found.name


def _source(sobject: SObject, element: etree._Element) -> Source:
    """Return what an assignment assigns: a text, the time, the user, or a field of the record."""
    constant = text(element, "value/stringValue")
    if constant is not None:
        return lambda _change, _at: constant
    reference = text(element, "value/elementReference") or ""
    if reference == "$Flow.CurrentDateTime":
        return lambda _change, at: at
    if reference == "$User.Id":
        return lambda change, _at: change.user_id
    if reference.startswith(_RECORD):
        name = _field(sobject, reference.removeprefix(_RECORD), element)
        return lambda change, _at: change.after.get(name)
    message = f"The resource {reference or '(none)'} does not exist"
    raise Problem(message, line=line_of(element, "value"))
