"""The flows: what sends each message, what stamps an untick, what keeps a tombstone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.salesforce import tombstone
from bridge.salesforce.package.model import CONSENT, Part
from bridge.salesforce.package.xml import node, ordered, start, yes_or_no

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mapping.names import Names
    from bridge.salesforce.package.model import Message, Options
    from bridge.salesforce.package.xml import Element

MOST_CHARACTERS = 3_000
"""Of a condition; Salesforce takes somewhat more. A longer one gives way to *on every save*."""

_FIRST = (176, 287)
_SECOND = (176, 395)


def sending_flow(message: Message, names: Names, options: Options) -> Part:
    """Return the flow that sends a message when a record was saved."""
    condition = _condition(message, names, options)
    on = "Create" if not message.watched else "CreateAndUpdate"
    filtered = () if condition is None else (("filterFormula", condition),)
    call = node(
        "Send_Message",
        "Send Message",
        _FIRST,
        ("actionName", message.full_name),
        ("actionType", "outboundMessage"),
        ("flowTransactionModel", "CurrentTransaction"),
        ("nameSegment", message.full_name),
    )
    begin = start(
        ("connector", (("targetReference", "Send_Message"),)),
        *filtered,
        ("object", message.object),
        ("recordTriggerType", on),
        ("triggerType", "RecordAfterSave"),
    )
    return _flow(
        message.name,
        message.label,
        _why_sent(message, is_filtered=condition is not None),
        options,
        ("actionCalls", call),
        ("start", begin),
    )


def untick_flow(names: Names, options: Options) -> Part | None:
    """Return the flow that stamps who unticked Do Not Email and when; None: nowhere to write it.

    It states no evidence: how the person asked is for whoever unticks to say.
    """
    contact = names.contact
    stamps = (
        (contact.resubscribe_at, "$Flow.CurrentDateTime"),
        (contact.resubscribe_by, "$User.Id"),
    )
    box = contact.do_not_email
    if box is None or not any(field for field, _ in stamps):
        return None
    assignment = node(
        "Stamp",
        "Stamp",
        _FIRST,
        *(
            (
                "assignmentItems",
                (
                    ("assignToReference", f"$Record.{field}"),
                    ("operator", "Assign"),
                    ("value", (("elementReference", value),)),
                ),
            )
            for field, value in stamps
            if field is not None
        ),
    )
    begin = start(
        ("connector", (("targetReference", "Stamp"),)),
        ("filterFormula", f"AND({_changed(box)}, NOT({{!$Record.{box}}}))"),
        ("object", contact.object),
        ("recordTriggerType", "Update"),
        ("triggerType", "RecordBeforeSave"),
    )
    return _flow(
        "CC_Bridge_Untick",
        "Constant Contact Bridge: untick",
        "stamps who unticked Do Not Email, and when",
        options,
        ("assignments", assignment),
        ("start", begin),
    )


def tombstone_flows(names: Names, options: Options) -> Iterator[Part]:
    """Yield the flows that keep a tombstone of a record just before it is deleted.

    Where none can be kept the deletion goes on all the same: a poll finds it a minute later.
    """
    for kind, object_name in (
        ("Contact", names.contact.object),
        ("List", names.list.object),
        ("Membership", names.membership.object),
    ):
        kept = node(
            "Keep_Tombstone",
            "Keep Tombstone",
            _FIRST,
            ("faultConnector", (("targetReference", "Go_On"),)),
            _input(tombstone.OBJECT_FIELD, ("stringValue", object_name)),
            _input(tombstone.RECORD_FIELD, ("elementReference", "$Record.Id")),
            ("object", tombstone.OBJECT),
            yes_or_no("storeOutputAutomatically", value=True),
        )
        begin = start(
            ("connector", (("targetReference", "Keep_Tombstone"),)),
            ("object", object_name),
            ("recordTriggerType", "Delete"),
            ("triggerType", "RecordBeforeDelete"),
        )
        yield _flow(
            f"CC_Bridge_Removed_{kind}",
            f"Constant Contact Bridge: {kind.lower()} deleted",
            "keeps a tombstone of a record that is deleted",
            options,
            ("assignments", _go_on()),
            ("recordCreates", kept),
            ("start", begin),
            ("variables", _fault()),
        )


def _go_on() -> tuple[Element, ...]:
    item = (
        ("assignToReference", "Fault"),
        ("operator", "Assign"),
        ("value", (("elementReference", "$Flow.FaultMessage"),)),
    )
    return node("Go_On", "Go On", _SECOND, ("assignmentItems", item))


def _fault() -> tuple[Element, ...]:
    return (
        ("name", "Fault"),
        ("dataType", "String"),
        yes_or_no("isCollection", value=False),
        yes_or_no("isInput", value=False),
        yes_or_no("isOutput", value=False),
    )


def _input(field: str, value: Element) -> Element:
    return "inputAssignments", (("field", field), ("value", (value,)))


def _condition(message: Message, names: Names, options: Options) -> str | None:
    """Return which saves send a message, or None where all do."""
    computed = options.known.computed
    watched = [name for name in message.watched if f"{message.object}.{name}" not in computed]
    if not watched:
        return None
    is_new = "ISNEW()"
    if message.lane == CONSENT:  # a new person who may be mailed is no change of consent
        is_new = f"AND(ISNEW(), {{!$Record.{names.contact.do_not_email}}})"
    condition = f"OR({is_new}, {', '.join(map(_changed, watched))})"
    return condition if len(condition) <= MOST_CHARACTERS else None


def _changed(field: str) -> str:
    return f"ISCHANGED({{!$Record.{field}}})"


def _why_sent(message: Message, *, is_filtered: bool) -> str:
    if not message.watched:
        return "tells of a deletion within seconds"
    if message.lane == CONSENT:
        return "tells of a change of consent ahead of everything else"
    when = "where a mapped field was changed" if is_filtered else "on every save"
    return f"tells of a new or changed record, {when}"


def _flow(name: str, label: str, why: str, options: Options, *elements: Element) -> Part:
    body = ordered(
        ("apiVersion", options.api_version),
        ("description", f"Constant Contact bridge: {why}."),
        ("environments", "Default"),
        ("interviewLabel", f"{label} {{!$Flow.CurrentDateTime}}"),
        ("label", label),
        ("processType", "AutoLaunchedFlow"),
        ("status", options.flow_status),
        *elements,
    )
    return Part(kind="Flow", full_name=name, why=why, body=body)
