"""What the tests of the rules share: a moment, a project with an environment, rules from short specs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

NOW = datetime(2026, 6, 12, 15, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW
