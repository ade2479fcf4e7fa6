"""What a console has received of a project, read from its tables by one process for all tests of clients.

A command of the console takes seconds to start, so this one stays and answers a line for each line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.console import ROOT, Console, environment
from tests.waiting import until

# Runs in the console: the slug of a project comes in, its rows go out.
_ANSWER = """
import json, sys
from django.conf import settings
from detections.ingest.models import Inbox, Quarantined
from detections.telemetry.bodies import unpack
from detections.telemetry.connect import usable_key
from detections.telemetry.count_models import Discard
from detections.telemetry.dsn import dsn
from detections.telemetry.models import Event, Series

EVENT = ("exception_type", "message", "level", "handled", "transaction", "release", "tags", "user_hash", "logger")

def event(row):
    return {name: getattr(row, name) for name in EVENT} | {
        "id": row.event_id.hex, "issue": row.issue_id, "title": row.issue.title, "culprit": row.issue.culprit,
        "environment": row.project_environment.name, "kind": row.series.kind, "route": row.series.label,
        "body": unpack(row.body) or {},
    }

def answer(slug):
    key = usable_key(slug)
    own = {"project": key.project}
    rows = Event.objects.filter(**own).select_related("issue", "project_environment", "series").order_by("pk")
    return {
        "dsn": dsn(settings.PUBLIC_URL, key.public_key, key.project_id),
        "events": [event(row) for row in rows],
        "discards": {each.reason: each.n for each in Discard.objects.filter(**own)},
        "waiting": Inbox.objects.filter(**own).count(),
        "quarantined": list(Quarantined.objects.filter(**own).values_list("error", flat=True)),
        "series": [each.label for each in Series.objects.filter(**own)],
    }

for line in sys.stdin:
    print(json.dumps(answer(line.strip())), flush=True)
"""


@dataclass
class Received:
    """The rows of one project."""

    dsn: str
    events: list[dict[str, Any]]
    discards: dict[str, int]
    waiting: int
    quarantined: list[str]
    series: list[str]

    def one(self, title: str) -> dict[str, Any]:
        """The only event whose issue has the title."""
        found = [event for event in self.events if event["title"] == title]
        assert len(found) == 1, (title, [event["title"] for event in self.events])
        return found[0]


@dataclass
class Reader:
    """Asks a console's tables."""

    process: subprocess.Popen[str]

    def of(self, project: str) -> Received:
        """What has come so far; a project that is new is made."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{project}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the reader has ended; its error stands in the output of the tests"
        return Received(**json.loads(line))

    def settled(self, project: str, *, events: int, counted: Set[str] = frozenset()) -> Received:
        """What has come once the digest has read all: at least so many events, and a count of each of the reasons for
        which something else is not stored."""

        def complete() -> list[Received]:
            received = self.of(project)
            come = len(received.events) >= events and counted <= received.discards.keys()
            return [received] if come and not received.waiting else []

        try:
            return until(complete, within=60, what=f"{events} events of {project}, {sorted(counted)} counted")[0]
        except AssertionError as late:
            raise AssertionError(f"{late}; there are {self.of(project)}") from None


@contextmanager
def reading(console: Console) -> Iterator[Reader]:
    """A reader of a running console, gone at the end."""
    command = [sys.executable, "-m", "opsconsole.runtime.supervisor.attach", "--data", str(console.data)]
    process = subprocess.Popen(
        [*command, "shell", "-v", "0", "-c", _ANSWER],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Reader(process)
        assert process.stdin
        process.stdin.close()
