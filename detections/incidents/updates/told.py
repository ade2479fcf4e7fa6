"""Updates with who was told of them, and what became of each message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from detections.alerts.delivery.incident_messages import takes
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.incidents.models import Incident
from detections.incidents.update_models import IncidentUpdate


@dataclass(frozen=True)
class ToldUpdate:
    """An update with its messages, one for each target."""

    update: IncidentUpdate
    messages: Sequence[Delivery]


@dataclass(frozen=True)
class Receivers:
    """The incident's targets that get its updates, and those that cannot."""

    told: Sequence[Target]
    left_out: Sequence[Target]


def told(incident: Incident, most: int | None = None) -> list[ToldUpdate]:
    """The newest updates first, at most `most`. Two queries; one where there is none."""
    return told_of(incident, list(incident.updates.order_by("-number")[:most]))


def told_of(incident: Incident, updates: Sequence[IncidentUpdate]) -> list[ToldUpdate]:
    """These updates of the incident. One query; none without any."""
    if not updates:
        return []
    numbers = [update.number for update in updates]
    rows = Delivery.objects.filter(incident=incident, kind=Delivery.Kind.INCIDENT, sequence__in=numbers)
    messages: defaultdict[int, list[Delivery]] = defaultdict(list)
    for row in rows.select_related("target", "summary").order_by("target__name", "pk"):
        messages[row.sequence].append(row)
    return [ToldUpdate(update, messages[update.number]) for update in updates]


def receivers(incident: Incident) -> Receivers:
    """One query."""
    targets = list(incident.targets.order_by("name"))
    gone = [each for each in targets if each.from_environment and not each.enabled]
    kind = Delivery.Kind.INCIDENT
    return Receivers(
        [each for each in targets if each not in gone and takes(each, kind)],
        [each for each in targets if each in gone or not takes(each, kind)],
    )
