"""Checks of PostgreSQL and Redis, embedded or external, and of pending migrations."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict

from opsconsole.env.variables import read
from opsconsole.runtime.doctor.report import CheckResult, CheckStatus, one_line
from opsconsole.runtime.embedded import Lease, ServicesError, acquire, server_urls, wanted_services
from opsconsole.runtime.embedded.binaries import POSTGRES_PACKAGE, REDIS_PACKAGE
from opsconsole.runtime.embedded.layout import layout_of

CONNECT_SECONDS = 5  # to connect; a host behind a firewall must not block the report
MIN_POSTGRES = 150000  # in the format of server_version_num
MIN_REDIS = (6, 2)
UNREACHABLE = (psycopg.Error, redis.RedisError, OSError)


class Servers:
    """The two servers of a console. `start_error` is why the embedded ones do not run, or empty."""

    def __init__(self, data: Path, environ: Mapping[str, str]) -> None:
        embedded = server_urls(data)
        self.data = data
        self.environ = environ
        self.wanted = wanted_services(environ)
        self.database_url: str = read("DATABASE_URL", environ) or embedded.database_url
        self.redis_url: str = read("REDIS_URL", environ) or embedded.redis_url
        self.start_error = ""
        self.connected = False  # to PostgreSQL

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Keep the embedded servers running in the block, unless the data directory has no database yet."""
        lease: Lease | None = None
        if self.wanted and not self.is_new:
            try:
                lease = acquire(self.data, self.wanted, notify=lambda _text: None)
            except (ServicesError, OSError) as error:
                self.start_error = one_line(error)
        try:
            yield
        finally:
            if lease is not None:
                lease.close()

    @property
    def is_new(self) -> bool:
        """Whether no embedded server ever ran here; starting one would create a database that nobody asked for."""
        layout = layout_of(self.data)
        return not (layout.cluster if "postgres" in self.wanted else layout.services_lock).exists()

    def postgres(self) -> CheckResult:
        embedded = "postgres" in self.wanted
        if embedded and (result := self._not_running("postgresql")):
            return result
        try:
            with psycopg.connect(self.database_url, connect_timeout=CONNECT_SECONDS) as db:
                number, version = db.info.server_version, db.info.parameter_status("server_version") or ""
        except UNREACHABLE as error:
            return _unreachable("postgresql", error, "DATABASE_URL", embedded)
        self.connected = True
        version = version.split()[0]
        where = "embedded" if embedded else f"at {_address(conninfo_to_dict(self.database_url))}"
        if number < MIN_POSTGRES:
            return CheckResult("postgresql", CheckStatus.FAIL, version, where, "PostgreSQL 15 or newer is needed")
        installed = _installed("postgresql") if embedded else version
        if not f"{installed}.".startswith(f"{version}."):
            return CheckResult(
                "postgresql", CheckStatus.WARN, version, f"{where}; {installed} is installed", "restart the console"
            )
        return CheckResult("postgresql", CheckStatus.OK, version, where)

    def redis(self) -> CheckResult:
        embedded = "redis" in self.wanted
        if embedded and (result := self._not_running("redis")):
            return result
        client = redis.from_url(self.redis_url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS)
        try:
            with contextlib.closing(client):
                info: dict[str, Any] = client.info("server")
        except UNREACHABLE as error:
            return _unreachable("redis", error, "REDIS_URL", embedded)
        protocol_version = str(info.get("redis_version", "0"))
        version = str(info.get("valkey_version", protocol_version))
        where = "embedded" if embedded else f"at {_address(client.connection_pool.connection_kwargs)}"
        detail = f"{info.get('server_name', 'redis')}, {where}"
        if tuple(int(part) for part in protocol_version.split(".")[:2]) < MIN_REDIS:
            return CheckResult("redis", CheckStatus.FAIL, version, detail, "Redis 6.2 or newer, or Valkey, is needed")
        return CheckResult("redis", CheckStatus.OK, version, detail)

    def _not_running(self, name: str) -> CheckResult | None:
        if self.start_error:
            return CheckResult(name, CheckStatus.FAIL, "", self.start_error, f"see {layout_of(self.data).log}")
        if self.is_new:
            return CheckResult(
                name, CheckStatus.WARN, _installed(name), f"none yet in {self.data}", "bin/run creates it"
            )
        return None


def migrations(servers: Servers) -> CheckResult:
    """The migrations that are not applied. Loads Django, which no other check needs. Call after `servers.postgres`."""
    if not servers.connected:
        return CheckResult("migrations", CheckStatus.WARN, "", "unknown without PostgreSQL")
    os.environ.update(servers.environ)  # Django's settings are read from it
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers.database_url, servers.redis_url
    # Nothing is signed here, and a check must not create a secret key.
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(64))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    import django
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from opsconsole.lib.db import epoch
    from opsconsole.lib.gc_pause import collection_paused

    with collection_paused():
        django.setup()
    try:
        epoch.check(connection)
    except epoch.WrongEpoch as error:
        connection.close()
        return CheckResult("migrations", CheckStatus.FAIL, "", "of another schema epoch", str(error))
    executor = MigrationExecutor(connection)
    pending = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    connection.close()
    if pending:
        remedy = "start the console with bin/run, or bin/manage prepare"
        return CheckResult("migrations", CheckStatus.FAIL, "", f"{len(pending)} to apply, {pending[0]} first", remedy)
    return CheckResult("migrations", CheckStatus.OK, "", "all applied")


def _installed(name: str) -> str:
    """The version of the wheel with the embedded server; empty if there is none for this platform."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(POSTGRES_PACKAGE if name == "postgresql" else REDIS_PACKAGE)
    return ""


def _unreachable(name: str, error: Exception, variable: str, embedded: bool) -> CheckResult:
    remedy = "start the console again" if embedded else f"check that it runs and that {variable} is right"
    return CheckResult(name, CheckStatus.FAIL, "", one_line(error), remedy)


def _address(connection: Mapping[str, Any]) -> str:
    """`host:port/database` or the socket's path, without user and password."""
    host = connection.get("host") or connection.get("path") or "its default address"
    port, name = connection.get("port"), connection.get("dbname") or connection.get("db")
    return f"{host}{f':{port}' if port else ''}{f'/{name}' if name else ''}"
