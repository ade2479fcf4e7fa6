"""The Celery application: tasks are found in the apps' `tasks.py`, the schedule is static and lives in settings."""

from __future__ import annotations

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
app = Celery("opsconsole")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_everybody(**_: Any) -> None:
    """Celery would set up loggers of its own; the console's lines all look alike."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def limit_statements(**_: Any) -> None:
    """Sets PostgreSQL's statement timeout: in a worker of one process nothing enforces Celery's limits."""
    from django.conf import settings
    from django.db import connections

    seconds = settings.CELERY_TASK_SOFT_TIME_LIMIT
    connections.databases["default"]["OPTIONS"]["options"] = f"-c statement_timeout={seconds}s"
