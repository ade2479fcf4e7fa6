"""Silences as pages and the API show them: state, what they hide now, how long still."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.alerts.models import Alert
from detections.alerts.queries import OPEN_STATUSES
from detections.alerts.silences.in_force import Hiding, by_silence, hidden, hides_until, hiding, window_of
from detections.alerts.silences.matcher_text import in_words
from detections.rules.silence_models import Silence

SOON = timedelta(minutes=15)  # before its end a silence says so on pages


@dataclass(frozen=True)
class SilenceRow:
    """A silence of the list; `hides` is the number of open alerts that it hides now."""

    silence: Silence
    status: str
    hides: int
    until: datetime | None
    now: datetime

    @property
    def pk(self) -> int:
        return self.silence.pk

    @property
    def over(self) -> bool:
        return self.status == "ended"

    @property
    def words(self) -> list[tuple[str, str]]:
        return in_words(self.silence.matchers)

    @property
    def hours(self) -> str:
        window = window_of(self.silence)
        return str(window) if window else ""

    @property
    def ends_soon(self) -> bool:
        return self.status == "active" and self.silence.ends_at - self.now <= SOON

    @property
    def between_hours(self) -> bool:
        """Whether it recurs, and its hours are not now."""
        return self.status == "active" and self.until is None


@dataclass(frozen=True)
class Hidden:
    """The open alerts that are hidden now, by id with what hides them, and the number of these silences."""

    by_alert: dict[int, list[Hiding]]
    silences: int
    ends_next: datetime | None

    @property
    def alerts(self) -> int:
        return len(self.by_alert)


def rows(silences: Sequence[Silence], now: datetime) -> list[SilenceRow]:
    """The rows of a page of the list. At most five queries."""
    counts = by_silence(hidden_now(now).by_alert) if any(each.status(now) == "active" for each in silences) else {}
    return [
        SilenceRow(each, each.status(now), counts.get(each.pk, 0), hides_until(each, now), now) for each in silences
    ]


def hidden_now(now: datetime) -> Hidden:
    """All open alerts that are hidden. One query where nothing hides, else at most five."""
    hidings = hiding(now)
    found = hidden(Alert.objects.filter(status__in=OPEN_STATUSES), hidings) if hidings else {}
    used = {each.silence.pk: each.silence for of_alert in found.values() for each in of_alert}
    soon = [silence.ends_at for silence in used.values() if silence.ends_at - now <= SOON]
    return Hidden(found, len(used), min(soon, default=None))


def names(pks: Collection[int]) -> dict[int, str]:
    """By id, the name of a silence."""
    return {silence.pk: str(silence) for silence in Silence.objects.filter(pk__in=pks)}
