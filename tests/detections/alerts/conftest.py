from __future__ import annotations

import pytest

from detections.alerts import content


@pytest.fixture
def routes(db: None) -> None:
    """The shipped routing, as the first start loads it."""
    content.load()
