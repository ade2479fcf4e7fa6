"""PostgreSQL and Redis from wheels, run beside the console when DATABASE_URL or REDIS_URL is not set.

In: a data directory. Out: URLs of two servers that run as long as some process has a lease on them. They stop some
seconds after the last lease ends, also when its process was killed. After kill -9 of any process, the guardian or the
next `acquire` restores them. Data directories share nothing. Only `backend/` uses Django.
"""

from opsconsole.runtime.embedded.errors import ServicesError
from opsconsole.runtime.embedded.layout import SERVICES, ServerUrls, server_urls
from opsconsole.runtime.embedded.lease import Lease, acquire
from opsconsole.runtime.embedded.required_services import wanted_services

__all__ = ["SERVICES", "Lease", "ServerUrls", "ServicesError", "acquire", "server_urls", "wanted_services"]
