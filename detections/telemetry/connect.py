"""Projects and keys for applications that want to send."""

from __future__ import annotations

from bootstrap.systems.models import App
from detections.telemetry.models import Project, ProjectKey


def usable_key(slug: str, *, name: str = "", app: App | None = None, demo: bool = False) -> ProjectKey:
    """A key of the project that is not revoked; project and key are made where they are missing."""
    project, _ = Project.objects.get_or_create(slug=slug, defaults={"name": name or slug, "app": app, "demo": demo})
    found = ProjectKey.objects.filter(project=project, revoked_at=None).select_related("project").first()
    return found or ProjectKey.objects.create(project=project)
