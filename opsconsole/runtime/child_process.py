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
    """What a child calls first: the kernel sends it `sig` when this process dies, however it dies.

    As a `preexec_fn` it runs after subprocess has changed the user, which would clear the setting. When the parent
    died between the fork and the call, the child ends itself. Where the kernel has no such thing (macOS) the child
    merely checks.
    """
    parent = os.getpid()

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange


def wake_on_signals() -> int:
    """A descriptor that becomes readable when a child ends or a handled signal comes: something to select on."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable
