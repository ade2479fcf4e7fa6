"""Giving memory back to the system (no ORM)."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # mallopt(3)
_MADV_PAGEOUT = 21  # Linux 5.4; elsewhere the call fails, which changes nothing


def page_out_libraries() -> None:
    """Ask the kernel to drop what is mapped read-only from files; whatever is used again is read again.

    Importing touches most of every shared library, running touches little of it.
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


def give_back_freed() -> None:
    """Keep glibc from holding on to freed memory: two arenas in place of eight a core, large blocks by mmap.

    For a process with many threads, before they start. Another C library ignores it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


def trim() -> None:
    """Give what is free on the heap back to the system: some milliseconds, after work that took much memory."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
