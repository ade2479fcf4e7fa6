"""The facts of a stored alert that routing looks at."""

from __future__ import annotations

from detections.alerts.models import Alert
from detections.alerts.routing.matchers import Subject, labels_of
from detections.rules.active_rules import spec_of
from detections.rules.models import Severity


def labels_of_alert(alert: Alert) -> dict[str, str]:
    """The labels that its rule had when it opened. Load the version with it."""
    spec = spec_of(alert.version)
    return labels_of(spec) if spec else {}


def never_pages(alert: Alert) -> bool:
    """Whether nobody may be called for it, by the rule as it was when it opened. What a later version made more than
    medium may page."""
    spec = spec_of(alert.version)
    return spec is not None and spec.never_pages and alert.severity == Severity.MEDIUM


def subject_of(alert: Alert) -> Subject:
    """The subject of an alert, with the labels that its rule had when it opened: a later edit re-routes no open alert.
    Load the rule, its version at opening, project and environment with it."""
    return Subject(
        rule=alert.rule.identifier,
        category=alert.rule.category,
        severity=Severity(alert.severity).name.lower(),
        project=alert.project.slug,
        environment=alert.project_environment.name,
        group=alert.group_key,
        labels=labels_of_alert(alert),
        tags=alert.tags,
        never_pages=never_pages(alert),
    )
