"""Which embedded servers a console needs (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.env.variables import read


def wanted_services(environ: Mapping[str, str] | None = None) -> set[str]:
    """The servers without a URL in the environment, which the console has to run: "postgres", "redis"."""
    urls = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    return {name for name, variable in urls.items() if not read(variable, environ)}
