"""Pauses Python's cyclic garbage collector while many long-lived objects are created."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """Disable the garbage collector in a block that creates hundreds of thousands of objects, a third of its time.

    It is disabled for the whole process, so keep the block short. When blocks of several threads overlap, the collector
    is enabled again when the first of them ends.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
