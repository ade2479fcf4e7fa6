"""Which slot is judged, and which scopes at it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from detections.rules.counting.counts import ScopeKey
from detections.rules.models import Evaluation, Scope, Severity
from opsconsole.lib.clock import MINUTE, floor_hour

# What the tick says of a slot is final; what arrival says can only make it worse, for the minute is not over.
Mode = Literal["final", "rise"]
# What arrives and can make a rule fire before the minute is over.
News = Literal["events", "reports"]


@dataclass(frozen=True)
class EvaluationRequest:
    """Which slot is judged and how: `only` these project environments (None: all), `late` after the tick did, only
    the kinds of rule that look at `news` (None: whatever may have arrived)."""

    end: datetime
    now: datetime
    mode: Mode = "final"
    only: Collection[int] | None = None
    late: bool = False
    news: News | None = None

    def concerns(self, news: News | None) -> bool:
        """Whether it is about kinds that look at `news`. Those that look at nothing that arrives (None) are judged
        once the minute is over."""
        if self.mode == "final" and self.news is None:
            return True
        return news is not None and self.news in (None, news)

    @property
    def hour(self) -> datetime:
        """The hour that the slot's minute lies in: whose baseline applies."""
        return floor_hour(self.end - MINUTE)


def to_judge(
    active: Collection[ScopeKey], rules: Iterable[int], places: Iterable[int], request: EvaluationRequest
) -> dict[ScopeKey, Scope]:
    """The scopes in which something is (made where they are new), and the settling ones of these rules and places."""
    existing = _existing(active)
    new = [Scope(**key._asdict(), created_at=request.now) for key in active if key not in existing]
    if new:
        Scope.objects.bulk_create(new, ignore_conflicts=True)
        existing = _existing(active)
    if request.mode == "rise":
        return _may_rise(existing, request)
    settling = Scope.objects.filter(
        rule__in=list(rules), project_environment__in=list(places), settling_until__gte=request.end
    )
    return existing | {key_of_scope(scope): scope for scope in settling}


def key_of_scope(scope: Scope) -> ScopeKey:
    return ScopeKey(scope.rule_id, scope.project_environment_id, scope.group_key)


def _existing(keys: Collection[ScopeKey]) -> dict[ScopeKey, Scope]:
    if not keys:
        return {}
    rows = Scope.objects.filter(
        rule__in={k.rule_id for k in keys},
        project_environment__in={k.project_environment_id for k in keys},
        group_key__in={k.group_key for k in keys},
    )
    return {key: scope for scope in rows if (key := key_of_scope(scope)) in keys}


def _may_rise(scopes: Mapping[ScopeKey, Scope], request: EvaluationRequest) -> dict[ScopeKey, Scope]:
    """Without those that are critical in this slot already: in a flood there is nothing to look at again."""
    settled = set(
        Evaluation.objects.filter(
            scope__in=[s.id for s in scopes.values()], slot_end=request.end, severity=Severity.CRITICAL, shadow=False
        ).values_list("scope_id", flat=True)
    )
    return {key: scope for key, scope in scopes.items() if scope.id not in settled}
