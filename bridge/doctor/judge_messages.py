"""Checks of outbound messages: where they go, what they carry, what is recorded of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.doctor.findings import fault
from bridge.mirror.model import needed_paths
from bridge.salesforce.package.messages import stale_definitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.connections.model import Endpoint
    from bridge.doctor.facts import Facts, Organization, Recorded
    from bridge.doctor.findings import Fault, Outcome
    from bridge.mapping.model import Mapping
    from bridge.salesforce.outbound_messages import OutboundMessage

OLDEST_BEHIND = 9.0
"""By how many API versions a message may be behind: three a year."""

_OUR_NAME = "CC_Bridge_"
_OUR_PATH = "/outbound-messages/"
_SOME = 5


def consent(facts: Facts) -> Iterator[Outcome]:
    """Whether changes of consent come by a message of their own."""
    recorded = facts.stored.recorded
    if any(one.lane == 0 for one in recorded):
        yield "an outbound message of its own is deployed"
        return
    says = (
        "no outbound message of its own is known for consent: an untick of Do Not Email waits for "
        "what arrived before it (about 13 s for each 100,000 notifications)"
    )
    if not recorded:
        says += "; no field list is known either, so absent fields are read back"
    yield fault("consent_unflagged", says)


def messages(facts: Facts) -> Iterator[Outcome]:
    """Whether the outbound messages are what receiving and mapping need."""
    seen, mapping = facts.seen, facts.in_force.mapping
    if mapping is None:
        return
    if seen is None or seen.messages is None:
        yield from _stale(facts, mapping)
        return
    ours = [one for one in seen.messages if _is_ours(facts, one)]
    found = [
        *_missing(ours, mapping),
        *(each for one in ours for each in _of_message(facts, seen, mapping, one)),
    ]
    yield from sorted(found, key=lambda one: one.cause)
    if not found:
        yield f"{len(ours)} are deployed as they should be"


def can_carry(facts: Facts, recorded: Recorded) -> bool | None:
    """Tell whether each field of a recorded list reaches us unless it is empty; None: unknown.

    Only then does an absent field mean an empty one.
    """
    seen = facts.seen
    if seen is None or seen.messages is None:
        return None
    deployed = next((one for one in seen.messages if one.action_id == recorded.action_id), None)
    if deployed is None or not recorded.fields <= deployed.fields:
        return False
    hidden = _hidden(seen, deployed)
    return None if hidden is None else not recorded.fields & hidden


def _stale(facts: Facts, mapping: Mapping) -> Iterator[Outcome]:
    """Judge by what is recorded here, where the organization does not tell."""
    recorded = [
        (one.object, one.lane, sorted(one.fields)) for one in facts.stored.recorded if one.lane
    ]
    stale = stale_definitions(mapping, recorded)
    for name, fields in stale.items():
        says = f"the outbound message of {name} does not carry {_some(fields)}"
        yield fault("message_lacks", says, name)
    if facts.seen is not None and not stale:
        yield "our own user may not read them: only what is recorded here is known"


def _is_ours(facts: Facts, message: OutboundMessage) -> bool:
    """Tell our messages from those that a firm sends elsewhere."""
    return (
        any(one.action_id == message.action_id for one in facts.stored.recorded)
        or message.full_name.partition(".")[2].startswith(_OUR_NAME)
        or urlsplit(message.endpoint_url).path.startswith(_OUR_PATH)
    )


def _missing(ours: list[OutboundMessage], mapping: Mapping) -> Iterator[Fault]:
    names = mapping.names
    told_of = {one.object.lower() for one in ours}
    for name in (names.contact.object, names.list.object, names.membership.object):
        if name.lower() not in told_of:
            says = f"no outbound message tells of {name}"
            yield fault("message_missing", says, name, object=name)


def _of_message(
    facts: Facts, seen: Organization, mapping: Mapping, message: OutboundMessage
) -> Iterator[Fault]:
    name = message.full_name
    if mapping.names.kind_of(message.object) is None:
        return  # of another profile's object: nothing is made of it
    if where := _elsewhere(facts.stored.endpoint, facts.public_url, message.endpoint_url):
        yield fault("message_elsewhere", f"{name} goes to {where}", name)
    recorded = next(
        (one for one in facts.stored.recorded if one.action_id == message.action_id), None
    )
    if recorded is None:
        yield fault("message_unrecorded", f"the field list of {name} is not recorded", name)
    elif _differ(recorded, message, _hidden(seen, message)):
        says = f"{name} is recorded with other fields than are deployed"
        yield fault("message_unrecorded", says, name)
    if recorded is None or recorded.lane:
        yield from _lacking(mapping, message)
    if message.sends_session:
        yield fault("message_session", f"{name} asks for a session id", name)
    wanted = facts.connection.sf_api_version
    if _is_old(message.api_version, wanted):
        says = f"{name} is of the API version {message.api_version}"
        yield fault("message_version", says, name, version=wanted)
    for field in sorted(_hidden(seen, message) or ()):
        user = message.integration_user
        says = f"{name} carries {field}, which {user} may not read"
        yield fault("message_hidden", says, f"{name}: {field}", user=user)


def _lacking(mapping: Mapping, message: OutboundMessage) -> Iterator[Fault]:
    kind = mapping.names.kind_of(message.object)
    if kind is None or kind == "account" or "consent" in message.full_name.lower():
        return
    carried = {field.lower() for field in message.fields}
    lacking = [
        path
        for path in needed_paths(kind, mapping)
        if "." not in path and path.lower() not in carried
    ]
    if lacking:
        says = f"{message.full_name} does not carry {_some(lacking)}"
        yield fault("message_lacks", says, message.full_name)


def _some(fields: Sequence[str]) -> str:
    more = f" and {len(fields) - _SOME} more" if len(fields) > _SOME else ""
    return f"{', '.join(fields[:_SOME])}{more}"


def _differ(recorded: Recorded, message: OutboundMessage, hidden: frozenset[str] | None) -> bool:
    """Tell whether a list is not what arrives; one may leave out what nobody can read."""
    left_out = message.fields - recorded.fields
    is_less = hidden is not None and bool(left_out - hidden)
    return is_less or not recorded.fields <= message.fields


def _elsewhere(endpoint: Endpoint, public_url: str | None, url: str) -> str | None:
    """Return where a message goes, if not to us; the secret in an address is not told."""
    parts = urlsplit(url)
    host = f"{parts.scheme}://{parts.netloc}"
    if not url:
        return "no address"
    if public_url is not None and host.lower() != _origin(public_url):
        return f"{host}, Salesforce reaches us at {_origin(public_url)}"
    path = parts.path.removeprefix(urlsplit(public_url or "").path.rstrip("/"))
    if path not in {f"{_OUR_PATH}{endpoint.name}/{secret}" for secret in endpoint.secrets}:
        return f"a path of {host} that is not this connection's, or whose secret has ended"
    return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_old(version: str, wanted: str) -> bool:
    try:
        return float(version) < float(wanted) - OLDEST_BEHIND
    except ValueError:
        return True


def _hidden(seen: Organization, message: OutboundMessage) -> frozenset[str] | None:
    """Return fields that whom a message is sent as cannot read; None where that is not known."""
    description = seen.described.get(message.object)
    if description is None or message.integration_user.lower() != seen.identity.username.lower():
        return None
    readable = {str(field["name"]).lower() for field in description["fields"]}
    return frozenset(field for field in message.fields if field.lower() not in readable)
