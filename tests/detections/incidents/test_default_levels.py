"""The severities are there from the first start, and stay as people change them."""

from __future__ import annotations

import pytest

from detections.incidents.default_levels import load
from detections.incidents.models import SeverityLevel

pytestmark = pytest.mark.django_db


def test_severities_are_loaded_once_and_kept_as_people_changed_them() -> None:
    SeverityLevel.objects.all().delete()
    SeverityLevel.objects.create(severity=1, meaning="Ours", update_minutes=15, postmortem_days=None)
    assert load() == [f"severity SEV-{severity} added" for severity in (2, 3, 4, 5)]
    assert load() == []
    asked = list(SeverityLevel.objects.values_list("severity", "update_minutes", "postmortem_days"))
    assert asked == [(1, 15, None), (2, 60, 10), (3, None, None), (4, None, None), (5, None, None)]
