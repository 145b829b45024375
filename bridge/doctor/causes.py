"""Whatever the doctor can find wrong: the check that finds it, how bad it is, what to do. Pure.

The words are stable: scripts and alerts rely on them, and `docs/doctor.md` lists them. A brace
names a fact of the finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

State: TypeAlias = Literal["warning", "failed"]


class Cause(NamedTuple):
    """One thing that can be wrong.

    Attributes:
        check: The check that finds it.
        state: `failed` where the bridge cannot do its work like this, or must not.
        means: What is wrong, for the documents.
        advice: What to do about it.
    """

    check: str
    state: State
    means: str
    advice: str


_ORGANIZATION = "`bridge connect salesforce {connection}`"
_ACCOUNT = "`bridge connect constant-contact {connection}`"
_DEPLOY = "`bridge salesforce deploy --connection {connection}`"
_ACCESS = "give the bridge's user the right in a permission set or its profile"

CAUSES: Mapping[str, Cause] = {
    # the installation
    "database_down": Cause(
        "database",
        "failed",
        "the database does not answer",
        "see that the server runs: {where}",
    ),
    "database_unusable": Cause(
        "database",
        "failed",
        "its schema is another version's, or a setting is wrong",
        "follow that sentence, or set DATABASE_URL",
    ),
    "database_old": Cause(
        "database", "failed", "PostgreSQL is too old", "use PostgreSQL 15 or later"
    ),
    "key_ring_missing": Cause(
        "key ring",
        "failed",
        "there is no key ring, or it is not that of the stored secrets",
        "bring back the ring, or store the credentials anew",
    ),
    "broker_not_understood": Cause(
        "broker",
        "failed",
        "`BROKER_URL` is no address of a broker",
        "use redis://… or amqp://…",
    ),
    "broker_package": Cause(
        "broker",
        "failed",
        "the Python package of the broker is missing",
        "install the package {package}, or unset BROKER_URL",
    ),
    "broker_down": Cause(
        "broker",
        "failed",
        "the broker does not answer",
        "start it, or unset BROKER_URL: PostgreSQL does as well",
    ),
    "alerts_unusable": Cause(
        "alerts",
        "failed",
        "an address for alerts cannot be used",
        "correct it: the scheduler does not start like this",
    ),
    "alerts_nobody": Cause(
        "alerts",
        "warning",
        "nobody is told of alarms",
        "set BRIDGE_ALERT_WEBHOOK or BRIDGE_ALERT_MAIL, then `bridge alerts test`",
    ),
    "worker_silent": Cause(
        "worker",
        "warning",
        "no worker has been heard of",
        "start `bridge up`, or `bridge worker` and `bridge scheduler`",
    ),
    "disk_full": Cause(
        "disk",
        "failed",
        "the disk of the data folder is full, or nearly",
        "make room: PostgreSQL stops when there is none, and nothing is received then",
    ),
    "disk_filling": Cause(
        "disk", "warning", "the disk of the data folder fills", "make room before it is full"
    ),
    "backup_none": Cause(
        "backup",
        "warning",
        "no backup is known",
        "back the database up each night: the ledger of consent is nowhere else",
    ),
    "backup_old": Cause(
        "backup",
        "warning",
        "the last backup is older than two days",
        "see why the nightly backup does not run",
    ),
    "public_unset": Cause(
        "public address",
        "warning",
        "nobody says where Salesforce reaches the server",
        "set BRIDGE_PUBLIC_URL",
    ),
    "public_unreachable": Cause(
        "public address",
        "failed",
        "nobody answers at the public address",
        "see the name in DNS, the firewall and the proxy; from inside a network it may need a way "
        "back in",
    ),
    "public_untrusted": Cause(
        "public address",
        "failed",
        "the certificate there is not trusted, or its chain is not whole",
        "renew it and serve the whole chain: Salesforce posts to no other",
    ),
    "public_ends": Cause(
        "public address",
        "warning",
        "the certificate there ends soon",
        "renew it: Salesforce posts to none that has ended",
    ),
    "public_other": Cause(
        "public address",
        "failed",
        "somebody else answers at the public address",
        "let the proxy pass /outbound-messages and /healthz on to `bridge serve`",
    ),
    "public_open": Cause(
        "public address",
        "failed",
        "whoever shows no client certificate gets in, although one is wanted",
        "let the proxy refuse /outbound-messages to whom Salesforce's certificate does not name, "
        "or unset BRIDGE_CLIENT_CERTIFICATE",
    ),
    "no_connection": Cause(
        "connections",
        "warning",
        "there is no connection",
        "`bridge connect salesforce`, then `bridge connect constant-contact`",
    ),
    # the connection itself
    "connection_unconnected": Cause(
        "state",
        "failed",
        "no credentials are stored",
        f"{_ORGANIZATION}, then {_ACCOUNT}",
    ),
    "connection_paused": Cause(
        "state",
        "failed",
        "a login was refused: the connection is paused",
        "`bridge connect check {connection}` names the side that refuses: then "
        f"{_ORGANIZATION} or {_ACCOUNT}",
    ),
    "lane_paused": Cause(
        "lanes",
        "warning",
        "somebody has paused a lane",
        "`bridge resume --lane {lane} --connection {connection}`, if it may go on",
    ),
    "outage": Cause(
        "outage",
        "warning",
        "one of the services answers nobody",
        "nothing: it is asked every two minutes, and all goes on once it answers",
    ),
    "run_missing": Cause(
        "schedule",
        "failed",
        "a nightly run has not begun",
        "see that `bridge scheduler` and `bridge worker` run, and what `bridge runs list` says",
    ),
    "schedule_unusable": Cause(
        "schedule",
        "failed",
        "nobody can tell when a job is due",
        "correct the row of the table `schedule`",
    ),
    "lists_many": Cause(
        "lists",
        "warning",
        "the account is nearly full of lists",
        "delete lists there before it is full",
    ),
    "secret_old": Cause(
        "secrets",
        "warning",
        "a stored secret is older than two years",
        "make a new one where it comes from, then {how}",
    ),
    "token_ends": Cause(
        "secrets",
        "warning",
        "the refresh token ends soon, because nobody uses it",
        f"{_ACCOUNT}, or let the bridge work for this connection",
    ),
    "certificate_ends": Cause(
        "secrets",
        "warning",
        "the certificate of the Salesforce login ends soon, or has ended",
        "make a new one by `bridge connect salesforce {connection} --new-key`, and upload it to "
        "the External Client App",
    ),
    # the mapping
    "mapping_none": Cause(
        "mapping", "failed", "no mapping is in force", "`bridge mapping activate`"
    ),
    "mapping_faulty": Cause(
        "mapping",
        "failed",
        "the mapping in force cannot be used any more",
        "correct the files in {directory}, then `bridge mapping activate`",
    ),
    "mapping_files_faulty": Cause(
        "mapping", "warning", "the files in the folder have faults", "correct them"
    ),
    "mapping_files_other": Cause(
        "mapping",
        "warning",
        "the files in the folder are not those in force",
        "`bridge mapping activate` to work with them",
    ),
    # Salesforce
    "salesforce_unreachable": Cause(
        "Salesforce",
        "failed",
        "Salesforce does not answer",
        "see that {url} can be reached from here",
    ),
    "salesforce_refuses": Cause(
        "Salesforce",
        "failed",
        "Salesforce refuses the login",
        f"compare the External Client App and its user, then {_ORGANIZATION}",
    ),
    "salesforce_forbids": Cause(
        "Salesforce",
        "failed",
        "the token of Salesforce, or its user, may not use the API",
        "give the External Client App the OAuth scopes api and openid, and its run-as user the "
        "permission API Enabled",
    ),
    "organization_other": Cause(
        "Salesforce",
        "failed",
        "the credentials are those of another organization",
        f"{_ORGANIZATION} with an application of that organization, or give the other one a "
        "connection of its own",
    ),
    "sandbox_live": Cause(
        "Salesforce",
        "failed",
        "a sandbox organization is connected to a live account",
        "connect the production organization; to mail from a sandbox on purpose: `bridge policy "
        "set sandbox_organization=allow --connection {connection}`",
    ),
    "salesforce_calls": Cause(
        "Salesforce calls",
        "warning",
        "few API calls of the organization's day are left",
        "see in Setup, System Overview, who uses them; the bridge waits where there are none",
    ),
    "clock_off": Cause(
        "clock",
        "failed",
        "the clocks of this machine and of a service differ",
        "set the clock of the database's machine by NTP: logins are refused, and the order of "
        "changes is told by time",
    ),
    "profile_other": Cause(
        "profile",
        "warning",
        "another profile fits the organization's objects better",
        "`bridge connection add {connection} --organization-id {organization_id} --profile "
        "{profile}`",
    ),
    "object_missing": Cause(
        "objects and fields",
        "failed",
        "an object is not there, or the bridge's user may not see it",
        "give the bridge's user access, choose another profile, or correct the name",
    ),
    "object_rights": Cause(
        "objects and fields",
        "failed",
        "the bridge's user may not create, edit or delete records of an object",
        f"{_ACCESS} ({{right}} on {{object}})",
    ),
    "field_missing": Cause(
        "objects and fields",
        "failed",
        "a field is not there, or the bridge's user may not see it",
        "{near}Setup, Object Manager, {object} tells: where the field is listed, give the bridge's "
        "user access to it (permission set, field-level security); else correct the name, or "
        "deploy the field",
    ),
    "field_read_only": Cause(
        "objects and fields",
        "failed",
        "the bridge's user may not edit a field that the bridge writes",
        "give it edit access to this field (permission set, field-level security)",
    ),
    "field_no_key": Cause(
        "objects and fields",
        "failed",
        "a field that has to be an external id is none, or is not unique",
        "tick External ID and Unique on this field",
    ),
    "field_type": Cause(
        "objects and fields",
        "failed",
        "a field is of a type that the bridge cannot use there",
        "name another field in names.yaml or for this connection, or change its type",
    ),
    "field_short": Cause(
        "objects and fields",
        "failed",
        "a field is too short for what the bridge writes to it",
        "make it at least {length} characters long",
    ),
    "field_required": Cause(
        "objects and fields",
        "failed",
        "a field is required that the bridge does not fill in new records",
        "give it a default, or let it be empty",
    ),
    "rule_type": Cause(
        "rules",
        "failed",
        "a rule cannot work with fields of this type",
        "{instead}",
    ),
    "rule_unsure": Cause(
        "rules",
        "warning",
        "a rule is meant for fields of another type, and works with some values only",
        "{instead}",
    ),
    "field_compound": Cause(
        "rules",
        "failed",
        "a rule reads a field that is made of others, or a file",
        "{instead}",
    ),
    "field_encrypted": Cause(
        "rules",
        "warning",
        "a rule reads an encrypted field",
        "give the bridge's user View Encrypted Data, or read another field",
    ),
    "field_calculated": Cause(
        "rules",
        "warning",
        "a rule reads a field that is calculated from other records, or by the day",
        "nothing, where the nightly run is soon enough; else have a flow write it to a field",
    ),
    "field_id": Cause(
        "rules",
        "warning",
        "a rule sends the id of another record",
        "{instead}",
    ),
    "value_long": Cause(
        "rules",
        "warning",
        "a field may hold more than its place in Constant Contact takes",
        "write `too_long: cut` in the rule: a longer value makes the record an error",
    ),
    "value_missing": Cause(
        "picklists",
        "failed",
        "a mapping names a value that the picklist does not have",
        "{near}correct the mapping, or bring the value back",
    ),
    "value_uncovered": Cause(
        "picklists",
        "warning",
        "a lookup table lacks values that a picklist has",
        "add them to the table, with null where empty is meant; or `otherwise: keep`",
    ),
    "loop": Cause(
        "no loop",
        "failed",
        "the bridge's user sends outbound messages: what it writes comes back",
        "take the permission from its profile and permission sets",
    ),
    "reports_closed": Cause(
        "reports",
        "warning",
        "the bridge's user may not run reports, so Bulk Create cannot start from one",
        f"{_DEPLOY}, or tick Run Reports in a permission set of the bridge's user",
    ),
    "second_trigger": Cause(
        "one writer",
        "failed",
        "the package's own trigger for Constant Contact is on",
        "in Setup, Custom Settings, {setting}, Manage: untick {switch}; applying goes on by itself "
        "then",
    ),
    "second_job": Cause(
        "one writer",
        "failed",
        "a job of the package's own integration is scheduled, or runs",
        "in Setup, Scheduled Jobs (or Apex Jobs): delete {job}; applying goes on by itself then",
    ),
    "setup_unseen": Cause(
        "Setup",
        "warning",
        "the bridge's user may not see a part of Setup that is looked at",
        "give it the permission View Setup and Configuration (for a custom setting: View All "
        "Custom Settings), or look there by hand now and then",
    ),
    # outbound messages
    "consent_unflagged": Cause(
        "consent",
        "warning",
        "no outbound message of its own is known for consent",
        _DEPLOY,
    ),
    "message_missing": Cause(
        "outbound messages",
        "warning",
        "no outbound message tells of an object",
        f"{_DEPLOY} deploys one for {{object}}; until then the nightly runs find what changed",
    ),
    "message_unrecorded": Cause(
        "outbound messages",
        "warning",
        "the field list of an outbound message is not recorded, or is another one",
        f"{_DEPLOY} records it: until then absent fields are read back",
    ),
    "message_lacks": Cause(
        "outbound messages",
        "warning",
        "an outbound message lacks fields that the mapping reads",
        f"{_DEPLOY}: until then these fields are read back, record by record",
    ),
    "message_elsewhere": Cause(
        "outbound messages",
        "failed",
        "an outbound message goes to another address",
        "set its endpoint to what `bridge connection show {connection}` prints, behind the public "
        "address",
    ),
    "message_session": Cause(
        "outbound messages",
        "warning",
        "an outbound message asks for a session id",
        "untick Send Session ID: Salesforce sends none any more, and nobody should",
    ),
    "message_version": Cause(
        "outbound messages",
        "warning",
        "an outbound message is of an old API version",
        f"{_DEPLOY}, or set version {{version}}",
    ),
    "message_hidden": Cause(
        "outbound messages",
        "warning",
        "a field of an outbound message is hidden from whom it is sent as",
        "let {user} read the field: a hidden one is missing in messages, as an empty one is",
    ),
    # Constant Contact
    "account_unreachable": Cause(
        "Constant Contact",
        "failed",
        "Constant Contact does not answer",
        "see that the service can be reached from here",
    ),
    "account_busy": Cause(
        "Constant Contact",
        "warning",
        "there is no call left for a look just now",
        "nothing: deliveries go on by themselves",
    ),
    "account_refuses": Cause(
        "Constant Contact",
        "failed",
        "Constant Contact refuses the token",
        f"allow the application access again: {_ACCOUNT}",
    ),
    "account_forbids": Cause(
        "Constant Contact",
        "failed",
        "Constant Contact forbids a look at the account",
        f"{_ACCOUNT}, as a user who may read the account, and allow all that is asked for",
    ),
    "account_other": Cause(
        "Constant Contact",
        "failed",
        "the tokens are those of another account",
        f"{_ACCOUNT} as a user of that account, or give the other one a connection of its own",
    ),
    "custom_field_type": Cause(
        "custom fields",
        "failed",
        "the account has a custom field of this label with another type",
        "give the rule another `label`, or the type {type}; a type cannot be changed there",
    ),
    "custom_field_missing": Cause(
        "custom fields",
        "warning",
        "the account lacks a custom field, and deliveries do not create it",
        "`bridge mapping create-fields --connection {connection}`",
    ),
    "custom_fields_full": Cause(
        "custom fields",
        "failed",
        "the account cannot have all custom fields that the mapping fills",
        "delete custom fields there that nobody needs, or map fewer",
    ),
    "custom_fields_many": Cause(
        "custom fields",
        "warning",
        "a contact may have to hold more custom fields than it can",
        "delete custom fields there that nobody needs, or map fewer",
    ),
    "scope_missing": Cause(
        "scopes",
        "failed",
        "the token lacks a scope",
        f"{_ACCOUNT}, and allow {{scope}}",
    ),
    "privilege_missing": Cause(
        "scopes",
        "failed",
        "the user who allowed the application lacks a privilege",
        f"give the user the privilege {{privilege}}, or let the account's owner do {_ACCOUNT}",
    ),
    "account_calls": Cause(
        "Constant Contact calls",
        "warning",
        "few API calls of the day are left",
        "`bridge budget` shows who uses them; opt-outs have a reserve",
    ),
    "old_ids": Cause(
        "old ids",
        "warning",
        "records hold ids of the product that was there before",
        "{how}",
    ),
}

TWO_WRITERS = frozenset({"second_trigger", "second_job"})
"""While one of these stands nothing is applied but opt-outs: two would write."""

WRONG_PLACE = frozenset({"sandbox_live", "organization_other", "account_other"})
"""While one of these stands nothing is applied at all: it would concern other people."""

TOLD_OTHERWISE = (
    TWO_WRITERS
    | WRONG_PLACE
    | {
        "connection_unconnected",
        "connection_paused",
        "mapping_none",
        "mapping_faulty",
        "run_missing",
        "schedule_unusable",
        "salesforce_unreachable",
        "account_unreachable",
    }
)
"""Causes that another alarm tells of, or that pass by themselves: no news of the night."""
