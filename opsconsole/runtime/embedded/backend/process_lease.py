"""The lease of this process on its services."""

from __future__ import annotations

import functools
from pathlib import Path

from opsconsole.runtime.embedded import Lease, acquire, wanted_services


@functools.cache
def process_lease(data_dir: Path) -> Lease:
    """Make the services run, once per process; forks share it. Raises ServicesError."""
    return acquire(data_dir, wanted_services())
