"""Checks of a connection by what is known of it here. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.constant_contact.lists import near_most
from bridge.delivery.work import LANES
from bridge.doctor.findings import fault
from bridge.pauses.store import DOCTOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.doctor.facts import Facts
    from bridge.doctor.findings import Outcome

SECRET_AGE = timedelta(days=730)
CERTIFICATE_NOTICE = timedelta(days=30)
_SCHEDULE = frozenset({"run_missing", "schedule_unusable"})
_NAMES = {
    "path_secret": "the secret in the endpoint's address",
    "cc_client": "the secret of the Constant Contact application",
    "sf_client": "the consumer secret of the External Client App",
    "sf_key": "the key of the Salesforce login",
}
_RENEWED_BY = {
    "path_secret": "connection rotate",
    "cc_client": "connect constant-contact",
    "sf_client": "connect salesforce",
    "sf_key": "connect salesforce --new-key",
}


def state(facts: Facts) -> Iterator[Outcome]:
    """Whether the connection works, or why it does not."""
    connection = facts.connection
    if connection.state == "active":
        yield "active"
    elif connection.state == "paused":
        yield fault("connection_paused", f"paused: {connection.state_reason}")
    else:
        says = "no credentials for both sides: it receives, and what arrives waits"
        yield fault("connection_unconnected", says)


def lanes(facts: Facts) -> Iterator[Outcome]:
    """Whether somebody has paused deliveries; what the doctor holds is told by its cause."""
    paused = [one for one in facts.stored.pauses if one.paused_by != DOCTOR]
    for one in paused:
        yield fault("lane_paused", one.words(), LANES[one.lane], lane=LANES[one.lane])
    if not facts.stored.pauses:
        yield "none is paused"


def outages(facts: Facts) -> Iterator[Outcome]:
    """Whether a service answers nobody just now."""
    for system, since, reason in facts.stored.outages:
        says = f"what needs {system} waits since {since:%Y-%m-%d %H:%M} UTC: {reason}"
        yield fault("outage", says, system)


def schedule(facts: Facts) -> Iterator[Outcome]:
    """Whether every night has had its runs."""
    missing = [one for one in facts.stored.alarms if one.cause in _SCHEDULE]
    for alarm in missing:
        yield fault(alarm.cause, alarm.says, alarm.about)
    if not missing:
        yield "no run is missing"


def lists(facts: Facts) -> Iterator[Outcome]:
    """Whether the account is nearly full of lists."""
    warning = near_most(facts.stored.list_count)
    if warning is not None:
        yield fault("lists_many", warning)


def secrets(facts: Facts) -> Iterator[Outcome]:
    """Whether tokens, keys and certificates are old, or end soon."""
    is_well = True
    for alarm in facts.stored.alarms:
        if alarm.cause == "token_ends":
            is_well = False
            yield fault("token_ends", alarm.says)
    at = facts.stored.at
    for secret in facts.stored.secrets:
        ends_at = secret.ends_at if secret.kind == "sf_key" else None
        if ends_at is not None and ends_at - at < CERTIFICATE_NOTICE:
            is_well = False
            says = f"the certificate of the Salesforce login ends at {ends_at:%Y-%m-%d}"
            yield fault("certificate_ends", says)
        name = _NAMES.get(secret.kind)
        if name is not None and at - secret.stored_at > SECRET_AGE:
            is_well = False
            says = f"{name} is of {secret.stored_at:%Y-%m-%d}"
            how = f"`bridge {_RENEWED_BY[secret.kind]} {facts.connection.name}`"
            yield fault("secret_old", says, secret.kind, how=how)
    if is_well and facts.stored.secrets:
        yield "none is old, none ends soon"


def mapping(facts: Facts) -> Iterator[Outcome]:
    """Whether a mapping is in force, and whether the files are those in force."""
    yield from facts.in_force.faults
    if not facts.in_force.faults:
        yield facts.in_force.says
