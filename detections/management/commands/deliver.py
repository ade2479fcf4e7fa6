"""`manage.py deliver`: the sender, which sends the messages of alerts until it is stopped."""

from __future__ import annotations

import signal
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand

from detections.alerts.delivery import sender
from detections.dashboard.self_watch.run import keep_watching
from opsconsole.lib import clock
from opsconsole.lib.db.server_options import limit_statements

STATEMENT_SECONDS = 20  # of PostgreSQL, below the lease of a message


class Command(BaseCommand):
    help = "Send the messages of alerts until stopped; any number may run."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        limit_statements(STATEMENT_SECONDS)
        # It shall tell of a sender that is stuck, so it waits for nothing that the sender waits for.
        Thread(target=keep_watching, args=(clock.now, stopping), daemon=True, name="self-watch").start()
        sender.run(clock.now, stopping)
