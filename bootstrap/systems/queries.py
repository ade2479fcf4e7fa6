"""Reads of systems and environments."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from bootstrap.systems.environment_names import folded
from bootstrap.systems.models import Environment


def environments_with_hosts() -> QuerySet[Environment]:
    """All environments with system, deployments and applications, by system and slug."""
    environments = Environment.objects.select_related("system").prefetch_related("deployments__app")
    return environments.order_by("system__slug", "slug")


def named(name: str) -> QuerySet[Environment]:
    """The environments that go by this name: their slug or an alias, in either case."""
    return Environment.objects.filter(Q(slug__iexact=name.strip()) | Q(aliases__contains=[folded(name)]))
