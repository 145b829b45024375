"""The table of checks of a connection: each a pure function of facts that were read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.doctor import (
    judge_account,
    judge_connection,
    judge_custom_fields,
    judge_messages,
    judge_objects,
    judge_salesforce,
)
from bridge.doctor.findings import finding, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bridge.doctor.facts import Facts
    from bridge.doctor.findings import Finding, Outcome


class Check(NamedTuple):
    """One check.

    Attributes:
        name: As it is printed.
        judge: Yields what is wrong, or in a few words what is well; nothing where it cannot look.
    """

    name: str
    judge: Callable[[Facts], Iterator[Outcome]]


CHECKS: tuple[Check, ...] = (
    Check("state", judge_connection.state),
    Check("lanes", judge_connection.lanes),
    Check("outage", judge_connection.outages),
    Check("schedule", judge_connection.schedule),
    Check("mapping", judge_connection.mapping),
    Check("secrets", judge_connection.secrets),
    Check("lists", judge_connection.lists),
    Check("Salesforce", judge_salesforce.salesforce),
    Check("Salesforce calls", judge_salesforce.calls),
    Check("clock", judge_salesforce.clock),
    Check("profile", judge_salesforce.profile),
    Check("objects and fields", judge_objects.objects),
    Check("rules", judge_objects.rules),
    Check("picklists", judge_objects.picklists),
    Check("take_part", judge_objects.people),
    Check("interactions", judge_objects.interactions),
    Check("campaigns", judge_objects.campaigns),
    Check("no loop", judge_salesforce.loop),
    Check("reports", judge_salesforce.reports),
    Check("one writer", judge_salesforce.one_writer),
    Check("Setup", judge_salesforce.setup),
    Check("consent", judge_messages.consent),
    Check("outbound messages", judge_messages.messages),
    Check("Constant Contact", judge_account.account),
    Check("custom fields", judge_custom_fields.custom_fields),
    Check("scopes", judge_account.scopes),
    Check("Constant Contact calls", judge_account.calls),
    Check("old ids", judge_account.old_ids),
)


def examine(facts: Facts, checks: Iterable[Check] = CHECKS) -> Iterator[Finding]:
    """Yield what holds of a connection, check by check."""
    name = facts.connection.name
    for check in checks:
        for outcome in check.judge(facts):
            if isinstance(outcome, str):
                yield ok(name, check.name, outcome)
            else:
                yield finding(name, outcome)
