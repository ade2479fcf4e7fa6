"""Returns memory to the operating system (no ORM)."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # mallopt(3)
_MADV_PAGEOUT = 21  # since Linux 5.4; on older kernels the call fails without effect


def page_out_libraries() -> None:
    """Ask the kernel to drop pages that are mapped read-only from files; pages in use are read again.

    Importing a shared library touches most of its pages, running it few.
    """
    if sys.platform != "linux":
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    with open("/proc/self/maps") as maps:
        for line in maps:
            addresses, permissions, _, _, inode = line.split()[:5]
            if inode != "0" and "w" not in permissions:
                start, end = (int(part, 16) for part in addresses.split("-"))
                madvise(start, end - start, _MADV_PAGEOUT)


def return_freed_memory() -> None:
    """Make glibc return freed memory: two arenas instead of eight per core, large blocks by mmap.

    Call it before a process starts its threads. No effect with another C library.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


def trim() -> None:
    """Return free heap memory to the system. Takes some milliseconds; call it after work that used much memory."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
