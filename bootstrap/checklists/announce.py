"""Tells the upper rooms, by the name of a task, that prerequisites may have changed."""

from __future__ import annotations

from celery import current_app

JUDGE = "detections.judge"


def judge_soon() -> None:
    """Have rules judged now, so that one arms at once. Raises where there is no broker; the next tick does it then."""
    current_app.send_task(JUDGE, retry=False)
