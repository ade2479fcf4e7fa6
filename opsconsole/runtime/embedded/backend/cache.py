"""Django's Redis cache on the embedded server."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache.backends import redis
from django.utils.functional import cached_property

from opsconsole.runtime.embedded.backend.process_lease import process_lease


class RedisCache(redis.RedisCache):
    """Starts the server, if need be, before its first use; later the guardian restarts it."""

    @cached_property
    def _cache(self) -> Any:
        process_lease(settings.DATA_DIR)
        return super()._cache  # type: ignore[misc]  # missing in the stubs
