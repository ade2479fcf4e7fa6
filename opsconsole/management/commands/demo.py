"""`manage.py demo`: live traffic of two made-up applications; `--remove` deletes all of it."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from random import Random
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from detections.telemetry.dsn import dsn
from opsconsole.demo.backfill import backfill
from opsconsole.demo.catalogue import PROJECTS
from opsconsole.demo.projects import demo_exists, ensure_projects
from opsconsole.demo.remove import remove_demo
from opsconsole.demo.traffic import Sender, send_forever
from opsconsole.env.variables import base_url
from opsconsole.lib import clock


class Command(BaseCommand):
    help = "Send demo traffic to the running console until stopped (demo data is marked and removable)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--remove", action="store_true", help="Remove everything that the demo created.")
        parser.add_argument("--seed", type=int, default=1, help="Same seed, same spikes.")

    def handle(self, *args: Any, remove: bool, seed: int, **options: Any) -> None:
        if remove:
            for table, rows in remove_demo().items():
                self.stdout.write(f"removed {rows:>7} {table}")
            self.stdout.write("The demo is gone.")
            return
        keys = ensure_projects()
        for line in backfill(clock.now(), Random(seed)):  # noqa: S311 - traffic, no secret
            self.stdout.write(line)
        signal.signal(signal.SIGTERM, _exit)
        # From the same machine, whatever the public address is.
        local = base_url(settings.HOST, settings.PORT)
        keys_and_projects = [(keys[project.slug], project) for project in PROJECTS]
        senders = [Sender.of(p, dsn(local, key.public_key, key.project_id)) for key, p in keys_and_projects]
        send_forever(senders, seed, clock.now, time.sleep, self.stdout.write, demo_exists)
        self.stdout.write("the demo was removed: nothing more is sent")


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
