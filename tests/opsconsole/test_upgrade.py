"""An upgrade from the first schema of this epoch: a real console's database, with content, sign-offs and an alert.

`schema/epoch-1.sql.gz` was dumped from a console on which the story of README had been played, as
`pg_dump --inserts --no-owner --no-privileges`, without sessions, tokens and the password. It is never made anew.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from pytest_django.plugin import DjangoDbBlocker

from tests.faults.processes import ROOT, environment, eventually
from tests.opsconsole.schema.description import describe

pytestmark = pytest.mark.slow

DUMP = Path(__file__).parent / "schema" / "epoch-1.sql.gz"
COUNTING = (sys.executable, "manage.py", "migrate", "detections", "0016")
HALFWAY, NAME, UPGRADED = "opsconsole_halfway", "opsconsole_former_copy", "opsconsole_upgraded"


@pytest.fixture(scope="module")
def halfway(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of a database with the dump and muted rules in it, migrated as far as all tests have in common."""
    with django_db_blocker.unblock(), new_database(HALFWAY) as env:
        with psycopg.connect(env["DATABASE_URL"]) as link:
            link.execute(gzip.decompress(DUMP.read_bytes()))
        with psycopg.connect(env["DATABASE_URL"]) as link:  # anew: the dump leaves it without a search path
            mute_rules(link)
        manage(env, "migrate", "bootstrap")  # first, as a whole upgrade does it
        manage(env, "migrate", "detections", "0014")
        yield HALFWAY


@pytest.fixture
def former(halfway: str) -> Iterator[dict[str, str]]:
    """The environment of a copy of that database."""
    with new_database(NAME, template=halfway) as env:
        yield env


