"""Loads once, into the supervisor, what its forks share: Django, the console, gunicorn and Celery."""

from __future__ import annotations

import gc
import importlib

from opsconsole.lib.memory import page_out_libraries

# Imported by gunicorn and Celery only when they run; named here, so that forks find them in shared memory.
_LATE = (
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "gunicorn.glogging",
    "gunicorn.workers.gthread",
    "celery.__main__",
    "celery.bin.celery",
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.worker.consumer",
    "celery.worker.strategy",
    "kombu.transport.redis",
    "opsconsole.gunicorn_conf",
    "opsconsole.wsgi",
)


def preload() -> None:
    """Import everything; opens no connection and starts no thread, neither of which would survive a fork."""
    import django

    django.setup()
    for name in _LATE:
        importlib.import_module(name)
    from django.urls import get_resolver

    from opsconsole.celery import app

    get_resolver().url_patterns  # noqa: B018 - imports every view
    app.loader.import_default_modules()
    app.finalize()
    gc.collect()
    # The collector would otherwise touch, and so unshare, every page that the forks inherit.
    gc.freeze()
    page_out_libraries()
