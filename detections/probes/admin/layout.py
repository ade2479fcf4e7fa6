"""Which fields of a target stand under which heading (data)."""

from __future__ import annotations

from typing import Any

_PLACE = ("name", "slug", "project_environment", ("enabled", "interval_minutes"))
_PACE = ("samples", "concurrency"), ("timeout_ms", "retry_count", "retry_backoff_ms"), "window_minutes"
EDITED: Any = (
    (None, {"fields": _PLACE}),
    (
        "Request",
        {
            "fields": (
                *("base", "reach", ("method", "endpoint"), "headers", "secret_headers", "body_kind", "body"),
                *("debug_headers", "policy_debug", "connection"),
            )
        },
    ),
    ("Answer", {"fields": (("ok_statuses", "expect_json"),), "description": "What counts as an answer at all."}),
    (
        "Split",
        {
            "fields": ("split_header", "split_variants", ("split_min_samples", "split_window_hours")),
            "description": "Which share of the answers each variant should have. Leave it empty without a rollout.",
        },
    ),
    ("Pace", {"fields": _PACE}),
    ("Who is told", {"fields": ("webhook_url", "webhook_token", "opens_checklist")}),
)
# What may hold tokens is not shown whole: the endpoint's query and the webhook's address.
SHOWN: Any = (
    (None, {"fields": _PLACE}),
    (
        "Request",
        {
            "fields": (
                *("base", ("allow", "allowed_by_name", "allowed_at"), ("method", "shown_endpoint"), "headers", "body"),
                *("debug_headers", "policy_debug", "connection"),
            )
        },
    ),
    ("Answer", {"fields": (("ok_statuses", "expect_json"), "split")}),
    ("Pace", {"fields": _PACE}),
    ("Who is told", {"fields": ("told", "opens_checklist")}),
)
