"""The silences that a daily summary is about, and which of its alerts they hide."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from detections.alerts.models import Alert
from detections.alerts.silences.in_force import Hiding, by_silence, hidden, hides_until
from detections.alerts.silences.row import hidden_now
from detections.alerts.summary.alerts_of_day import candidates
from detections.alerts.summary.models import DailySummary
from detections.rules.lifecycle.mute import in_force
from detections.rules.silence_models import Silence


@dataclass(frozen=True)
class SilencesOfDay:
    """`in_force` at its end, without mutes of rules, with the number of open alerts that each hides, most first, and
    `ended` during its time. `alerts`: ids of the summary's alerts that are, or at their end were, hidden; `waiting`:
    those of them that are open, whose messages wait on."""

    in_force: list[tuple[Silence, int]] = field(default_factory=list)
    ended: list[Silence] = field(default_factory=list)
    alerts: Collection[int] = frozenset()
    waiting: Collection[int] = frozenset()


def silences_of(summary: DailySummary, now: datetime) -> SilencesOfDay:
    """Two queries where there were none, else at most eleven."""
    ended = Silence.objects.filter(ends_at__gt=summary.since, ends_at__lte=now).order_by("ends_at")
    running = list(in_force(now))
    if not running and not ended:
        return SilencesOfDay()
    counts = by_silence(hidden_now(now).by_alert)
    listed = [(silence, counts.get(silence.pk, 0)) for silence in running if silence.rule_id is None]
    alerts = _hidden(summary, now, [*running, *ended])
    return SilencesOfDay(
        sorted(listed, key=lambda each: (-each[1], each[0].ends_at, each[0].pk)),
        list(ended),
        frozenset(alerts),
        frozenset(pk for pk, is_open in alerts.items() if is_open),
    )


def _hidden(summary: DailySummary, now: datetime, silences: Collection[Silence]) -> dict[int, bool]:
    """By id of each of the summary's alerts that is hidden, or was when it ended, whether it is open."""
    rows: dict[int, datetime | None] = dict(candidates(summary).values_list("pk", "resolved_at"))
    # A silence that had ended when an alert did hides it no more: each is asked at the alert's own time.
    matching = hidden(Alert.objects.filter(pk__in=rows), [Hiding(silence, silence.ends_at) for silence in silences])
    return {
        pk: rows[pk] is None
        for pk, hidings in matching.items()
        if any(hides_until(each.silence, rows[pk] or now) for each in hidings)
    }
