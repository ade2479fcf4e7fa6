"""Migrations: one line from the first epoch on; a database of another epoch is refused and left as it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from opsconsole.lib.db import epoch
from tests.faults.processes import ROOT, environment

pytestmark = pytest.mark.slow

FORMER = "opsconsole_former"
UNUSABLE = "cannot be used or upgraded."
REFUSED = "Start on a new data directory (bin/run --data DIR) or an empty database."


@pytest.mark.django_db
def test_a_new_database_has_nothing_left_to_do_and_is_of_this_epoch() -> None:
    loader = MigrationLoader(connection)
    assert {node for node in loader.graph.leaf_nodes() if node not in loader.applied_migrations} == set()
    epoch.check(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM opsconsole_schema_epoch")
        assert cursor.fetchall() == [(epoch.EPOCH,)]


@pytest.mark.parametrize("app", ["accounts", "bootstrap", "detections"])
def test_every_migration_is_kept_beside_the_squash_that_replaces_it(app: str) -> None:
    """From the first epoch on consoles at any of them are upgraded. A squash creates all at once, for new databases."""
    loader = MigrationLoader(None, replace_migrations=False)
    ours = {name: migration for (label, name), migration in loader.disk_migrations.items() if label == app}
    kept = [name for name, migration in ours.items() if not migration.replaces]
    assert "0001_initial" in kept
    for name, squash in ours.items():
        if squash.replaces:
            assert squash.replaces == [(app, each) for each in sorted(kept)[: len(squash.replaces)]]
            assert name == f"0001_squashed_{squash.replaces[-1][1]}"


@pytest.mark.django_db
def test_a_console_at_any_migration_goes_on_with_those_that_it_lacks() -> None:
    """Each once: by itself, or in a squash that replaces only what is lacking."""
    loader = MigrationLoader(None, replace_migrations=False)
    squashes = {key: each.replaces for key, each in loader.disk_migrations.items() if each.replaces}
    leaves = [key for key in loader.graph.leaf_nodes() if key not in squashes]
    every = list(dict.fromkeys(step for leaf in leaves for step in loader.graph.forwards_plan(leaf)))
    for number in range(len(every) + 1):
        with patch.object(MigrationRecorder, "applied_migrations", return_value=dict.fromkeys(every[:number])):
            executor = MigrationExecutor(connection)
            executor.loader.check_consistent_history(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        planned = [(step.app_label, step.name) for step, _ in plan]
        assert sorted(key for step in planned for key in squashes.get(step, [step])) == sorted(every[number:])
        assert number or squashes.keys() <= set(planned), "a new console takes the squashes"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP TABLE opsconsole_schema_epoch", "a development version from before the first release"),
        ("DELETE FROM opsconsole_schema_epoch", "a development version from before the first release"),
        ("UPDATE opsconsole_schema_epoch SET epoch = 0", "a development version from before the first release"),
        (f"UPDATE opsconsole_schema_epoch SET epoch = {epoch.EPOCH + 1}", "a newer opsconsole"),
    ],
)
def test_a_database_of_another_epoch_is_refused_in_one_sentence(change: str, says: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)
    for command in ("migrate", "prepare"):
        with pytest.raises(CommandError, match=says) as refused:
            call_command(command)
        assert f"{UNUSABLE} {REFUSED}" in str(refused.value)


@pytest.fixture
def former_database() -> Iterator[dict[str, str]]:
    """The environment of a database as a former development version left it: migrations applied, no epoch."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {FORMER}")
        cursor.execute(f"CREATE DATABASE {FORMER}")
    url = environment()["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}?", f"/{FORMER}?")
    with psycopg.connect(url) as link:
        link.execute("CREATE TABLE django_migrations (id bigserial, app text, name text, applied timestamptz)")
        link.execute("INSERT INTO django_migrations (app, name) VALUES ('bootstrap', '0001_initial')")
        link.execute("CREATE TABLE detections_alert (id bigint, condition text)")
    yield environment(DATABASE_URL=url)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {FORMER} WITH (FORCE)")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", [["prepare"], ["migrate"], ["token", "--scope", "read"]])
def test_a_former_database_is_refused_and_left_as_it_was(command: list[str], former_database: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=former_database,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    wrong, remedy = done.stderr.splitlines()[-3:-1]
    assert "This database was made by " in wrong
    assert wrong.endswith(UNUSABLE)
    assert remedy == f"  {REFUSED}"
    assert "Traceback" not in done.stderr
    with psycopg.connect(former_database["DATABASE_URL"]) as link:
        tables = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    assert tables == [("detections_alert",), ("django_migrations",)]


@pytest.mark.django_db(transaction=True)
def test_the_doctor_says_that_a_former_database_is_refused(former_database: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "opsconsole.runtime.doctor", "--data", str(tmp_path)],
        cwd=ROOT,
        env=former_database,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if " migrations " in line]
    assert "of another schema epoch" in line
    assert REFUSED in done.stdout
