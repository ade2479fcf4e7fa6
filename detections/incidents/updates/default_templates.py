"""The templates of updates, created at the first start and edited in the admin from then on."""

from __future__ import annotations

from collections.abc import Iterator

from detections.incidents.models import Incident
from detections.incidents.update_models import UpdateTemplate

Status = Incident.Status
SHIPPED = (
    (
        "Investigating",
        Status.OPEN,
        "We are investigating {title}. Affected: {affected}, since {started}.\n"
        "What people notice: ___. The cause is not known yet.",
    ),
    ("Identified", Status.OPEN, "The cause of {title} is known: ___. What we do about it: ___."),
    (
        "Monitoring",
        Status.MITIGATED,
        "{title}: what we did is in place: ___. We watch whether it holds. What people may still notice: ___.",
    ),
    ("Resolved", Status.RESOLVED, "{title} is resolved. It was: ___. It affected {affected}, from {started} to ___."),
)


def load() -> Iterator[str]:
    """Creates the templates where there is none; yields a line for each."""
    if UpdateTemplate.objects.exists():
        return
    for order, (name, status, text) in enumerate(SHIPPED, 1):
        UpdateTemplate.objects.create(name=name, order=10 * order, status=status, text=text)
        yield f"update template {name} added"
