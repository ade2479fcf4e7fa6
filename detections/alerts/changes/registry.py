"""The sources of changes, and what they say about the time before an alert opened."""

from __future__ import annotations

from datetime import datetime, timedelta

from detections.alerts.changes import configuration, freezes, releases, rule_edits, sign_offs
from detections.alerts.changes.contract import ChangeQuestion, RecentChange
from detections.alerts.models import Alert

# A new source is a file with a SOURCE, and a line here.
SOURCES = (
    releases.SOURCE,
    configuration.SOURCE,
    sign_offs.SOURCE,
    rule_edits.SOURCE,
    freezes.SOURCE,
)
BEFORE = timedelta(hours=1)
MOST = 20  # of one source; more than a person reads says "much", and the source's own page has the rest


def changes_before(alert: Alert) -> list[RecentChange]:
    """What changed in the hour before the alert opened, the newest first. Of the alert load `rule` and
    `project_environment__environment`. A fixed number of queries."""
    place = alert.project_environment
    environments = [place.environment] if place.environment else []
    return changes(ChangeQuestion([place], environments, [alert.rule], *span_of(alert.opened_at), MOST))


def changes(question: ChangeQuestion) -> list[RecentChange]:
    """What all sources say, the newest first."""
    found = [change for source in SOURCES for change in source.read(question)]
    return sorted(found, key=lambda change: change.at, reverse=True)


def span_of(opened_at: datetime) -> tuple[datetime, datetime]:
    """The time that is looked at."""
    return opened_at - BEFORE, opened_at
