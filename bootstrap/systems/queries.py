"""Reads of systems and environments."""

from __future__ import annotations

from django.db.models import QuerySet

from bootstrap.systems.models import Environment


def environments_with_hosts() -> QuerySet[Environment]:
    """All environments with system, deployments and applications, by system and slug."""
    environments = Environment.objects.select_related("system").prefetch_related("deployments__app")
    return environments.order_by("system__slug", "slug")
