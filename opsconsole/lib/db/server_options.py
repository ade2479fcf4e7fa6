"""Parameters that PostgreSQL takes from the start of each connection, as psql's PGOPTIONS."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def with_parameter(options: str, name: str, value: str) -> str:
    """libpq's `options` and one more parameter; of those with one name the last one holds.

    >>> with_parameter("-c search_path=ops", "statement_timeout", "20s")
    '-c search_path=ops -c statement_timeout=20s'
    """
    return f"{options} -c {name}={value}".lstrip()


def limit_statements(seconds: float) -> None:
    """PostgreSQL ends each statement of this process after `seconds`; for connections that are made from now on."""
    options: dict[str, Any] = connections.databases[DEFAULT_DB_ALIAS]["OPTIONS"]
    options["options"] = with_parameter(options.get("options", ""), "statement_timeout", f"{int(seconds * 1000)}ms")
