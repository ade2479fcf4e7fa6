"""`config_report`: a report without HTTP, and nothing of the values in what it prints or stores."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bootstrap.config_health.models import ConfigReport, Finding, VariableState
from tests.bootstrap.agent.consoles import KEY

pytestmark = pytest.mark.django_db
CANARY = "cAnArY7f3eV9xQ2z"


@pytest.fixture
def file(shipped_runbooks: None, tmp_path: Path) -> Path:
    file = tmp_path / "prod.env"
    file.write_text(f"SECRET_KEY={CANARY * 5}\nFLASK_ENV=staging\n{CANARY}\nFLAG_SENTRY_BACKEND=1\nWEB_CONCURRENCY=2\n")
    return file


def test_a_report_is_stored_and_told(file: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("OPSCONSOLE_FINGERPRINT_KEY", KEY)
    call_command("config_report", "raptor/prod", "--app", "raxx-api", "--env-file", str(file), "--release", "v3")
    output = capsys.readouterr().out
    assert "wrong_literal FLASK_ENV" in output
    assert "1 entries left out" in output
    report = ConfigReport.objects.get()
    assert (report.deployment.host_name, report.release, report.facts) == ("raxx-api-prod", "v3", {"workers": 2})
    assert VariableState.objects.get(name="SECRET_KEY").judged.format_ok is True
    assert Finding.objects.filter(subject="SENTRY_DSN_BACKEND", closed_at=None).exists()
    assert CANARY not in output + _dump()


def test_a_dry_run_stores_nothing(file: Path, capsys) -> None:
    call_command("config_report", "raptor/prod", "--app", "raxx-api", "--env-file", str(file), "--dry-run")
    shown = capsys.readouterr().out
    states = {variable["name"]: variable["state"] for variable in json.loads(shown)["variables"]}
    assert (states["DATABASE_URL"], states["SECRET_KEY"]) == ("unset", "set")
    assert CANARY not in shown
    assert not ConfigReport.objects.exists()


def test_a_pipe(file: Path, monkeypatch) -> None:
    class Pipe:
        buffer = io.BytesIO(json.dumps({"REDIS_URL": f"redis://:{CANARY}@h"}).encode())

    monkeypatch.setattr("sys.stdin", Pipe)
    call_command("config_report", "raptor/staging", "--app", "raxx-api", "--stdin")
    assert VariableState.objects.get(name="REDIS_URL").judged.format_ok is True
    assert CANARY not in _dump()


@pytest.mark.parametrize(
    "arguments", [["raptor/nope"], ["raptor/prod", "--app", "nope"], ["raptor/prod", "--env-file", "/nowhere/x"]]
)
def test_what_is_wrong_is_told(file: Path, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("config_report", *arguments)


def test_a_release_that_is_none_is_refused_and_not_repeated(file: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command(
            "config_report", "raptor/prod", "--app", "raxx-api", "--env-file", str(file), "--release", f"{CANARY} x"
        )
    assert CANARY not in str(refused.value)


def _dump() -> str:
    """Every row of every table, as text."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    assert any("SECRET_KEY" in row for row in rows)
    return "\n".join(rows)


@pytest.mark.parametrize("option", ["--env-file", "--fingerprint-key-file"])
def test_an_empty_file_name_is_not_the_default(option: str) -> None:
    with pytest.raises(CommandError, match=f"argument {option}: the value is empty"):
        call_command("config_report", "raptor/prod", option, "")
