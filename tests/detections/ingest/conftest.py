"""The application's background thread ends with each test: it must not write into another test's database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from opsconsole.wsgi import application


@pytest.fixture(autouse=True)
def flusher_ended() -> Iterator[None]:
    yield
    application.stop()
