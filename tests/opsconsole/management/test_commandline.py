"""`bin/manage` for people: its help, an unknown command, usage under its own name, and a first start in few lines."""

from __future__ import annotations

import io
import re

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.utils import OperationalError

from bootstrap.checklists.models import Run
from opsconsole.commandline import Commands, explain_database_error


def test_help_lists_the_consoles_own_commands_first() -> None:
    text = Commands(["manage.py", "help"]).main_help_text()
    assert "manage.py" not in text
    assert text.index("verify_audit") < text.index("Of Django") < text.index("migrate,")


def test_an_unknown_command_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        Commands(["manage.py", "sing", "raptor/prod"]).execute()
    stderr = capsys.readouterr().err
    assert left.value.code == 2
    assert "no command 'sing'" in stderr
    assert "  sign " in stderr


def test_usage_names_the_command_as_it_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        Commands(["manage.py", "token"]).execute()
    assert "usage: bin/manage token" in capsys.readouterr().err


@pytest.mark.django_db
def test_a_refusal_is_its_own_sentences_without_the_name_of_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE opsconsole_schema_epoch SET epoch = 0")
    with pytest.raises(SystemExit) as left:
        Commands(["manage.py", "prepare"]).execute()
    lines = capsys.readouterr().err.splitlines()
    assert left.value.code == 1
    assert [line.split()[0] for line in lines] == ["This", "Start", "Nothing"]
    assert [line.startswith("  ") for line in lines] == [False, True, True]
    assert "Error" not in "".join(lines)


@pytest.mark.django_db
def test_options_keep_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    Commands(["manage.py", "shell", "--no-imports", "--command", "print(6 * 7)"]).execute()
    assert capsys.readouterr().out == "42\n"


def test_the_status_of_a_refusal_stays_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        Commands(["manage.py", "checklist_lint", "--source", "/nowhere/at/all"]).execute()
    assert left.value.code == 2
    assert capsys.readouterr().err == "/nowhere/at/all: no such directory\n"


@pytest.mark.django_db
def test_preparing_says_how_much_was_loaded_and_the_next_time_nothing() -> None:
    first, again = io.StringIO(), io.StringIO()
    Run.objects.all().delete()
    call_command("prepare", stdout=first)
    call_command("prepare", stdout=again)
    (content,) = [line for line in first.getvalue().splitlines() if line.startswith("content")]
    assert "1 project" in content
    assert re.search(r"\b[1-9]\d* rules\b", content)
    assert "content is up to date" in again.getvalue()


def test_an_unreachable_database_is_explained_in_a_sentence() -> None:
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("postgresql://ops@127.0.0.1:1/x")
    message = explain_database_error(OperationalError(refused.value)) or ""
    assert "port 1" in message
    assert "DATABASE_URL" in message
    assert "\n" not in message


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1 FROM nothing_here", "not set up"),
        ("SET LOCAL ROLE pg_monitor; CREATE TABLE public.x ()", "may not do this"),
        ("SELECT nothing", None),
    ],
)
def test_what_the_database_refuses(statement: str, expected: str | None) -> None:
    with pytest.raises(DatabaseError) as refused, connection.cursor() as cursor:
        cursor.execute(statement)
    message = explain_database_error(refused.value)
    assert (message is None) if expected is None else expected in (message or "")
