"""Counts a scope's window in the running minute, before its slot is judged: the last bar of its chart."""

from __future__ import annotations

from datetime import datetime

from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import ScopeKey, tally_all
from detections.rules.models import Scope
from opsconsole.lib.clock import MINUTE, floor_minute


def window_of(rule: LoadedRule) -> int:
    """Minutes of the rule's window; a rule of signatures only has the default one."""
    return rule.spec.exceedance.window_minutes if rule.spec.exceedance else 5


def count_now(rule: LoadedRule, scope: Scope, source: str, now: datetime) -> int:
    """Events of one source in the rule's window that ends with the running minute. Three queries at most."""
    window = window_of(rule)
    end = floor_minute(now) + MINUTE
    places = environments([scope.project_environment_id])
    tallies = tally_all([rule], places, end - window * MINUTE, end)
    tally = tallies.get(ScopeKey(rule.rule.pk, scope.project_environment_id, scope.group_key))
    return int(tally.of(source, window).sum()) if tally else 0
