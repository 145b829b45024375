"""What Salesforce's documents leave open, or an administrator decides, as switches."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Policy(BaseModel):
    """How this org answers where the vendor's published word ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bulk_waits_s: float = Field(
        default=0, ge=0, description="seconds for which a closed bulk job stays UploadComplete"
    )
    bulk_takes_s: float = Field(
        default=0, ge=0, description="seconds for which a bulk job is at least InProgress"
    )
    bulk_hard_delete: bool = Field(
        default=False, description="users have the permission Bulk API Hard Delete"
    )
    outbound_kept_h: float = Field(
        default=24, gt=0, le=168, description="hours after which an outbound message is given up"
    )
    outbound_deleted: Literal["both", "nil", "empty"] = Field(
        default="both",
        description="how a record that is gone by the time of sending appears: an sObject that is "
        "nil, one of its type without fields, or both in turn",
    )
    outbound_timeout_s: float = Field(
        default=60, gt=0, description="seconds that Salesforce waits for the answer to a message"
    )
    outbound_hidden_fields: tuple[str, ...] = Field(
        default=(),
        description="fields that the user that messages are sent as cannot read: `Contact.Email`",
    )
    metadata_takes_s: float = Field(
        default=0, ge=0, description="seconds for which a deployment or retrieval is InProgress"
    )
    flows_deploy_active: bool = Field(
        default=True,
        description="a flow keeps the status Active when it is deployed; false: it arrives as "
        "Draft, as in production without that setting",
    )
    deleted_kept_h: float = Field(
        default=360,
        gt=0,
        le=360,
        description="hours for which getDeleted knows a deletion; less where the purge, every two "
        "hours, has already been",
    )
    most_replicated_ids: int = Field(
        default=600_000,
        gt=0,
        description="ids that one answer of getUpdated or getDeleted holds at most",
    )
    keys_like_files_404: bool = Field(
        default=False,
        description="an external id in an address that ends like a file or a domain, as `Acme.inc` "
        "does, is not found",
    )
    duplicates_key: Literal["duplicateResut", "duplicateResult"] = Field(
        default="duplicateResut",
        description="where the refusal of a duplicate tells which records are alike: the vendor's "
        "misspelling, or the word of its documents",
    )
    api_enabled: bool = Field(
        default=True, description="the bridge's user has the permission API Enabled"
    )
    setup_visible: bool = Field(
        default=True,
        description="the bridge's user has the permission View Setup and Configuration",
    )
    metadata_api: bool = Field(
        default=True, description="the bridge's user may use the Metadata API"
    )
    report_runs_an_hour: int = Field(
        default=500, ge=0, description="synchronous runs of reports that an hour has room for"
    )
    hidden_fields: tuple[str, ...] = Field(
        default=(),
        description="fields that the bridge's user may not read, nor see that they are there: "
        "`Contact.Email`",
    )

    def outbound_hidden(self, name: str) -> frozenset[str]:
        """Return which fields of an object the user that messages are sent as cannot read."""
        split = (each.partition(".") for each in self.outbound_hidden_fields)
        return frozenset(field for sobject, _, field in split if sobject == name)
