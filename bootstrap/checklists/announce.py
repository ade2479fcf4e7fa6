"""Tells the upper rooms, by the name of a task, that prerequisites may have changed."""

from __future__ import annotations

from opsconsole.lib.wake import send_once

JUDGE = "detections.judge"


def judge_soon() -> None:
    """Have rules judged now, so that one arms at once; without a broker the next tick does it."""
    send_once(JUDGE)
