"""The lease of this process on the embedded servers."""

from __future__ import annotations

import functools
from pathlib import Path

from opsconsole.runtime.embedded import Lease, acquire, wanted_services


@functools.cache
def process_lease(data_dir: Path) -> Lease:
    """The process's lease, acquired at the first call and shared by forks. Raises ServicesError."""
    return acquire(data_dir, wanted_services())
