"""Logging of Django, Celery and gunicorn: one line for each entry, with UTC time, level, text, fields and logger.

Line breaks in the text are escaped, since it may be hostile, and secrets are replaced: errors quote what raised them.
The supervisor prefixes each line with the process's name.
"""

from __future__ import annotations

from typing import Any

import structlog

from opsconsole.lib.text.secrets import scrub_lines

# They log a line for each task, every few seconds.
CHATTY = ("celery.app.trace", "celery.worker.strategy", "celery.beat", "celery.worker.consumer.connection")


def config(level: str) -> dict[str, Any]:
    """A configuration for logging.dictConfig. `level` is the least level shown; CHATTY loggers get it only at DEBUG."""
    chatty_level = level if level == "DEBUG" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": _formatter()},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: {"level": chatty_level} for name in CHATTY},
            # These come with handlers of their own; here only the root logger has one.
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.server": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
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
