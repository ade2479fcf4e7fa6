"""ENGINE "opsconsole.runtime.embedded.backend": Django's PostgreSQL backend on the embedded server."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import OperationalError

from opsconsole.runtime.embedded import ServicesError
from opsconsole.runtime.embedded.backend.process_lease import process_lease


class DatabaseWrapper(base.DatabaseWrapper):
    """Makes sure that the server runs before each new connection."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """As Django's. Raises OperationalError with what to do when the services cannot run."""
        try:
            services = process_lease(settings.DATA_DIR)
            if not services.guarded():
                services.ensure()
        except ServicesError as error:
            raise OperationalError(str(error)) from error
        return super().get_new_connection(conn_params)
