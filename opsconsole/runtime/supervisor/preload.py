"""Imports into the supervisor what its forks share: Django, the console, gunicorn and Celery."""

from __future__ import annotations

import gc
import importlib

from opsconsole.lib.memory import page_out_libraries

# gunicorn and Celery import these only when they run; imported here, their memory is shared.
_LATE = (
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "gunicorn.glogging",
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
    "opsconsole.web_server.worker",
    "opsconsole.wsgi",
)


def preload() -> None:
    """Import everything. Opens no connection and starts no thread, since neither survives a fork."""
    import django

    gc.disable()  # a tenth of the time that imports take
    django.setup()
    for name in _LATE:
        importlib.import_module(name)
    from django.urls import get_resolver

    from opsconsole.celery import app

    get_resolver().url_patterns  # noqa: B018 - imports every view
    app.loader.import_default_modules()
    app.finalize()
    gc.collect()
    # Otherwise the collector writes to every page that forks inherit, which copies it.
    gc.freeze()
    gc.enable()
    page_out_libraries()
