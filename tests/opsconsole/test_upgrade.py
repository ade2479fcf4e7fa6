"""An upgrade from the first schema of this epoch: a real console's database, with content, sign-offs and an alert.

`schema/epoch-1.sql.gz` was dumped from a console on which the story of README had been played, as
`pg_dump --inserts --no-owner --no-privileges`, without sessions, tokens and the password. It is never made anew.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tests.faults.processes import ROOT, environment

pytestmark = pytest.mark.slow

DUMP = Path(__file__).parent / "schema" / "epoch-1.sql.gz"
NAME = "opsconsole_upgraded"


@pytest.fixture
def former() -> Iterator[dict[str, str]]:
    """The environment of a database with the dump in it."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f"CREATE DATABASE {NAME}")
    url = environment()["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}?", f"/{NAME}?")
    with psycopg.connect(url) as link:
        link.execute(gzip.decompress(DUMP.read_bytes()))
    yield environment(DATABASE_URL=url)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def manage(env: dict[str, str], *command: str) -> str:
    program = [sys.executable, "manage.py", *command]
    done = subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_the_first_schema_of_this_epoch_upgrades_with_all_that_is_in_it(former: dict[str, str]) -> None:
    manage(former, "migrate")
    assert "2 sign-offs" in manage(former, "verify_audit")
    manage(former, "prepare")
    newest = {
        (app, name) for app, name in MigrationLoader(None).graph.leaf_nodes() if app in ("bootstrap", "detections")
    }
    with psycopg.connect(former["DATABASE_URL"]) as link:
        applied = set(link.execute("SELECT app, name FROM django_migrations").fetchall())
        alerts = link.execute(
            "SELECT rule.identifier, alert.status, alert.cause FROM detections_alert alert"
            " JOIN detections_rule rule ON rule.id = alert.rule_id ORDER BY 1"
        ).fetchall()
        (events,) = link.execute("SELECT count(*) FROM detections_event").fetchone() or (0,)
    assert newest <= applied
    assert alerts == [("DET-BETA-003", "firing", "INTERNAL_API_SECRET mismatch"), ("DET-OPS-002", "firing", "")]
    assert events == 1