@pytest.fixture(scope="module")
def upgraded(halfway: str, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """The environment of a copy that is upgraded to the newest schema, to be read only."""
    with django_db_blocker.unblock(), new_database(UPGRADED, template=halfway) as env:
        manage(env, "migrate")
        yield env


@pytest.fixture
def upgraded_copy(upgraded: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a copy of the upgraded database, to be worked with."""
    with new_database(NAME, template=UPGRADED) as env:
        yield env


@contextmanager
def new_database(name: str, template: str = "template1") -> Iterator[dict[str, str]]:
    """Make a database on the server of the tests, and drop it at the end. Yields the environment to use it."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield environment(DATABASE_URL=url_of(name))
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def url_of(name: str) -> str:
    return environment()["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}?", f"/{name}?")


def mute_rules(link: psycopg.Connection) -> None:
    """One rule is muted for three days, one without an end, and one was until an hour ago."""
    for identifier, until in (("DET-BETA-003", "now() + '3 days'"), ("DET-OPS-002", "NULL")):
        link.execute(
            f"UPDATE detections_rule SET mode = 'muted', muted_until = {until} WHERE identifier = %s", [identifier]
        )
    link.execute(
        "INSERT INTO detections_rule (identifier, title, category, owner, mode, muted_until, created_at)"
        " VALUES ('DET-OLD-001', '', '', '', 'muted', now() - interval '1 hour', now())"
    )


def manage(env: dict[str, str], *command: str) -> str:
    program = [sys.executable, "manage.py", *command]
    done = subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_muted_rules_get_silences_of_their_own_with_an_end(upgraded: dict[str, str]) -> None:
    with psycopg.connect(upgraded["DATABASE_URL"]) as link:
        modes = link.execute("SELECT DISTINCT mode FROM detections_rule WHERE identifier LIKE 'DET-O%'").fetchall()
        silences = link.execute(
            "SELECT rule.identifier, matchers, round(extract(epoch FROM ends_at - starts_at) / 86400)::int"
            " FROM detections_silence JOIN detections_rule rule ON rule.id = rule_id ORDER BY 1"
        ).fetchall()
    assert modes == [("active",)]
    assert silences == [
        ("DET-BETA-003", {"rule": ["DET-BETA-003"]}, 3),
        ("DET-OPS-002", {"rule": ["DET-OPS-002"]}, 30),
    ]


@pytest.mark.django_db
def test_a_squash_and_what_it_replaces_make_the_same_schema(upgraded: dict[str, str]) -> None:
    """The tests' own database is a new one, made by squashes; the upgraded one had the migrations one by one."""
    squashes = {key: each for key, each in MigrationLoader(connection).disk_migrations.items() if each.replaces}
    assert {app for app, _ in squashes} >= {"bootstrap", "detections"}
    assert describe(upgraded["DATABASE_URL"]) == describe(url_of(connection.settings_dict["NAME"]))
    with psycopg.connect(upgraded["DATABASE_URL"]) as link:
        applied = set(link.execute("SELECT app, name FROM django_migrations").fetchall())
    for key, squash in squashes.items():
        assert {key, *squash.replaces} <= applied
    assert "No migrations to apply" in manage(upgraded, "migrate")
    assert "No changes detected" in manage(upgraded, "makemigrations", "--check", "--dry-run")


@pytest.mark.django_db(transaction=True)
def test_the_first_schema_of_this_epoch_upgrades_with_all_that_is_in_it(upgraded_copy: dict[str, str]) -> None:
    assert "2 sign-offs" in manage(upgraded_copy, "verify_audit")
    manage(upgraded_copy, "prepare")
    newest = {
        (app, name) for app, name in MigrationLoader(None).graph.leaf_nodes() if app in ("bootstrap", "detections")
    }
    with psycopg.connect(upgraded_copy["DATABASE_URL"]) as link:
        applied = set(link.execute("SELECT app, name FROM django_migrations").fetchall())
        alerts = link.execute(
            "SELECT rule.identifier, alert.status, alert.cause FROM detections_alert alert"
            " JOIN detections_rule rule ON rule.id = alert.rule_id ORDER BY 1"
        ).fetchall()
        (events,) = link.execute("SELECT count(*) FROM detections_event").fetchone() or (0,)
    assert newest <= applied
    assert alerts == [("DET-BETA-003", "firing", "INTERNAL_API_SECRET mismatch"), ("DET-OPS-002", "firing", "")]
    assert events == 1


@pytest.mark.django_db(transaction=True)
def test_adding_the_indexes_of_events_goes_on_where_it_was_stopped(former: dict[str, str]) -> None:
    with psycopg.connect(former["DATABASE_URL"]) as link:
        link.execute("ALTER TABLE detections_event ADD COLUMN user_hashes bigint[] NOT NULL DEFAULT '{}'")
        link.execute(
            "CREATE INDEX detections_event_searched ON ONLY detections_event"
            " USING gin (tags jsonb_path_ops, user_hashes)"
        )
    manage(former, "migrate", "detections", "0015")
    with psycopg.connect(former["DATABASE_URL"]) as link:
        days = link.execute(
            "SELECT bool_and(indisvalid), count(*) FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid"
            " WHERE inhparent IN ('detections_event_searched'::regclass, 'detections_event_trace'::regclass)"
        ).fetchone()
        (partitions,) = link.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'detections_event'::regclass"
        ).fetchone() or (0,)
        whole = link.execute(
            "SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE relname IN ('detections_event_searched', 'detections_event_trace')"
        ).fetchall()
    assert partitions
    assert days == (True, 2 * partitions)
    assert whole == [(True,), (True,)]


@pytest.mark.django_db(transaction=True)
def test_users_are_counted_with_those_that_a_digest_adds_meanwhile(former: dict[str, str]) -> None:
    manage(former, "migrate", "detections", "0015")
    url = former["DATABASE_URL"]
    add = (
        "INSERT INTO detections_issueuser (issue_id, project_environment_id, user_hash)"
        " SELECT issue_id, project_environment_id, %s FROM detections_event"
    )
    with psycopg.connect(url, autocommit=True) as link, psycopg.connect(url) as digest:
        link.execute("DELETE FROM detections_issueuser")
        link.execute(add, [1])
        link.execute("UPDATE detections_issue SET users = 5")
        digest.execute("UPDATE detections_issue SET users = users + 1")
        digest.execute(add, [2])
        with subprocess.Popen([*COUNTING], cwd=ROOT, env=former) as upgrade:
            eventually(lambda: _waits(link), "the upgrade waits for the digest")
            digest.commit()
        assert upgrade.returncode == 0
        assert link.execute("SELECT users FROM detections_issue").fetchall() == [(2,)]


def _waits(link: psycopg.Connection) -> bool:
    """Whether a statement about issues waits for a row that another one has locked."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock' AND query LIKE %s"
    return link.execute(waiting, [NAME, "%detections_issue%"]).fetchone() is not None
