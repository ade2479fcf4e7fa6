"""Python's collector of cyclic garbage, paused where many objects are made that all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """For a second of making hundreds of thousands of objects: looking through them again and again is a third of it.

    It is the whole process that pauses, so keep it short. Blocks that overlap in threads end with the collector as the
    first of them found it: none can leave it off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
