"""`manage.py retention [--dry-run]`: drops what is older than the settings keep, or shows what it would drop."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from detections.alerts.retention import old_rows
from detections.probes import retention as of_probes
from detections.telemetry.retention import RetentionDays, plan, steps_for
from opsconsole.lib import clock


class Command(BaseCommand):
    help = "Drop events, counts, probe runs and what belongs to them once they are too old. Beat does it every night."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only show what would be dropped.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        keep = RetentionDays(settings.RETENTION_EVENTS_DAYS, settings.RETENTION_MINUTES_DAYS)
        now = clock.now()
        steps = [*plan(now, keep), *steps_for([*of_probes.old_rows(now, keep), *old_rows(now, keep)])]
        for step in steps:
            rows = "the partition" if step.rows is None else f"{step.rows} rows"
            self.stdout.write(f"{'would drop' if dry_run else 'drop'} {step.what}: {rows}")
            if not dry_run:
                step.run()
        if not steps:
            self.stdout.write(f"nothing is older than {keep.events} days (minutes: {keep.minutes})")
