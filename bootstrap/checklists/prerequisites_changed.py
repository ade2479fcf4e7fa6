"""Tells the upper rooms, by the name of a task, that prerequisites or what findings follow from may have changed."""

from __future__ import annotations

from opsconsole.lib.task_trigger import send_once

JUDGE = "detections.judge"
CONFIG_HEALTH = "bootstrap.config_health"


def judge_soon() -> None:
    """Have rules judged now, so that one arms at once; without a broker the next tick does it."""
    send_once(JUDGE)


def recheck_soon() -> None:
    """Have findings of config health judged now; without a broker beat does it."""
    send_once(CONFIG_HEALTH)
