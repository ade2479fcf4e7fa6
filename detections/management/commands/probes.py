"""`manage.py probes`: the prober, which carries out queued runs of probes until it is stopped."""

from __future__ import annotations

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from detections.probes import prober
from opsconsole.lib import clock
from opsconsole.lib.db.server_options import limit_statements

STATEMENT_SECONDS = 20  # of PostgreSQL, below the time after which a silent prober counts as gone


class Command(BaseCommand):
    help = "Carry out the runs of probes until stopped; any number may run. (`probe` is one run, without a console.)"

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        limit_statements(STATEMENT_SECONDS)
        prober.run(clock.now, stopping)
