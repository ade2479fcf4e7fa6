"""The one hold of this process on its services."""

from __future__ import annotations

import functools
from pathlib import Path

from opsconsole.runtime.embedded import Held, lease, wanted_services


@functools.cache
def held(data_dir: Path) -> Held:
    """Make the services run, once per process; forks share the hold. Raises ServicesError."""
    return lease(data_dir, wanted_services())
