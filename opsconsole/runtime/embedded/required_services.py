"""Which of the embedded servers are wanted (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.env import read


def wanted_services(environ: Mapping[str, str] | None = None) -> set[str]:
    """The servers that the console must run itself, because the environment gives no URL for them."""
    urls = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    return {name for name, variable in urls.items() if not read(variable, environ)}
