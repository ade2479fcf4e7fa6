"""Sends the tasks of upper rooms that depend on prerequisites, once those may have changed."""

from __future__ import annotations

from opsconsole.lib.task_names import CONFIG_HEALTH, JUDGE
from opsconsole.lib.task_trigger import send_once


def judge_soon() -> None:
    """Have rules judged now, also those that have just armed; without a broker the next tick does it."""
    send_once(JUDGE)


def recheck_soon() -> None:
    """Have findings of config health judged now; without a broker beat does it."""
    send_once(CONFIG_HEALTH)
