"""Item types of an envelope and what the console does with them (pure)."""

from __future__ import annotations

# Digested. Other known types are counted and not stored.
USED = {"event", "client_report"}
# Item type -> its category in rate limits and client reports.
UNUSED = {
    "transaction": "transaction",
    "session": "session",
    "sessions": "session",
    "check_in": "monitor",
    "attachment": "attachment",
    "user_report": "feedback",
    "feedback": "feedback",
    "profile": "profile",
    "profile_chunk": "profile_chunk",
    "replay_event": "replay",
    "replay_recording": "replay",
    "replay_video": "replay",
    "span": "span",
    "log": "log_item",
    "otel_log": "log_item",
    "trace_metric": "trace_metric",
    "statsd": "metric_bucket",
    "metric_buckets": "metric_bucket",
    "security_report": "security",
}
# `type` of an event's payload -> the item type that it has in an envelope; of other payloads the item's type holds.
# Old SDKs send transactions to the address of errors.
PAYLOADS = {"transaction": "transaction", "feedback": "feedback"}
# Seconds for which SDKs are asked not to send such items; short, so that they send again soon after an upgrade of the
# console that uses them.
PAUSE = 60


def rate_limits(categories: set[str]) -> str:
    """The value of X-Sentry-Rate-Limits that pauses the categories; '' for none."""
    return f"{PAUSE}:{';'.join(sorted(categories))}:organization:unused" if categories else ""
