"""`bin/manage doctor`, above all where nothing runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from opsconsole.runtime.doctor import __main__ as doctor
from opsconsole.runtime.doctor import servers
from opsconsole.runtime.doctor.report import Part, PartState, check, render
from opsconsole.runtime.embedded import ServicesError
from opsconsole.runtime.file_locks import FileLock
from opsconsole.runtime.supervisor import runfile
from tests.faults.parts import environment

PARTS = ["python", "settings", "data", "disk", "postgresql", "migrations", "redis", "web", "worker", "beat"]
NOWHERE = {
    "DATABASE_URL": "postgresql://ops:hunter2@127.0.0.1:1/x",
    "REDIS_URL": "redis://:hunter2@127.0.0.1:1/0",
}


def examined(data: Path, environ: Mapping[str, str]) -> dict[str, Part]:
    return {part.name: part for part in doctor.examine(str(data), environ)}


def states(parts: Mapping[str, Part]) -> dict[str, PartState]:
    return {name: part.state for name, part in parts.items()}


def test_where_nothing_is_yet_nothing_has_failed_and_nothing_is_made(tmp_path: Path) -> None:
    parts = examined(tmp_path / "new", {})
    assert list(parts) == PARTS
    assert PartState.FAIL not in states(parts).values()
    assert "bin/run makes it" in parts["data"].remedy
    assert all("bin/run" in parts[name].remedy for name in ("postgresql", "redis", "web", "worker", "beat"))
    assert not (tmp_path / "new").exists()


def test_servers_that_cannot_be_reached_are_named_without_their_passwords(tmp_path: Path) -> None:
    parts = examined(tmp_path, NOWHERE)
    found = states(parts)
    assert [found[name] for name in ("postgresql", "redis", "migrations")] == [
        PartState.FAIL,
        PartState.FAIL,
        PartState.WARN,
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
        assert (parts[name].state, parts[name].detail) == (PartState.FAIL, "The disk of /data is full.")
        assert "services.log" in parts[name].remedy


def test_with_a_wrong_setting_nothing_that_depends_on_it_is_looked_at(tmp_path: Path) -> None:
    parts = examined(tmp_path, {**NOWHERE, "OPSCONSOLE_PORT": "http", "OPSCONSOLE_MODE": "staging"})
    assert parts["settings"].state is PartState.FAIL
    assert "OPSCONSOLE_PORT" in parts["settings"].detail
    assert "OPSCONSOLE_MODE" in parts["settings"].detail
    assert parts["postgresql"].detail == "not looked at"


def test_production_without_its_settings_is_refused_as_at_the_start(tmp_path: Path) -> None:
    parts = examined(tmp_path, {**NOWHERE, "OPSCONSOLE_MODE": "production"})
    assert parts["settings"].state is PartState.FAIL
    assert "SECRET_KEY" in parts["settings"].detail


def test_a_file_in_place_of_the_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    parts = examined(tmp_path / "data", {})
    assert parts["data"].state is PartState.FAIL
    assert "--data" in parts["data"].remedy


def test_processes_of_a_running_console_are_told_from_dead_ones(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    console = {"url": "http://127.0.0.1:1", "processes": {"web": gone.pid, "worker": os.getpid()}, "environment": {}}
    (tmp_path / "run.json").write_text(json.dumps(console))
    with FileLock(runfile.lock_path(tmp_path)) as lock:
        assert lock.acquire(shared=False)
        found = states(examined(tmp_path, NOWHERE))
    assert [found[name] for name in ("web", "worker", "beat")] == [PartState.FAIL, PartState.OK, PartState.FAIL]


def test_a_web_process_that_does_not_answer_has_failed(tmp_path: Path) -> None:
    console = {"url": "http://127.0.0.1:1", "processes": {"web": os.getpid()}, "environment": {"OPSCONSOLE_PORT": "1"}}
    (tmp_path / "run.json").write_text(json.dumps(console))
    with FileLock(runfile.lock_path(tmp_path)) as lock:
        assert lock.acquire(shared=False)
        web = examined(tmp_path, NOWHERE)["web"]
    assert web.state is PartState.FAIL
    assert "does not answer at http://127.0.0.1:1" in web.detail


def test_a_check_that_breaks_is_a_failed_line() -> None:
    def look() -> Part:
        raise RuntimeError("two\nlines")

    part = check("redis", look)
    assert (part.state, part.detail) == (PartState.FAIL, "could not be checked: RuntimeError: two lines")


def test_lines_are_aligned_and_end_with_what_to_do() -> None:
    text = render(
        [Part("web", PartState.OK, "27.0.1", "runs"), Part("postgresql", PartState.FAIL, "", "is down", "start it")]
    )
    assert text == "ok    web         27.0.1  runs\nFAIL  postgresql  -       is down -> start it\n"


@pytest.mark.parametrize(("state", "status"), [(PartState.OK, 0), (PartState.WARN, 0), (PartState.FAIL, 1)])
def test_only_a_failed_part_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: PartState, status: int
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _given, _environ: [Part("disk", state, "", "x")])
    assert doctor.main([]) == status
    assert capsys.readouterr().out == f"{state:<4}  disk  -  x\n"


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
    assert lines["postgresql"].startswith("ok")
    assert lines["redis"].startswith("ok")
