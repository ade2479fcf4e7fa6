"""The evaluation request, and the scopes to judge for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from detections.rules.counting.counts import ScopeKey
from detections.rules.models import Evaluation, Scope, Severity
from opsconsole.lib.clock import MINUTE, floor_hour

# The tick judges a slot finally; on arrival, before the minute is over, an outcome can only become more severe.
Mode = Literal["final", "rise"]
# What can make a rule fire before the minute is over.
Trigger = Literal["events", "reports", "probes"]


@dataclass(frozen=True)
class EvaluationRequest:
    """The slot to judge and how: `only` these project environments (None: all); `late`: after the tick judged it; only
    kinds of rules with this `trigger` (None: all)."""

    end: datetime
    now: datetime
    mode: Mode = "final"
    only: Collection[int] | None = None
    late: bool = False
    trigger: Trigger | None = None

    def concerns(self, trigger: Trigger | None) -> bool:
        """Whether kinds with this trigger are judged. Kinds without one (None) are judged by the tick only."""
        if self.mode == "final" and self.trigger is None:
            return True
        return trigger is not None and self.trigger in (None, trigger)

    @property
    def hour(self) -> datetime:
        """The hour of the slot's minute, whose baseline applies."""
        return floor_hour(self.end - MINUTE)


def to_judge(
    active: Collection[ScopeKey], rules: Iterable[int], places: Iterable[int], request: EvaluationRequest
) -> dict[ScopeKey, Scope]:
    """The active scopes (created where new), and the settling scopes of these rules and project environments.

    Settling ones are read first: in a long incident they are the active ones too.
    """
    final = request.mode != "rise"
    found = _settling(rules, places, request.end) if final else {}
    missing = [key for key in active if key not in found]
    found |= _existing(missing)
    new = [Scope(**key._asdict(), created_at=request.now) for key in missing if key not in found]
    if new:
        Scope.objects.bulk_create(new, ignore_conflicts=True)
        found |= _existing([key_of_scope(scope) for scope in new])
    return found if final else _may_rise(found, request)


def _settling(rules: Iterable[int], places: Iterable[int], end: datetime) -> dict[ScopeKey, Scope]:
    rows = Scope.objects.filter(rule__in=list(rules), project_environment__in=list(places), settling_until__gte=end)
    return {key_of_scope(scope): scope for scope in rows}


def key_of_scope(scope: Scope) -> ScopeKey:
    return ScopeKey(scope.rule_id, scope.project_environment_id, scope.group_key)


def _existing(wanted: Collection[ScopeKey]) -> dict[ScopeKey, Scope]:
    if not wanted:
        return {}
    keys = set(wanted)
    rows = Scope.objects.filter(
        rule__in={k.rule_id for k in keys},
        project_environment__in={k.project_environment_id for k in keys},
        group_key__in={k.group_key for k in keys},
    )
    return {key: scope for scope in rows if (key := key_of_scope(scope)) in keys}


def _may_rise(scopes: Mapping[ScopeKey, Scope], request: EvaluationRequest) -> dict[ScopeKey, Scope]:
    """The scopes that are not critical in this slot yet: in a flood, critical ones need no second evaluation."""
    settled = set(
        Evaluation.objects.filter(
            scope__in=[s.id for s in scopes.values()], slot_end=request.end, severity=Severity.CRITICAL, shadow=False
        ).values_list("scope_id", flat=True)
    )
    return {key: scope for key, scope in scopes.items() if scope.id not in settled}
