"""What every test shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

COMMITTING_FIXTURES = {"transactional_db", "live_server"}


@pytest.fixture(autouse=True)
def partitioned_tables_left_empty(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Django empties only the tables that it manages after a test that commits; events and minute counts are not."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction", False)
    if commits or COMMITTING_FIXTURES & set(request.fixturenames):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE detections_event, detections_minutecount")
