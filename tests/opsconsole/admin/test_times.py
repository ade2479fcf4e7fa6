"""Times in the admin read as those of the pages do: the day as 2026-06-12, 24 hours, UTC said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from detections.telemetry.models import Issue, Project


@pytest.mark.django_db
def test_lists_and_forms_show_iso_days_and_utc(admin_client: Client) -> None:
    at = datetime(2026, 6, 12, 14, 35, 20, tzinfo=UTC)
    project = Project.objects.create(slug="raptor", name="Raptor")
    issue = Issue.objects.create(project=project, title="E: v", level="error", first_seen=at, last_seen=at, events=1)
    for address in ("/admin/detections/issue/", f"/admin/detections/issue/{issue.pk}/change/"):
        assert "2026-06-12 14:35:20 UTC" in admin_client.get(address).content.decode()
