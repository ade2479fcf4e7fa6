"""The drill: a backup of a running console under traffic, restored, started; and one of a console that is stopped."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest

from bootstrap.checklists.audit.heads_file import read
from opsconsole.runtime.backup.archive import ArchiveReader
from opsconsole.runtime.backup.manifest import BackupManifest
from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.supervisor import runfile
from tests.console import ROOT, Console, copy_of, environment, free_port
from tests.detections.builders import envelope, event
from tests.opsconsole.runtime.embedded.machine import open_directory, processes_of
from tests.waiting import until

# One console serves all of them.
pytestmark = pytest.mark.faults
BEFORE = 60  # events that were answered when the backup begins
PAUSE = 0.02  # seconds between two events: some come at every stage of a backup, and leave it the processor
SIGNED = ("SENTRY_DSN_BACKEND", "FLAG_SENTRY_BACKEND")


@dataclass
class Traffic:
    """Sends events until it is stopped; `answered` are those that got a 200, in order."""

    dsn: str
    answered: list[UUID] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        parts = urlsplit(self.dsn)
        link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        path = f"/api{parts.path}/envelope/?sentry_key={parts.username}"
        while not self._stop.wait(PAUSE):
            event_id = uuid4()
            link.request("POST", path, envelope(("event", event(event_id=event_id.hex))))
            answer = link.getresponse()
            answer.read()
            if answer.status == 200:
                self.answered.append(event_id)
            else:
                self.refused.append(answer.status)
        link.close()


@dataclass
class Drill:
    """What was done and seen: the console of before, the restored one that runs now, and both backups."""

    former: Path
    restored: Console
    before: set[UUID]
    answered: set[UUID]
    refused: list[int]
    printed: str
    of_running: BackupManifest
    of_stopped: BackupManifest
    onto_running: subprocess.CompletedProcess[str]
    left_running: list[int]

    def query(self, statement: str) -> list[tuple[object, ...]]:
        run = runfile.read(self.restored.data)
        assert run
        with psycopg.connect(run["database_url"]) as link:
            return link.execute(statement).fetchall()


@pytest.fixture(scope="module")
def drill(prepared_data: Path) -> Iterator[Drill]:
    with open_directory("live") as live, open_directory("restored") as new:
        console, restored = Console(copy_of(prepared_data, live), free_port()), Console(new, free_port())
        traffic = None
        try:
            console.start()
            dsn, _ = console.manage_all(["dsn", "raptor"], ["sign", "raptor/prod", *SIGNED, "--by", "admin"])
            traffic = Traffic(dsn)
            until(lambda: len(traffic.answered) >= BEFORE, what="events were answered")
            before = set(traffic.answered)
            running, stopped = live.parent / "running.tar", live.parent / "stopped.tar"
            printed = console.manage("backup", str(running))
            traffic.stop()
            onto_running = restore(console.data, running)
            assert console.stop() == 0
            console.manage("backup", str(stopped))
            restored.manage("restore", str(running))
            left_running = processes_of(layout_of(new))
            restored.start()
            with ArchiveReader(running) as first, ArchiveReader(stopped) as second:
                manifests = first.manifest, second.manifest
            answered = set(traffic.answered)
            yield Drill(
                live, restored, before, answered, traffic.refused, printed, *manifests, onto_running, left_running
            )
            assert restored.stop() == 0
        finally:
            if traffic:
                traffic.stop()
            for each in (console, restored):
                each.kill()


def restore(data: Path, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "opsconsole.runtime.supervisor.attach", "--data", str(data), "restore", str(file)]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)


def test_what_was_answered_before_the_backup_is_in_the_restored_console_once(drill: Drill) -> None:
    assert drill.refused == []  # the backup kept no event out
    until(lambda: drill.query("SELECT count(*) FROM detections_inbox") == [(0,)], what="the rest is digested")
    stored = [event_id for (event_id,) in drill.query("SELECT event_id FROM detections_event")]
    assert drill.before <= set(stored) <= drill.answered
    assert len(stored) == len(set(stored)) == drill.of_running.rows["detections_event"] + drill.of_running.inbox
    assert drill.query("SELECT sum(n)::int FROM detections_minutecount") == [(len(stored),)]


def test_a_backup_of_a_stopped_console_has_everything(drill: Drill) -> None:
    rows = drill.of_stopped.rows
    assert rows["detections_event"] + drill.of_stopped.inbox == len(drill.answered)
    assert drill.of_stopped.inbox == 0  # it was digested before
    assert rows["bootstrap_signoff"] == len(SIGNED)


def test_the_restored_chain_is_what_its_heads_say(drill: Drill) -> None:
    head = drill.of_running.head
    assert head
    assert f"Sign-offs: {len(SIGNED)}, head {head}" in drill.printed
    heads = read(drill.restored.data / "audit_heads.jsonl").heads
    former = read(drill.former / "audit_heads.jsonl").heads
    assert [each.hash for each in heads] == [*(each.hash for each in former), head.hash]  # noted again by the restore
    audit = drill.restored.manage("verify_audit", "--head", str(head))
    assert f"{len(SIGNED)} sign-offs, intact up to sign-off {head.number}; head {head}" in audit
    assert f"up to sign-off {head.number}, {len(SIGNED)} of {len(SIGNED)} acts" in audit
    assert "Restored: backup of" in audit


def test_the_key_came_along_and_is_private(drill: Drill) -> None:
    key = drill.restored.data / "secret_key"
    assert key.read_bytes() == (drill.former / "secret_key").read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    assert "mode 0600" in drill.printed


def test_a_data_directory_that_a_console_runs_on_is_refused(drill: Drill) -> None:
    assert drill.onto_running.returncode == 1
    assert drill.onto_running.stdout == ""
    assert f"A console runs on {drill.former}, at http://127.0.0.1:" in drill.onto_running.stderr


def test_a_restore_leaves_no_server_running(drill: Drill) -> None:
    assert drill.left_running == []


def test_the_restored_console_works(drill: Drill) -> None:
    until(lambda: drill.restored.get("/readyz")[0] == 200)
    assert "login: as before" in drill.restored.log
    assert drill.query("SELECT count(*) FROM bootstrap_restorerecord") == [(1,)]
    assert "Traceback" not in drill.restored.log
