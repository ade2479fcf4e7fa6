"""PostgreSQL and Redis from wheels, run next to the console when no DATABASE_URL / REDIS_URL is given.

In: a data directory. Out: URLs of two servers that run as long as some process holds the services. Promises: the
servers leave some seconds after the last holder, however that died; kill -9 of any process, in any order, is mended by
the next `acquire` or by the guardian; two data directories never meet. No Django here, except in `backend/`.
"""

from opsconsole.runtime.embedded.errors import ServicesError
from opsconsole.runtime.embedded.layout import SERVICES, Located, locate
from opsconsole.runtime.embedded.lease import Lease, acquire
from opsconsole.runtime.embedded.required_services import wanted_services

__all__ = ["SERVICES", "Lease", "Located", "ServicesError", "acquire", "locate", "wanted_services"]
