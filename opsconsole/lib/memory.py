"""Giving memory back to the system (no ORM)."""

from __future__ import annotations

import ctypes
import sys

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
