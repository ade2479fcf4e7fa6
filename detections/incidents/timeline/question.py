"""What the sources are asked for the timeline of an incident."""

from __future__ import annotations

from datetime import datetime, timedelta

from detections.alerts.models import Alert
from detections.incidents.models import Incident
from detections.incidents.timeline.sources.contract import GatherQuestion
from detections.rules.models import Rule

BEFORE = timedelta(hours=1)  # of the start of impact: what let it begin


def question_about(incident: Incident, now: datetime, most: int) -> GatherQuestion:
    """The question for its present alerts, and for its places and rules from an hour before the start of impact until
    it was resolved. Its places are those that it names and those of its alerts, its rules those of its alerts and those
    that it links to. Four queries."""
    linked = Alert.objects.filter(incident_links__incident=incident, incident_links__removed_at__isnull=True)
    alerts = list(linked.select_related("rule", "project_environment__environment").order_by("pk"))
    places = {place.pk: place for place in incident.places.select_related("environment")}
    places |= {alert.project_environment_id: alert.project_environment for alert in alerts}
    environments = {environment.pk: environment for environment in incident.environments.all()}
    environments |= {place.environment.pk: place.environment for place in places.values() if place.environment}
    rules = {alert.rule_id: alert.rule for alert in alerts}
    rules |= {rule.pk: rule for rule in Rule.objects.filter(incident_links__incident=incident)}
    start = incident.started_at or min([incident.declared_at, *(alert.opened_at for alert in alerts)])
    return GatherQuestion(
        incident,
        [alert.pk for alert in alerts],
        list(places.values()),
        list(environments.values()),
        list(rules.values()),
        start - BEFORE,
        end_of(incident, now),
        most,
    )


def end_of(incident: Incident, now: datetime) -> datetime:
    """When it was resolved; `now` while it is not."""
    return incident.resolved_at if incident.is_over and incident.resolved_at else now
