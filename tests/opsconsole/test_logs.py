"""Log lines are one line an entry, whatever is logged."""

from __future__ import annotations

import io
import logging
import logging.config
from collections.abc import Iterator

import psycopg
import pytest
from celery.app.trace import build_tracer
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.test import Client

from opsconsole import logs
from opsconsole.celery import app


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    config = logs.config("INFO")
    stream = io.StringIO()
    config["handlers"]["stderr"]["stream"] = stream
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logging.config.dictConfig(config)
    yield stream
    root.handlers[:], root.level = before


def test_a_forged_line_stays_inside_its_own(lines: io.StringIO) -> None:
    logging.getLogger("detections").warning("refused %s", "x\r\n2026-01-01 admin logged in")
    (line,) = lines.getvalue().splitlines()
    assert "\\r\\n2026-01-01 admin logged in" in line
    assert "[warning" in line


def test_ticks_are_quiet_and_errors_of_tasks_are_not(lines: io.StringIO) -> None:
    logging.getLogger("celery.app.trace").info("Task succeeded")
    logging.getLogger("celery.app.trace").error("Task raised")
    assert "succeeded" not in lines.getvalue()
    assert "Task raised" in lines.getvalue()


def test_a_traceback_tells_lines_and_no_values(lines: io.StringIO) -> None:
    """Locals of ingest are events that nobody has scrubbed yet."""
    password = "hunter2-" + "x" * 8
    try:
        raise ValueError(f"of {len(password)} characters")
    except ValueError:
        logging.getLogger("detections").exception("failed")
    assert "ValueError: of 16 characters" in lines.getvalue()
    assert "hunter2" not in lines.getvalue()


def test_what_is_logged_is_scrubbed(lines: io.StringIO) -> None:
    logger = logging.getLogger("detections")
    logger.warning("%s", "curl -u ada:hunter2 failed", extra={"url": "https://a.example/?token=hunter2"})
    try:
        token = ["Bearer", "tokens stay readable in lines of source"]
        raise ValueError(f"password={'hunter' + '2'} of {len(token)}")
    except ValueError:
        logger.exception("failed")
    assert "hunter2" not in lines.getvalue()
    assert "curl -u ada:[Filtered] failed" in lines.getvalue()
    assert "ValueError: password=[Filtered] of 2" in lines.getvalue()
    assert 'raise ValueError(f"password=' in lines.getvalue()


def test_what_cannot_be_encoded_is_written_all_the_same() -> None:
    """Asked of the formatter alone: what pytest catches of a log could not be passed on by its processes either."""
    made = logs.config("INFO")["formatters"]["line"]
    formatter = made["()"](processors=made["processors"], foreign_pre_chain=made["foreign_pre_chain"])
    record = logging.LogRecord("detections", logging.WARNING, __file__, 1, "refused %s", ("\ud800",), None)
    assert "refused \\ud800" in formatter.format(record)


def test_fields_are_shown(lines: io.StringIO) -> None:
    logging.getLogger("detections").info("digested", extra={"events": 3})
    assert "events=3" in lines.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["a b", "one.example, two.example", "ex\u00e4mple.org", "a/b", "a\nb"])
def test_a_host_that_is_refused_is_one_line(lines: io.StringIO, host: str) -> None:
    """Any client can send it: a traceback each time would fill the log."""
    assert Client(headers={"Host": host}).get("/accounts/login/").status_code == 400
    (line,) = lines.getvalue().splitlines()
    assert "[warning" in line
    assert "Invalid HTTP_HOST header" in line


def test_other_errors_of_requests_keep_their_traceback(lines: io.StringIO) -> None:
    try:
        raise ValueError("a fault")
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error", extra={"status_code": 500})
    assert "Traceback" in lines.getvalue()
    assert "[error" in lines.getvalue()


def database_error(sqlstate: str | None) -> OperationalError:
    cause = psycopg.OperationalError("server closed\nthe connection")
    cause.sqlstate = sqlstate
    error = OperationalError("server closed\nthe connection")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (database_error(None), True),
        (database_error("08006"), True),
        (database_error("57P01"), True),
        (InterfaceError("connection already closed"), True),
        (psycopg.OperationalError("of COPY, which Django does not translate"), True),
        (database_error("57014"), False),  # a statement that took too long
        (database_error("53100"), False),  # a full disk
        (ProgrammingError("no such column"), False),
        (ConnectionError("of something else"), False),
    ],
)
def test_a_task_while_postgresql_is_away_is_one_warning(lines: io.StringIO, error: Exception, away: bool) -> None:
    @app.task(name="tests.fails", lazy=False)
    def fails() -> None:
        raise error

    build_tracer("tests.fails", fails, app=app)("an-id", (), {}, {})
    app.tasks.pop("tests.fails")
    text = lines.getvalue()
    assert "Task tests.fails[" in text
    assert ("Traceback" not in text) is away
    if away:
        (line,) = text.splitlines()
        assert "[warning" in line
        assert "(PostgreSQL does not answer: " in line


def test_a_task_that_the_next_one_replaced_is_not_logged(lines: io.StringIO) -> None:
    logging.getLogger("celery.worker.request").info("Discarding revoked task: detections.digest[an-id]")
    logging.getLogger("celery.worker.request").error("Hard time limit exceeded")
    (line,) = lines.getvalue().splitlines()
    assert "Hard time limit" in line
