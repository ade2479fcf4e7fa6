"""Bug classes and contributing factors with the incidents that they describe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Max, Q
from django.urls import reverse

from detections.incidents.models import BugClass, ContributingFactor, Incident


@dataclass(frozen=True)
class WordCount:
    """A word and its incidents: how many, how many of them are not closed, when the newest was declared."""

    pk: int
    name: str
    description: str
    incidents: int
    current: int
    newest: datetime | None
    found_by: str

    @property
    def url(self) -> str:
        """The list of its incidents, whatever their status."""
        return f"{reverse('incident_list')}?{urlencode({'status': 'any', self.found_by: self.name})}"


def bug_classes() -> list[WordCount]:
    """Most incidents first. One query."""
    return _counted(BugClass, "bug_class")


def factors() -> list[WordCount]:
    """Most incidents first. One query."""
    return _counted(ContributingFactor, "q")


def _counted(model: type[BugClass] | type[ContributingFactor], found_by: str) -> list[WordCount]:
    current = ~Q(incidents__status=Incident.Status.CLOSED) & Q(incidents__isnull=False)
    rows = model.objects.annotate(
        n=Count("incidents"), current=Count("incidents", filter=current), newest=Max("incidents__declared_at")
    )
    values = rows.order_by("-n", "name").values_list("pk", "name", "description", "n", "current", "newest")
    return [WordCount(*row, found_by) for row in values]
