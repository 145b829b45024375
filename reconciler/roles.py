"""The processes of an installation, by role."""

from __future__ import annotations

WORKERS: dict[str, tuple[frozenset[str], int]] = {
    "triage-consent": (frozenset({"consent_triage"}), 1),
    "deliver-consent": (frozenset({"consent_deliver"}), 4),
    "triage": (frozenset({"triage"}), 2),
    "work": (frozenset({"work", "polls"}), 4),
    "runs": (frozenset({"runs"}), 2),
}
"""Role -> (Dramatiq queues, threads). Consent has processes of its own: no backlog holds it up."""

NICENESS = {"triage": 4, "work": 2, "runs": 10}
"""Role -> what is added to its niceness: on a machine that is full, a backlog lets others pass.

One step is a fifth less of the processor. People wait for what is triaged and delivered, so those
two yield a little only.
"""

SERVE = "serve"
SCHEDULER = "scheduler"
