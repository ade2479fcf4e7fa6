"""Addresses of the API's operations, and bodies that those take which need one."""

import re
from typing import Any

_REVIEW = {"note": "later", "review_by": "2100-01-01"}
NEEDED: dict[str, Any] = {
    "/api/v1/silences/": {"matchers": {"rule": ["X"]}, "reason": "deploy", "ends_at": "2100-01-01T00:00:00Z"},
    "/api/v1/config-reports/": {},
    "/api/v1/gates/{slug}/freeze/": {"reason": "an incident"},
    "/api/v1/gates/{slug}/unfreeze/": {"reason": "it is over"},
    "/api/v1/checklists/": {"checklist": "setup", "environment": "demo/prod"},
    "/api/v1/checklists/schedules/": {
        "checklist": "setup",
        "environment": "demo/prod",
        "starts_on": "2026-04-20",
        "expires_after": 30,
    },
    "/api/v1/incidents/{incident_id}/actions/{action_id}/checklist/": {"checklist": "setup", "section": "core"},
    "/api/v1/checklists/{run_id}/items/{item_id}/waive/": _REVIEW,
    "/api/v1/checklists/{run_id}/items/{item_id}/not_applicable/": {"note": "not here"},
    "/api/v1/checklists/{run_id}/acts/": {"acts": [{"item": 1, "act": "waive", **_REVIEW}]},
}
"""By path, what a POST must say before it is looked at whether what it is about is there."""


def address(path: str, value: str) -> str:
    """The path of the OpenAPI document with `value` in each of its places."""
    return re.sub(r"{\w+}", value, path)
