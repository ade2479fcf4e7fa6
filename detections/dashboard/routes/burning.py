"""Which routes burn now: an alert of a rule that covers them is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from detections.alerts.models import Alert
from detections.alerts.queries import open_alerts_of
from detections.dashboard.routes.covering_rules import CoveringRule
from opsconsole.lib.clock import MINUTE


def alerts_by_series(covering: Mapping[int, list[CoveringRule]]) -> dict[int, Alert]:
    """By series id, the open alert of the most specific rule that has one. One query, or two."""
    by_key = open_alerts_of({rule.key for rules in covering.values() for rule in rules})
    alerts: dict[int, Alert] = {}
    for pk, rules in covering.items():
        if rule := next((each for each in rules if each.key in by_key), None):
            alerts[pk] = by_key[rule.key]
            alerts[pk].rule = rule.rule.rule
    return alerts


def burning_since(alerts: Mapping[int, Alert], covering: Mapping[int, list[CoveringRule]]) -> dict[int, datetime]:
    """By series id, the start of the window that opened its alert."""
    windows = {(pk, rule.key.rule_id): rule.window_minutes * MINUTE for pk, rules in covering.items() for rule in rules}
    return {pk: alert.opened_at - windows[pk, alert.rule_id] for pk, alert in alerts.items()}
