"""Child processes that do not outlive their parent (no ORM).

Start them from the main thread only: the kernel sends the death signal when the thread that forked ends.
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
    """A function for a child to call first: afterwards the kernel sends it `sig` when this process dies.

    As a `preexec_fn` it runs after subprocess has changed the user, which would clear the setting. If the parent died
    between the fork and the call, the child kills itself. On macOS, whose kernel has no death signal, it only makes
    that check.
    """
    parent = os.getpid()

    def set_death_signal() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return set_death_signal


def signal_wakeup_fd() -> int:
    """A file descriptor that becomes readable when a child ends or a handled signal arrives, for select()."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return readable
