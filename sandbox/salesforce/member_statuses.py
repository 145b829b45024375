"""Member statuses: each campaign has its own, two of them from the start, and members have one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.org import Transaction
    from sandbox.salesforce.values import Row

STATUS = "CampaignMemberStatus"

FIRST: tuple[Mapping[str, Any], ...] = (
    {"Label": "Sent", "IsDefault": True, "HasResponded": False, "SortOrder": 1},
    {"Label": "Responded", "IsDefault": False, "HasResponded": True, "SortOrder": 2},
)
"""What every new campaign has."""


def status_of(tx: Transaction, member: Row) -> Mapping[str, Any]:
    """Return what a member's status means: whether who has it has responded.

    Raises:
        ApiError: If its campaign has no such status.
    """
    reference = tx.org.schema.get(STATUS).field("CampaignId")
    assert reference is not None  # noqa: S101 -- the catalogue has it
    wanted = folded(member["Status"])
    for row in tx.org.tables[STATUS].referring(reference, str(member["CampaignId"])):
        if not row["IsDeleted"] and folded(row["Label"]) == wanted:
            return {"HasResponded": row["HasResponded"]}
    raise ApiError(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        f"Status: bad value for restricted picklist field: {member['Status']}",
        fields=("Status",),
    )
