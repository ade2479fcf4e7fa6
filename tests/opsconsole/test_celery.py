"""The bounds that the worker and web processes set for themselves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.usefixtures("db")
def test_a_statement_of_a_worker_cannot_hang_for_ever() -> None:
    assert timeout_after("from celery.signals import worker_init; worker_init.send(None)") == "2min"


@pytest.mark.usefixtures("db")
def test_a_statement_of_a_web_process_ends_soon_after_its_page() -> None:
    assert timeout_after("from opsconsole import gunicorn_conf; gunicorn_conf.limit_statements()") == "11s"


def timeout_after(statement: str) -> str:
    """The timeout of statements in a process that has begun with `statement`."""
    code = (
        f"import django; django.setup()\n{statement}\n"
        "from django.db import connection\n"
        "cursor = connection.cursor(); cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True)
    return done.stdout.strip()
