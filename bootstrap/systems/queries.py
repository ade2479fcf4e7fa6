"""Reads of systems and environments."""

from __future__ import annotations

from django.db.models import QuerySet

from bootstrap.systems.models import Environment


def environments_with_hosts() -> QuerySet[Environment]:
    """All environments with system and deployments, in the order of their addresses."""
    found = Environment.objects.select_related("system").prefetch_related("deployments__app")
    return found.order_by("system__slug", "slug")
