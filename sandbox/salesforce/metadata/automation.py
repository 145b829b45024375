"""Outbound messages and what sends them: from workflow and flow files to the outbound queue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.salesforce.metadata.formula import condition
from sandbox.salesforce.metadata.xml import (
    Problem,
    child,
    children,
    flag,
    line,
    line_of,
    needed,
    text,
    texts,
)
from sandbox.salesforce.outbound.definitions import API_VERSION, Definition, in_order
from sandbox.salesforce.outbound.triggers import Trigger
from sandbox.salesforce.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml import etree

    from sandbox.salesforce.org import Change, Org
    from sandbox.salesforce.outbound.triggers import Condition
    from sandbox.salesforce.schema import SObject

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*", re.ASCII)
_OLDEST_VERSION = 31
_RECORD_TRIGGERS = {
    "Create": (True, False),
    "Update": (False, True),
    "CreateAndUpdate": (True, True),
}
_RULE_TRIGGERS = {"onCreateOnly", "onCreateOrTriggeringUpdate", "onAllChanges"}
_NOT_OFFERED = frozenset({"address"})


def definition(org: Org, sobject: SObject, element: etree._Element) -> Definition:
    """Return the outbound message that an `outboundMessages` element describes, without its id.

    Raises:
        Problem: If it cannot be deployed to the org.
    """
    name = needed(element, "fullName")
    if not _NAME.fullmatch(name):
        message = (
            "The Unique Name can only contain underscores and alphanumeric characters. It must be "
            "unique, begin with a letter, not include spaces, not end with an underscore, and not "
            f"contain two consecutive underscores: {name}"
        )
        raise Problem(message, line=line_of(element, "fullName"))
    needed(element, "name")
    url = needed(element, "endpointUrl")
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        message = f"Invalid endpoint URL: {url}"
        raise Problem(message, line=line_of(element, "endpointUrl"))
    fields = _fields(sobject, element)
    user = needed(element, "integrationUser")
    if not any(
        str(row["Username"]).lower() == user.lower() and row["IsActive"] is True
        for row in org.tables["User"]
    ):
        message = f"In field: integrationUser - no User named {user} found"
        raise Problem(message, line=line_of(element, "integrationUser"))
    version = text(element, "apiVersion") or API_VERSION
    if not re.fullmatch(r"\d\d\.0", version) or float(version) < _OLDEST_VERSION:
        message = f"Invalid version specified: {version}"
        raise Problem(message, line=line_of(element, "apiVersion"))
    return Definition(
        name=name,
        object=sobject.name,
        carries=in_order(fields),
        api_version=version,
        endpoint_url=url,
        integration_user=user,
        description=text(element, "description"),
        sends_session=flag(element, "includeSessionId"),
    )


def _fields(sobject: SObject, element: etree._Element) -> list[str]:
    found = []
    for each in children(element, "fields"):
        name = (each.text or "").strip()
        field = sobject.field(name)
        if field is None or field.type in _NOT_OFFERED:
            message = f"In field: fields - no CustomField named {sobject.name}.{name} found"
            raise Problem(message, line=line(each))
        found.append(field.name)
    return found


def rule_triggers(
    sobject: SObject, element: etree._Element, is_deployed: Callable[[str], bool]
) -> list[Trigger]:
    """Return what an active workflow rule sends.

    Raises:
        Problem: If it cannot be deployed to the org.
    """
    name = needed(element, "fullName")
    kind = needed(element, "triggerType")
    if kind not in _RULE_TRIGGERS:
        message = (
            f"Error parsing file: '{kind}' is not a valid value for the enum 'WorkflowTriggerTypes'"
        )
        raise Problem(message, line=line_of(element, "triggerType"))
    formula = text(element, "formula")
    if formula is not None:
        holds = condition(sobject, formula, line=line_of(element, "formula"))
    else:
        tests = [_criterion(sobject, each) for each in children(element, "criteriaItems")]
        holds = _all(tests)
    found = []
    for action in children(element, "actions"):
        if text(action, "type") != "OutboundMessage":
            continue
        sends = f"{sobject.name}.{needed(action, 'name')}"
        if not is_deployed(sends):
            message = f"In field: actions - no WorkflowOutboundMessage named {sends} found"
            raise Problem(message, line=line(action))
        found.append(
            Trigger(
                name=f"{sobject.name}.{name}>{sends}",
                object=sobject.name,
                sends=sends,
                condition=holds,
                on_update=kind != "onCreateOnly",
                newly=kind == "onCreateOrTriggeringUpdate",
            )
        )
    return found if flag(element, "active") else []


def _criterion(sobject: SObject, element: etree._Element) -> Condition:
    named = needed(element, "field")
    field = sobject.field(named.partition(".")[2] or named)
    if field is None:
        message = f"In field: field - no CustomField named {named} found"
        raise Problem(message, line=line_of(element, "field"))
    kind = needed(element, "operation")
    if kind not in {"equals", "notEqual"}:
        message = f"The operation {kind} cannot be evaluated"
        raise Problem(message, line=line_of(element, "operation"))
    return _equals(field.name, text(element, "value") or "", same=kind == "equals")


def flow_triggers(
    org: Org, name: str, element: etree._Element, is_deployed: Callable[[str], bool]
) -> list[Trigger]:
    """Return what a flow sends once it is active: the messages right behind its start.

    Raises:
        Problem: If it cannot be deployed to the org.
    """
    needed(element, "label")
    calls = {needed(each, "name"): each for each in children(element, "actionCalls")}
    for call in calls.values():
        sends = text(call, "actionName") or ""
        if text(call, "actionType") == "outboundMessage" and not is_deployed(sends):
            message = (
                f"{text(call, 'name')} (Action) - We can't find an action with the name and action "
                "type that you specified."
            )
            raise Problem(message, line=line_of(call, "actionName"))
    start = child(element, "start")
    if start is None or text(start, "triggerType") != "RecordAfterSave":
        return []
    object_name = needed(start, "object")
    sobject = org.schema.find(object_name)
    if sobject is None:
        message = f"In field: object - no CustomObject named {object_name} found"
        raise Problem(message, line=line_of(start, "object"))
    kind = needed(start, "recordTriggerType")
    if kind not in {*_RECORD_TRIGGERS, "Delete"}:
        message = (
            f"Error parsing file: '{kind}' is not a valid value for the enum 'RecordTriggerType'"
        )
        raise Problem(message, line=line_of(start, "recordTriggerType"))
    sent = _sent_from(start, calls)
    if kind == "Delete":
        if sent:
            message = "A flow that is triggered by a deletion cannot send outbound messages"
            raise Problem(message, line=line_of(start, "recordTriggerType"))
        return []
    on_create, on_update = _RECORD_TRIGGERS[kind]
    return [
        Trigger(
            # The first keeps the flow's own name, for it takes the place of one with that name.
            name=name if place == 0 else f"{name}>{message}",
            object=sobject.name,
            sends=message,
            condition=_start_condition(sobject, start),
            on_create=on_create,
            on_update=on_update,
            newly=flag(start, "doesRequireRecordChangedToMeetCriteria"),
        )
        for place, message in enumerate(sent)
    ]


def _sent_from(start: etree._Element, calls: dict[str, etree._Element]) -> list[str]:
    """Return the messages that are sent one after the other from the start on."""
    sends: list[str] = []
    element: etree._Element | None = start
    seen: set[str] = set()
    while element is not None:
        target = text(element, "connector/targetReference")
        if target is None or target in seen:
            break
        seen.add(target)
        element = calls.get(target)
        if element is not None and text(element, "actionType") == "outboundMessage":
            sends.append(needed(element, "actionName"))
    return sends


def _start_condition(sobject: SObject, start: etree._Element) -> Condition:
    formula = text(start, "filterFormula")
    if formula is not None:
        return condition(sobject, formula, line=line_of(start, "filterFormula"))
    tests = [_filter(sobject, each) for each in children(start, "filters")]
    if (text(start, "filterLogic") or "and").lower() == "or":
        return lambda change: any(test(change) for test in tests)
    return _all(tests)


def _filter(sobject: SObject, element: etree._Element) -> Condition:
    name = needed(element, "field")
    field = sobject.field(name)
    if field is None:
        message = f"In field: field - no CustomField named {sobject.name}.{name} found"
        raise Problem(message, line=line_of(element, "field"))
    kind = needed(element, "operator")
    value = child(element, "value")
    given = "" if value is None else next((each.text or "" for each in value), "").strip()
    same = given.lower() != "false"
    match kind:
        case "EqualTo" | "NotEqualTo":
            return _equals(field.name, given, same=kind == "EqualTo")
        case "IsNull":
            return lambda change: (change.after.get(field.name) is None) == same
        case "IsChanged":
            return lambda change: _is_changed(change, field.name) == same
        case _:
            message = f"The operator {kind} cannot be evaluated"
            raise Problem(message, line=line_of(element, "operator"))


def _is_changed(change: Change, name: str) -> bool:
    return change.before is not None and change.before.get(name) != change.after.get(name)


def _equals(name: str, wanted: str, *, same: bool) -> Condition:
    def holds(change: Change) -> bool:
        value = to_json(change.after.get(name))
        spelled = "" if value is None else str(value)
        if isinstance(value, bool):
            return (spelled.lower() == wanted.lower()) == same
        if isinstance(value, float | int):
            try:
                return (float(wanted) == value) == same
            except ValueError:
                return not same
        return (spelled.casefold() == wanted.casefold()) == same

    return holds


def _all(tests: list[Condition]) -> Condition:
    return lambda change: all(test(change) for test in tests)


def status_of(element: etree._Element) -> str:
    """Return a flow's status; it is a draft unless it says otherwise."""
    return next(iter(texts(element, "status")), "Draft")
