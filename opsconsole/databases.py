"""Django's settings for PostgreSQL and Redis: the configured URLs, else the embedded servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from opsconsole.env.variables import read
from opsconsole.lib.db.server_options import with_parameter
from opsconsole.runtime import embedded

# Seconds. Ingest waits six seconds for the database; a host behind a firewall would otherwise block for minutes.
CONNECT_SECONDS = 5
# Whoever has given up closes the connection, which PostgreSQL looks at only between statements otherwise: one that
# waits for a lock would keep its place among the connections. Since PostgreSQL 14.
CHECK_CLIENT = ("client_connection_check_interval", "1s")


def database_settings(data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry. Each thread keeps its connection and checks it once a request.

    Not a pool: after a restart of PostgreSQL, psycopg's pool took up to seven seconds to connect again.
    """
    url = read("DATABASE_URL")
    engine = "django.db.backends.postgresql" if url else "opsconsole.runtime.embedded.backend"
    parts = conninfo_to_dict(url or embedded.server_urls(data_dir).database_url)
    options: dict[str, Any] = {
        k: v for k, v in parts.items() if k not in {"dbname", "user", "password", "host", "port"}
    }
    options.setdefault("connect_timeout", CONNECT_SECONDS)
    if url:  # the embedded server has it in its own settings; what the URL says comes later, and so holds
        options["options"] = f"{with_parameter('', *CHECK_CLIENT)} {options.get('options', '')}".rstrip()
    return {
        "ENGINE": engine,
        "NAME": parts.get("dbname", "opsconsole"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        "CONN_MAX_AGE": None,
    }


def redis_url(data_dir: Path) -> str:
    """The URL of Redis, Celery's broker."""
    url: str | None = read("REDIS_URL")
    return url or embedded.server_urls(data_dir).redis_url


def broker_url(redis_url: str) -> str:
    """The URL of the same Redis for Celery, which spells the URL of a Unix socket differently.

    >>> broker_url("unix:///run/redis.sock?db=3")
    'redis+socket:///run/redis.sock?virtual_host=3'
    """
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
