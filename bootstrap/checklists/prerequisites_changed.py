"""Sends the tasks that depend on prerequisites, by name: they are in packages above this one."""

from __future__ import annotations

from opsconsole.lib.task_names import CONFIG_HEALTH, JUDGE
from opsconsole.lib.task_trigger import send_once


def judge_soon() -> None:
    """Have all rules judged now, including those that this change arms. Without a broker the next tick does it."""
    send_once(JUDGE)


def recheck_soon() -> None:
    """Have config health judged now. Without a broker the next periodic task does it."""
    send_once(CONFIG_HEALTH)
