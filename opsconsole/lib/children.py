"""Child processes that do not outlive their parent (no ORM).

Start them from the main thread only: the kernel ties the death signal to the thread that forked.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: loading a library between fork and exec can deadlock.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `sig` to the child when this process dies, however it dies.

    Runs after subprocess has changed the user, which would clear the setting. When the parent died between the fork
    and the call, the child ends itself. Where the kernel has no such thing (macOS) the child merely checks.
    """
    parent = os.getpid()

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange


def backoff(failures: int, first: float, most: float) -> float:
    """Seconds to wait before the next start after `failures` (1, 2, ...) quick deaths: doubling from first to most."""
    return float(min(most, first * 2 ** min(failures - 1, 16)))
