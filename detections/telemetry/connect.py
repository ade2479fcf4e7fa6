"""Projects and keys for applications that send events."""

from __future__ import annotations

from bootstrap.systems.models import App
from detections.telemetry.models import Project, ProjectKey


def usable_key(slug: str, *, name: str = "", app: App | None = None, demo: bool = False) -> ProjectKey:
    """A valid key of the project; project and key are created where they are missing."""
    project, _ = Project.objects.get_or_create(slug=slug, defaults={"name": name or slug, "app": app, "demo": demo})
    key = ProjectKey.objects.filter(project=project, revoked_at=None).select_related("project").first()
    return key or ProjectKey.objects.create(project=project)
