"""The topics that wake workers, and the process that serves each.

Consent has two processes of its own: a thread that works through a backlog in slices of seconds
would hold an opt-out up for as long. Runs have one as well: they take minutes, or hours.
"""

from __future__ import annotations

TRIAGE = "triage"
TRIAGE_CONSENT = "triage-consent"
DELIVER = "deliver"
DELIVER_CONSENT = "deliver-consent"
BULK = "bulk"
BULK_CREATE = "bulk-create"
WRITE_BACK = "write-back"
DELETES = "deletes"
RETENTION = "retention"
SILENCE = "silence"
DOCTOR = "doctor"
RUNS = "runs"
MAPPINGS = "mappings"

QUEUE_OF = {
    TRIAGE: "triage",
    TRIAGE_CONSENT: "consent_triage",
    DELIVER: "work",
    DELIVER_CONSENT: "consent_deliver",
    BULK: "polls",
    BULK_CREATE: "work",
    WRITE_BACK: "work",
    DELETES: "polls",
    RETENTION: "polls",
    SILENCE: "polls",
    DOCTOR: "polls",
    RUNS: "runs",
    MAPPINGS: "runs",
}
"""Topic -> Dramatiq queue. Few queues: each costs every worker process two connections."""

ACTOR = "wake"
"""The one actor name; the topic is its argument."""
