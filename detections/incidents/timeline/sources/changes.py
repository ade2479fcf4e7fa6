"""What changed in the incident's places: releases, configuration, sign-offs and flags, edits of rules, rollouts frozen
and let go. The sources are those of the alert's page (`alerts.changes`)."""

from __future__ import annotations

from collections.abc import Sequence

from detections.alerts.changes import configuration, freezes, registry, releases, rule_edits, sign_offs
from detections.alerts.changes.contract import ChangeQuestion, RecentChange
from detections.incidents.timeline.sources.contract import GatheredLine, GatherQuestion
from detections.incidents.timeline_models import TimelineLine

Kind = TimelineLine.Kind
KINDS = {
    releases.NAME: Kind.RELEASE,
    configuration.NAME: Kind.CONFIGURATION,
    sign_offs.NAME: Kind.SIGN_OFF,
    rule_edits.NAME: Kind.RULE,
    freezes.NAME: Kind.RELEASE,
}


def read(question: GatherQuestion) -> Sequence[GatheredLine]:
    """The queries of `alerts.changes.registry.changes`."""
    about = (question.places, question.environments, question.rules, question.start, question.end, question.most)
    return [_line(change) for change in registry.changes(ChangeQuestion(*about, unread=question.unread))]


def _line(change: RecentChange) -> GatheredLine:
    """A source without a kind of its own, such as flags, is about configuration."""
    kind = KINDS.get(change.source, Kind.CONFIGURATION)
    return GatheredLine(
        change.ref,
        kind,
        change.at,
        change.text,
        where=change.where,
        actor_name=change.who,
        url=change.url,
        important=change.notable,
    )
