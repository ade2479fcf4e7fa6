"""The URLs of PostgreSQL and Redis, as Django, Celery and the tests need them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections

from opsconsole.celery import app
from opsconsole.databases import broker_url, database_settings
from opsconsole.lib.db.server_options import limit_statements
from tests.redis_numbers import of_worker


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://cache:6379/2", "redis://cache:6379/2"),
        ("rediss://cache/0", "rediss://cache/0"),
        ("unix:///tmp/a/redis.sock?db=3", "redis+socket:///tmp/a/redis.sock?virtual_host=3"),
    ],
)
def test_celery_writes_sockets_in_its_own_way(url: str, broker: str) -> None:
    assert broker_url(url) == broker


@pytest.mark.parametrize(
    ("url", "worker", "expected"),
    [
        ("redis://cache:6379", "gw1", "redis://cache:6379/1"),
        ("redis://u:p@cache:6379/2", "gw1", "redis://u:p@cache:6379/3"),
        ("redis://cache/2", "", "redis://cache/2"),
        ("unix:///tmp/redis.sock?db=0", "gw1", "unix:///tmp/redis.sock?db=1"),
        ("unix:///tmp/redis.sock", "gw2", "unix:///tmp/redis.sock?db=2"),
    ],
)
def test_each_test_worker_has_its_own_redis_database(url: str, worker: str, expected: str) -> None:
    assert of_worker(url, worker) == expected


def test_a_given_url_is_used_with_all_its_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db:5433/ops?sslmode=require")
    config = database_settings(tmp_path)
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["USER"], config["PASSWORD"]) == ("db", "5433", "me", "secret")
    check = "-c client_connection_check_interval=1s"
    assert config["OPTIONS"] == {"sslmode": "require", "connect_timeout": 5, "options": check}


def test_options_of_the_server_are_kept_and_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = "-c search_path=ops -c client_connection_check_interval=0"
    monkeypatch.setenv("DATABASE_URL", f"postgresql://db/ops?options={quote(own)}")
    monkeypatch.setitem(connections.databases, "default", database_settings(tmp_path))
    limit_statements(2.5)
    said = connections.databases["default"]["OPTIONS"]["options"]
    assert said == f"-c client_connection_check_interval=1s {own} -c statement_timeout=2500ms"


@pytest.mark.django_db
def test_the_broker_is_the_redis_of_this_worker_and_the_cache_is_in_postgresql() -> None:
    cache.set("who", "me", timeout=10)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM opsconsole_cache WHERE cache_key LIKE '%who'")
        assert cursor.fetchone() == (1,)
    assert cache.get("who") == "me"
    with app.connection_for_write() as link:
        link.ensure_connection(max_retries=1)
        assert str(link.virtual_host or 0).strip("/") in settings.REDIS_URL
    assert connection.vendor == "postgresql"
