"""The worker's own bounds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.usefixtures("db")
def test_a_statement_of_a_worker_cannot_hang_for_ever() -> None:
    code = (
        "import django; django.setup()\n"
        "from celery.signals import worker_init; worker_init.send(None)\n"
        "from django.db import connection\n"
        "cursor = connection.cursor(); cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2min"
