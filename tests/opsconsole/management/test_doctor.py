"""`bin/manage doctor`, above all where nothing runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from bootstrap.checklists.models import DailyHead
from opsconsole.runtime.doctor import __main__ as doctor
from opsconsole.runtime.doctor import machine, servers
from opsconsole.runtime.doctor.audit import audit
from opsconsole.runtime.doctor.report import CheckResult, CheckStatus, check, render
from opsconsole.runtime.embedded import ServicesError
from opsconsole.runtime.file_locks import FileLock
from opsconsole.runtime.supervisor import runfile
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.faults.processes import environment

pytestmark = pytest.mark.slow

PARTS = ["python", "settings", "data", "disk", "postgresql", "migrations", "audit", "outbox", "targets"]
PARTS += ["watch", "redis", "web", "worker", "sender", "prober", "beat"]
NOWHERE = {
    "DATABASE_URL": "postgresql://ops:hunter2@127.0.0.1:1/x",
    "REDIS_URL": "redis://:hunter2@127.0.0.1:1/0",
}


def examined(data: Path, environ: Mapping[str, str]) -> dict[str, CheckResult]:
    return {part.name: part for part in doctor.examine(str(data), environ)}


def statuses(parts: Mapping[str, CheckResult]) -> dict[str, CheckStatus]:
    return {name: part.status for name, part in parts.items()}


def test_a_new_directory_has_no_failure_and_stays_empty(tmp_path: Path) -> None:
    parts = examined(tmp_path / "new", {})
    assert list(parts) == PARTS
    assert CheckStatus.FAIL not in statuses(parts).values()
    assert "bin/run creates it" in parts["data"].remedy
    assert all(
        "bin/run" in parts[name].remedy for name in ("postgresql", "redis", "web", "worker", "sender", "prober", "beat")
    )
    assert not (tmp_path / "new").exists()


def test_servers_that_cannot_be_reached_are_named_without_their_passwords(tmp_path: Path) -> None:
    parts = examined(tmp_path, NOWHERE)
    by_name = statuses(parts)
    assert [by_name[name] for name in ("postgresql", "redis", "migrations")] == [
        CheckStatus.FAIL,
        CheckStatus.FAIL,
        CheckStatus.WARN,
    ]
    assert "DATABASE_URL" in parts["postgresql"].remedy
    assert "REDIS_URL" in parts["redis"].remedy
    assert "hunter2" not in render(parts.values())


def test_embedded_servers_that_cannot_start_say_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(*_arguments: object, **_options: object) -> None:
        raise ServicesError("The disk of\n/data is full.")

    monkeypatch.setattr(servers, "acquire", acquire)
    (tmp_path / "postgres").mkdir()
    parts = examined(tmp_path, {})
    for name in ("postgresql", "redis"):
        assert (parts[name].status, parts[name].detail) == (CheckStatus.FAIL, "The disk of /data is full.")
        assert "services.log" in parts[name].remedy


def test_with_a_wrong_setting_nothing_that_depends_on_it_is_checked(tmp_path: Path) -> None:
    parts = examined(tmp_path, {**NOWHERE, "OPSCONSOLE_PORT": "http", "OPSCONSOLE_MODE": "staging"})
    assert parts["settings"].status is CheckStatus.FAIL
    assert "OPSCONSOLE_PORT" in parts["settings"].detail
    assert "OPSCONSOLE_MODE" in parts["settings"].detail
    assert parts["postgresql"].detail == "not checked"


def test_production_without_its_settings_is_refused_as_at_the_start(tmp_path: Path) -> None:
    parts = examined(tmp_path, {**NOWHERE, "OPSCONSOLE_MODE": "production"})
    assert parts["settings"].status is CheckStatus.FAIL
    assert "SECRET_KEY" in parts["settings"].detail


def test_a_former_key_that_is_too_short_is_named(tmp_path: Path) -> None:
    parts = examined(tmp_path, {**NOWHERE, "SECRET_KEY_FALLBACKS": "short"})
    assert parts["settings"].status is CheckStatus.FAIL
    assert "SECRET_KEY_FALLBACKS: key 1 of 1" in parts["settings"].detail


def test_a_file_in_place_of_the_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    parts = examined(tmp_path / "data", {})
    assert parts["data"].status is CheckStatus.FAIL
    assert "--data" in parts["data"].remedy


def test_running_processes_are_distinguished_from_dead_ones(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    console = {"url": "http://127.0.0.1:1", "processes": {"web": gone.pid, "worker": os.getpid()}, "environment": {}}
    (tmp_path / "run.json").write_text(json.dumps(console))
    with FileLock(runfile.lock_path(tmp_path)) as lock:
        assert lock.acquire(shared=False)
        by_name = statuses(examined(tmp_path, NOWHERE))
    ok, fail = CheckStatus.OK, CheckStatus.FAIL
    assert [by_name[name] for name in ("web", "worker", "sender", "prober", "beat")] == [fail, ok, fail, fail, fail]


def test_a_web_process_that_does_not_answer_has_failed(tmp_path: Path) -> None:
    console = {"url": "http://127.0.0.1:1", "processes": {"web": os.getpid()}, "environment": {"OPSCONSOLE_PORT": "1"}}
    (tmp_path / "run.json").write_text(json.dumps(console))
    with FileLock(runfile.lock_path(tmp_path)) as lock:
        assert lock.acquire(shared=False)
        web = examined(tmp_path, NOWHERE)["web"]
    assert web.status is CheckStatus.FAIL
    assert "does not answer at http://127.0.0.1:1" in web.detail


def test_a_check_that_breaks_is_a_failed_line() -> None:
    def fail() -> CheckResult:
        raise RuntimeError("two\nlines")

    part = check("redis", fail)
    assert (part.status, part.detail) == (CheckStatus.FAIL, "could not be checked: RuntimeError: two lines")


def test_lines_are_aligned_and_end_with_what_to_do() -> None:
    text = render(
        [
            CheckResult("web", CheckStatus.OK, "27.0.1", "runs"),
            CheckResult("postgresql", CheckStatus.FAIL, "", "is down", "start it"),
        ]
    )
    assert text == "ok    web         27.0.1  runs\nFAIL  postgresql  -       is down -> start it\n"


@pytest.mark.parametrize(("status", "exit_status"), [(CheckStatus.OK, 0), (CheckStatus.WARN, 0), (CheckStatus.FAIL, 1)])
def test_only_a_failed_part_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: CheckStatus, exit_status: int
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _given, _environ: [CheckResult("disk", status, "", "x")])
    assert doctor.main([]) == exit_status
    assert capsys.readouterr().out == f"{status:<4}  disk  -  x\n"


@pytest.mark.django_db
@pytest.mark.parametrize("command", [["-m", "opsconsole.runtime.supervisor.attach"], ["manage.py"]])
def test_from_the_command_line_on_a_database_that_is_up_to_date(tmp_path: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command, "doctor"],
        env=environment(OPSCONSOLE_DATA=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert list(lines) == PARTS
    assert lines["migrations"].endswith("all applied")
    assert lines["audit"].endswith("no sign-offs yet")
    assert lines["postgresql"].startswith("ok")
    assert lines["redis"].startswith("ok")


class Connected(servers.Servers):
    """The test's own database, to which Django is connected already."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, NOWHERE)
        self.connected = True


