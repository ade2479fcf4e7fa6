"""Console health over the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from detections.dashboard import console_health
from opsconsole.lib import clock

router = Router(tags=["status"])


class StatusOut(Schema):
    """What waits in each room. Ages in seconds, 0 when nothing waits."""

    status: str = Field(description="ok, or behind when an age is beyond its limit.")
    reasons: list[str]
    at: datetime
    inbox_depth: int = Field(description="Accepted requests that are not yet digested.")
    oldest_undigested_age: float
    slot_lag: float = Field(description="How long ago the next slot should have been judged.")
    slots_ahead: float = Field(description="How far ahead of the clock minutes were judged: it was set back.")
    oldest_unapplied_age: float = Field(description="Of verdicts not yet applied to alerts.")
    oldest_unsent_age: float = Field(description="Of messages that could be sent now.")


@router.get("/", response=StatusOut, url_name="status", summary="How far behind the console is")
def status(request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    measured = console_health.measure(now)
    reasons = measured.reasons()
    return {"status": "behind" if reasons else "ok", "reasons": reasons, "at": now, **asdict(measured)}
