"""The Celery application: tasks are in the apps' `tasks.py`, beat's schedule is in the settings."""

from __future__ import annotations

import logging.config
import os
from typing import Any

import celery.app.amqp  # noqa: F401 - a beat that is stopped while it imports this writes a stack into the log
from celery import Celery, Task
from celery.signals import setup_logging, worker_init

from opsconsole.lib.call_stack import with_room

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")


class RoomyTask(Task):  # type: ignore[type-arg]  # it is not generic at run time
    """A task with room on the stack: it runs below some fifty frames of the worker (see lib/call_stack)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return with_room(super().__call__, *args, **kwargs)


app = Celery("opsconsole", task_cls=RoomyTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    """Use the console's logging configuration in place of Celery's."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def limit_statements(**_: Any) -> None:
    """Set PostgreSQL's statement timeout: a solo worker does not enforce Celery's time limits."""
    from django.conf import settings

    from opsconsole.lib.db.server_options import limit_statements as limit

    limit(settings.CELERY_TASK_SOFT_TIME_LIMIT)