@pytest.mark.parametrize(
    "environ",
    [
        {"OPSCONSOLE_SLACK_BOT_TOKEN": "xoxb-hunter2"},
        {"OPSCONSOLE_SLACK_CHANNEL": "#ops"},
        {"OPSCONSOLE_WEBHOOK_SECRET": "hunter2" * 4},
        {"OPSCONSOLE_PAGERDUTY_ROUTING_KEY": "hunter2"},
    ],
)
def test_receivers_that_lack_a_part_fail_as_the_start_does(environ: dict[str, str]) -> None:
    found = machine.settings(environ)
    assert found.status == CheckStatus.FAIL
    assert found.detail.startswith("OPSCONSOLE_")
    assert "hunter2" not in found.detail


@pytest.mark.django_db(transaction=True)
def test_heads_that_do_not_leave_the_machine_are_named(tmp_path: Path, settings: Settings) -> None:
    def found() -> tuple[CheckStatus, str]:
        part = audit(Connected(tmp_path), NOON)
        return part.status, part.detail

    assert found() == (CheckStatus.OK, "no sign-offs yet")
    run = builders.run(builders.environment())
    act = builders.act(run, builders.item(run, "A"))
    assert found() == (CheckStatus.OK, "the first daily head comes within the hour")
    head = DailyHead.objects.create(day=NOON.date(), number=act.pk, hash="a" * 64, acts=1, at=NOON)
    assert found() == (CheckStatus.OK, f"head of 2026-06-12: {act.pk}:{'a' * 64}, kept on this machine only")
    settings.AUDIT_EMAIL = ["audit@example.org"]
    assert found() == (CheckStatus.OK, f"head of 2026-06-12: {act.pk}:{'a' * 64}, sent by email")
    DailyHead.objects.update(error="email: the mail server did not take it (timed out)")
    failed = "head of 2026-06-12 not sent: email: the mail server did not take it (timed out)"
    assert found() == (CheckStatus.FAIL, failed)
    DailyHead.objects.filter(pk=head.pk).update(day=NOON.date() - timedelta(days=2))
    assert found() == (CheckStatus.WARN, "no daily head since 2026-06-10")
    settings.AUDIT_HEADS_FILE.write_text("damaged\n")
    assert found() == (CheckStatus.FAIL, f"line 1 of {settings.AUDIT_HEADS_FILE} is no head and was not compared")
