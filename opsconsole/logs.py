"""Logging of Django, Celery and gunicorn: one line for each entry, with UTC time, level, text, fields and logger.

Line breaks in the text are escaped, since it may be hostile, and secrets are replaced: errors quote what raised them.
The supervisor prefixes each line with the process's name.
"""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import structlog
from django.db.utils import InterfaceError, OperationalError

from opsconsole.lib.text.secrets import scrub_lines

# They log a line for each task, every few seconds. `request` also "Discarding revoked task" for each that a busy worker
# came to after its `expires`: beat has sent the next one meanwhile, and the work stands in rows, so nothing is lost.
CHATTY = (
    *("celery.app.trace", "celery.worker.strategy", "celery.worker.request", "celery.beat"),
    "celery.worker.consumer.connection",
)
# SQLSTATEs, or their classes, of a PostgreSQL that is away: connection lost, shut down, starting.
_DATABASE_ERRORS = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_AWAY = ("08", "57P01", "57P02", "57P03")


def config(level: str) -> dict[str, Any]:
    """A configuration for logging.dictConfig. `level` is the least level shown; CHATTY loggers get it only at DEBUG."""
    chatty_level = level if level == "DEBUG" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": _formatter()},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: {"level": chatty_level} for name in CHATTY},
            # These come with handlers of their own; here only the root logger has one.
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.server": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
            # The channel reads what apprise logs. Its addresses are secrets; urllib3, which it uses, logs them
            # too.
            "apprise": {"level": "INFO", "handlers": ["nowhere"], "propagate": False},
            "urllib3": {"level": "WARNING"},
            "waitress.queue": {"level": "ERROR"},  # it warns of each request that waits for a thread
        },
    }


def _formatter() -> dict[str, Any]:
    """The formatter that renders entries of structlog and of the standard library alike."""
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _expected,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
        ],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _one_line,
            structlog.dev.ConsoleRenderer(
                colors=False,
                pad_event_to=0,
                # If `rich` is installed, the default prints the local variables of every frame.
                exception_formatter=structlog.dev.plain_traceback,
            ),
            _writable,
            _without_secrets,
        ],
    }


def _expected(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Makes a warning of one line of an error that is no fault of the code: a traceback tells nothing then.

    These are requests that Django answers 4xx, which any client can send, and work that PostgreSQL was away for.
    """
    record: logging.LogRecord = event["_record"]
    error = record.exc_info[1] if record.exc_info else None
    refused = record.name.startswith("django.") and 400 <= getattr(record, "status_code", 0) < 500
    away = error is not None and is_away(error)
    if record.name == "celery.app.trace":
        event.pop("data", None)  # the same once more, with the traceback as text
    if refused or away:
        event.pop("exc_info", None)
        event["level"] = "warning"
    if away:
        event["event"] = f"{event['event']} (PostgreSQL does not answer: {' '.join(str(error).split())})"
    return event


def is_away(error: BaseException) -> bool:
    """Whether a database error says that PostgreSQL is away, rather than what is wrong with a statement."""
    if not isinstance(error, _DATABASE_ERRORS):
        return False
    state = getattr(error.__cause__ or error, "sqlstate", None)
    return state is None or state.startswith(_AWAY)


def _writable(logger: Any, name: str, text: str) -> str:
    """Escapes lone surrogates, which cannot be encoded: the line would be lost."""
    return text.encode("utf-8", "backslashreplace").decode()


def _without_secrets(logger: Any, name: str, text: str) -> str:
    """Scrubs the entry as events are scrubbed; the source lines of a traceback stay readable."""
    return scrub_lines(text)


def _one_line(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Escapes line breaks in the text, so that it cannot forge another entry. Tracebacks keep their lines."""
    text = str(event.get("event", ""))
    event["event"] = text.replace("\r", "\\r").replace("\n", "\\n")
    return event
