"""The first checks: connection, record, mapping, and what became of the message. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.explain.model import Finding

if TYPE_CHECKING:
    from bridge.explain.model import Notification, Snapshot

_IGNORED = {
    "no data": "no_data",
    "the record id is not valid": "bad_record_id",
}
_GONE = "the raw message is gone"


def connection(s: Snapshot) -> Finding | None:
    """Whether there is a connection, and whether it is authorised."""
    if s.connection is None:
        return None if s.about == "unknown" else Finding(cause="no_connection")
    facts = {"name": s.connection.name, "state": s.connection.state}
    if s.connection.state == "active":
        return Finding(facts=facts)
    if s.connection.state_reason:
        facts["reason"] = s.connection.state_reason
    return Finding(facts=facts, cause=f"connection_{s.connection.state}")


def known(s: Snapshot) -> Finding | None:
    """Whether anything is known of what was asked."""
    if s.job is not None:
        return Finding(facts={"is": s.job.what, "asked by": s.job.asked_by}, at=s.job.at)
    if s.about == "unknown":
        cause = {"address": "unknown_address", "cc_list": "foreign_list"}.get(
            s.asked_kind, "unknown_id"
        )
        return Finding(facts={"is": s.asked_kind}, cause=cause)
    if s.about == "person" and s.state is not None and not s.state.people and s.record is None:
        return Finding(facts={"in Practifi": "nobody"}, cause="not_in_practifi")
    if s.record is None:
        return Finding(facts={"is": s.asked_kind})
    facts = {"is": s.record.kind, "told by": s.record.source}
    return Finding(facts=facts, at=s.record.seen_at)


def deleted(s: Snapshot) -> Finding | None:
    """Whether the record is still in Practifi."""
    if s.record is None or s.record.deleted_at is None:
        return None
    if s.record.merged_into is not None:
        facts = {"merged_into": s.record.merged_into}
        return Finding(facts=facts, cause="record_merged", at=s.record.deleted_at)
    return Finding(facts={"record": "deleted"}, cause="record_deleted", at=s.record.deleted_at)


def mapping(s: Snapshot) -> Finding | None:
    """Whether a mapping is in force."""
    if s.connection is None:
        return None
    if s.mapping_version is None:
        return Finding(cause="no_mapping")
    return Finding(facts={"version": s.mapping_version})


def message(s: Snapshot) -> Finding | None:
    """What became of the notification: the one asked for, or the newest of the record."""
    told = s.notification
    if told is None:
        return None if s.record is None else Finding(facts={"message": "none is kept"})
    facts = {"notification": told.notification_id, "state": told.state, "object": told.object}
    if told.reason:
        facts["reason"] = told.reason
    return Finding(facts=facts, cause=_cause(told), at=told.finished_at or told.received_at)


def _cause(told: Notification) -> str | None:
    reason = told.reason or ""
    match told.state:
        case "received":
            return "not_triaged"
        case "ignored" if reason.startswith("no mapping for object"):
            return "object_not_mapped"
        case "ignored":
            return _IGNORED.get(reason, "ignored")
        case "dead" if reason == _GONE:
            return "raw_message_gone"
        case "superseded" if told.is_asked:
            return "superseded"
        case _:
            return None
