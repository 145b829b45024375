"""Checks of an organization as a whole: whose it is, whether another one writes, clocks. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.connections.wire import is_loopback
from bridge.doctor.facts import Organization
from bridge.doctor.findings import fault
from bridge.identity import same_organization

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.model import Connection
    from bridge.doctor.facts import Facts
    from bridge.doctor.findings import Outcome

CLOCKS_DIFFER = timedelta(minutes=2)
"""By so much clocks may differ: signed logins hold for three minutes."""

LEAST_LEFT = 0.1
"""The share of a day's calls below which it is told."""


def salesforce(facts: Facts) -> Iterator[Outcome]:
    """Whether the organization can be used, is the right one, and may be applied from."""
    found, connection = facts.organization, facts.connection
    if found is None:
        return
    if not isinstance(found, Organization):
        yield found
        return
    identity = found.identity
    if not same_organization(identity.organization_id, connection.organization_id):
        yield fault(
            "organization_other",
            f"the credentials open the organization {identity.organization_id}, messages are "
            f"accepted from {connection.organization_id}",
        )
    elif found.is_sandbox and is_live(connection) and not _allows_sandbox(facts):
        says = (
            f"{identity.organization_id} is a sandbox organization, and the account is a live one"
        )
        yield fault("sandbox_live", says)
    else:
        kind = " of a sandbox organization" if found.is_sandbox else ""
        yield f"logged in as {identity.user_id}{kind}"


def is_live(connection: Connection) -> bool:
    """Tell whether people get mail from an account: only a stand-in is on this machine.

    >>> from bridge.connections.model import Connection
    >>> is_live(Connection(id=1, name="firm", cc_url="http://127.0.0.1:9/v3"))
    False
    """
    return connection.cc_url is None or not is_loopback(urlsplit(connection.cc_url).hostname or "")


def _allows_sandbox(facts: Facts) -> bool:
    return facts.stored.policies.sandbox_organization == "allow"


def calls(facts: Facts) -> Iterator[Outcome]:
    """Whether the organization's day has calls left."""
    if facts.seen is None or facts.seen.calls is None:
        return
    left, most = facts.seen.calls
    says = f"{left:,} of {most:,} are left of the last 24 hours"
    yield fault("salesforce_calls", says) if left < most * LEAST_LEFT else says


def clock(facts: Facts) -> Iterator[Outcome]:
    """Whether the clocks agree."""
    aheads = {
        "Salesforce": facts.seen.ahead if facts.seen else None,
        "Constant Contact": facts.there.ahead if facts.there else None,
    }
    known = {name: ahead for name, ahead in aheads.items() if ahead is not None}
    off = {name: ahead for name, ahead in known.items() if abs(ahead) > CLOCKS_DIFFER}
    for name, ahead in off.items():
        way = "ahead of" if ahead > timedelta(0) else "behind"
        minutes = round(abs(ahead).total_seconds() / 60)
        yield fault("clock_off", f"the clock of {name} is {minutes} min {way} ours", name)
    if known and not off:
        yield f"agrees with {' and '.join(known)}"


def profile(facts: Facts) -> Iterator[Outcome]:
    """Whether the profile is the one that fits the organization's objects."""
    proposed = None if facts.seen is None else facts.seen.proposed_profile
    if proposed is None:
        return
    used = facts.connection.profile or "practifi"
    if used == proposed:
        yield used
    else:
        yield fault(
            "profile_other",
            f"{used}, but the organization's objects look like {proposed}",
            organization_id=facts.connection.organization_id,
            profile=proposed,
        )


def loop(facts: Facts) -> Iterator[Outcome]:
    """Whether what the bridge writes comes back to it."""
    if facts.seen is None or facts.seen.may_send is None:
        return
    if facts.seen.may_send == 0:
        yield "our own user sends no outbound messages"
        return
    yield fault(
        "loop",
        f"our own user {facts.seen.identity.user_id} has the permission Send Outbound Messages "
        f"from {facts.seen.may_send} profile(s) or permission set(s): what the bridge writes "
        "comes back to it",
    )


def reports(facts: Facts) -> Iterator[Outcome]:
    """Whether Bulk Create can take people from a report."""
    if facts.seen is None or facts.seen.may_run_reports is None:
        return
    if facts.seen.may_run_reports:
        yield "our own user may run reports"
        return
    says = (
        f"our own user {facts.seen.identity.user_id} lacks the permission Run Reports: "
        "Bulk Create finds nobody by a report"
    )
    yield fault("reports_closed", says)


def setup(facts: Facts) -> Iterator[Outcome]:
    """Whether what stands against applying could be seen at all."""
    for what in facts.seen.unseen if facts.seen else ():
        says = f"the bridge's user may not see {what}: what is wrong there is not found"
        yield fault("setup_unseen", says, what, what=what)


def one_writer(facts: Facts) -> Iterator[Outcome]:
    """Whether the package's own integration with Constant Contact is off."""
    if facts.seen is None:
        return
    if facts.stored.policies.second_writer == "allow":
        yield "the package's own integration may be on: the policy second_writer allows it"
        return
    setting, switches = facts.seen.switch or ("", ())
    for switch in switches:
        says = f"the package's own trigger is on ({setting}.{switch}): two would write"
        yield fault("second_trigger", says, switch, setting=setting, switch=switch)
    for job in facts.seen.jobs:
        says = f"the package's own job {job!r} is scheduled or runs: two would write"
        yield fault("second_job", says, job, job=job)
    if not switches and not facts.seen.jobs:
        yield "nothing of the package's own integration is seen to be on"
