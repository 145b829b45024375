"""The bridge's flows as they are in an organization: their versions, and whether one is active.

A deployment that asks for an active flow may leave a draft, as production does without test
coverage; and Salesforce deletes a flow only by each of its versions (Object Reference,
FlowDefinitionView and FlowVersionView).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.salesforce.names import checked_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.salesforce.client import Salesforce

_FLOW, _NUMBER = "FlowDefinitionView.ApiName", "VersionNumber"


class Versions(NamedTuple):
    """The versions of one flow."""

    numbers: tuple[int, ...]
    is_active: bool


def flow_versions(salesforce: Salesforce, names: Iterable[str]) -> dict[str, Versions]:
    """Return the versions of those flows that are there.

    Raises:
        Forbidden: If the bridge's user may not see flows.
        RemoteError: If Salesforce does not say.
    """
    soql = (
        f"SELECT {_FLOW}, {_NUMBER}, Status FROM FlowVersionView "  # noqa: S608 -- names are checked
        f"WHERE {_FLOW} IN ({_quoted(names)})"
    )
    found: dict[str, list[tuple[int, bool]]] = {}
    for record in salesforce.query(soql):
        version = (int(float(record[_NUMBER] or 0)), record["Status"] == "Active")
        found.setdefault(str(record[_FLOW]), []).append(version)
    return {
        name: Versions(tuple(sorted(number for number, _ in rows)), any(on for _, on in rows))
        for name, rows in found.items()
    }


def inactive_flows(salesforce: Salesforce, names: Iterable[str]) -> tuple[str, ...]:
    """Return those flows whose latest version is not the one in force.

    Raises:
        Forbidden: If the bridge's user may not see flows.
        RemoteError: If Salesforce does not say.
    """
    soql = (
        "SELECT ApiName FROM FlowDefinitionView "  # noqa: S608 -- names are checked
        f"WHERE IsActive = false AND ApiName IN ({_quoted(names)})"
    )
    return tuple(sorted(str(record["ApiName"]) for record in salesforce.query(soql)))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{checked_name(name)}'" for name in sorted(names))
