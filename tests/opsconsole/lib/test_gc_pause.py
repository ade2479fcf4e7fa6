"""The collector is paused and comes back, also after a failure and within another pause."""

from __future__ import annotations

import gc

import pytest

from opsconsole.lib.gc_pause import collection_paused


def test_it_comes_back_after_a_failure() -> None:
    with pytest.raises(KeyError), collection_paused():
        raise KeyError
    assert gc.isenabled()


def test_a_pause_within_a_pause_ends_nothing() -> None:
    with collection_paused():
        with collection_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
