"""Log lines: one line an entry, time in UTC, level, text, fields, logger; line breaks of hostile text are escaped.

The supervisor puts the process's name before each line. Used by Django, Celery and gunicorn alike.
"""

from __future__ import annotations

from typing import Any

import structlog

# One line per task and tick says nothing that a figure on the page does not say better.
CHATTY = ("celery.app.trace", "celery.worker.strategy", "celery.beat", "celery.worker.consumer.connection")


def config(level: str) -> dict[str, Any]:
    """A logging.dictConfig for the least level to show. At DEBUG the chatty loggers speak too."""
    quiet = level if level == "DEBUG" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
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
                        # The default shows every frame's locals as soon as `rich` happens to be installed.
                        exception_formatter=structlog.dev.plain_traceback,
                    ),
                    _writable,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: {"level": quiet} for name in CHATTY},
            # They bring handlers of their own; what they say goes through the root's alone.
            "django": {"level": level, "handlers": [], "propagate": True},
            "django.server": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }


def _writable(logger: Any, name: str, text: str) -> str:
    """Halves of surrogate pairs, which hostile text may hold, cannot be written out: the line would be lost."""
    return text.encode("utf-8", "backslashreplace").decode()


def _one_line(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """An entry is one line: text from outside cannot forge the next one. Tracebacks keep theirs."""
    text = str(event.get("event", ""))
    event["event"] = text.replace("\r", "\\r").replace("\n", "\\n")
    return event
