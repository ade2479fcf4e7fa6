"""The console's application for a beat that sends the tasks of the alerts twice a second, and prints what it sends."""

from __future__ import annotations

import sys
from typing import Any

from celery.beat import ScheduleEntry

from opsconsole.beat import BoundedScheduler
from opsconsole.celery import app
from opsconsole.lib.task_names import ALERTS, DAILY_SUMMARY


class PrintingScheduler(BoundedScheduler):
    """The console's scheduler; its output says each task that it has sent."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        super().apply_entry(entry, producer=producer)
        sys.stdout.write(f"{entry.task}\n")
        sys.stdout.flush()


app.conf.beat_schedule = {task: {"task": task, "schedule": 0.5} for task in (ALERTS, DAILY_SUMMARY)}
