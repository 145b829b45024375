"""The figures that a process shows at `/metrics`."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

MESSAGES = Counter(
    "bridge_outbound_messages",
    "Outbound messages by what became of them: acknowledged, empty, or why they were refused.",
    ["outcome"],
)
NOTIFICATIONS = Counter("bridge_notifications_stored", "Notifications stored, repeats included.")
COMMIT_SECONDS = Histogram(
    "bridge_inbox_commit_seconds",
    "Seconds a group commit of messages took.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
BACKLOG = Gauge("bridge_inbox_backlog", "Notifications that wait for triage.")
BACKLOG_AGE = Gauge(
    "bridge_inbox_backlog_age_seconds", "Age of the oldest notification that waits for triage."
)
