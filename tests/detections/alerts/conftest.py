from __future__ import annotations

import pytest

from detections.alerts import content


@pytest.fixture
def routes(db: None) -> None:
    """Seed 000's routing, as the first start loads it."""
    content.load()
