"""Which alerts are hidden, by which silences and until when. The number of queries does not grow with either."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from detections.alerts.alert_subject import subject_of
from detections.alerts.causes.narrower import groups_of_shared
from detections.alerts.models import Alert
from detections.alerts.routing.matchers import Subject, mismatch
from detections.alerts.routing.time_windows import WeeklyWindow, contains, leaves
from detections.rules.lifecycle.mute import in_force
from detections.rules.models import RuleVersion
from detections.rules.silence_models import Silence
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.routes import MORE

GROUP = "group"


@dataclass(frozen=True)
class Hiding:
    """A silence that hides at present, until its end or that of its hours."""

    silence: Silence
    until: datetime


class _Kind(NamedTuple):
    """What alerts that differ only in their group have in common."""

    version_id: int
    project_environment_id: int
    severity: int
    tags: tuple[str, ...]


def window_of(silence: Silence) -> WeeklyWindow | None:
    """The weekly hours of a recurring silence."""
    if not silence.recurring:
        return None
    hours = (silence.window_start, silence.window_end)
    return WeeklyWindow("", silence.zone, frozenset(silence.weekdays), *hours)


def hides_until(silence: Silence, now: datetime) -> datetime | None:
    """Until when it hides without a break; None where it does not hide now."""
    if silence.status(now) != "active":
        return None
    window = window_of(silence)
    if window is None:
        return silence.ends_at
    if not contains(window, now):
        return None
    return min(silence.ends_at, leaves(window, now) or silence.ends_at)


def hiding(now: datetime) -> list[Hiding]:
    """The silences that hide now, those that last longest first. One query."""
    found = [Hiding(silence, until) for silence in in_force(now) if (until := hides_until(silence, now))]
    return sorted(found, key=lambda each: each.until, reverse=True)


def silenced(alerts: Iterable[Alert], now: datetime) -> dict[int, list[Hiding]]:
    """By id, those of the alerts that are hidden now, with what hides them, the longest first. One query where nothing
    hides, else at most five. Of the alerts only the ids are read: the rows are as the database has them."""
    pks = {alert.pk for alert in alerts}
    hidings = hiding(now) if pks else []
    return hidden(Alert.objects.filter(pk__in=pks), hidings) if hidings else {}


def hidden(alerts: QuerySet[Alert], hidings: Sequence[Hiding]) -> dict[int, list[Hiding]]:
    """By id, those of the alerts that `hidings` match. At most four queries."""
    columns = ("pk", "group_key", "version_id", "project_environment_id", "severity", "tags")
    read = alerts.order_by().values_list(*columns)
    rows = [(pk, group, _Kind(version, place, rank, tuple(tags))) for pk, group, version, place, rank, tags in read]
    subjects = _subjects({kind for _, _, kind in rows})
    fitting = {kind: [each for each in hidings if not _differs(each, subject)] for kind, subject in subjects.items()}
    fit = [(pk, group, kind) for pk, group, kind in rows if fitting[kind]]
    shared = groups_of_shared({pk for pk, group, _ in fit if group == MORE})
    found = {
        pk: [each for each in fitting[kind] if _covers(each, replace(subjects[kind], group=group), shared.get(pk, ()))]
        for pk, group, kind in fit
    }
    return {pk: hidings for pk, hidings in found.items() if hidings}


def not_hidden(groups: Collection[int | None], now: datetime) -> dict[int | None, Alert]:
    """By id of the group, its strongest open alert that no silence hides; none where all are hidden. One query, and
    those of `silenced`."""
    related = ("rule", "project", "project_environment", "evidence", "grouped__group")
    rows = Alert.objects.filter(grouped__group__in=groups, dedup_key__isnull=False).select_related(*related)
    weakest_first = list(rows.order_by("severity", "-id"))
    silent = silenced(weakest_first, now)
    return {alert.grouped.group_id: alert for alert in weakest_first if alert.pk not in silent}


def by_silence(found: Mapping[int, Sequence[Hiding]]) -> dict[int, int]:
    """By id of each silence that hides any alert, how many it hides."""
    counted: dict[int, int] = {}
    for hidings in found.values():
        for each in hidings:
            counted[each.silence.pk] = counted.get(each.silence.pk, 0) + 1
    return counted


def _subjects(kinds: Collection[_Kind]) -> dict[_Kind, Subject]:
    """The subject of each kind of alert, without group."""
    versions = RuleVersion.objects.select_related("rule").in_bulk({kind.version_id for kind in kinds})
    places = ProjectEnvironment.objects.select_related("project").in_bulk({k.project_environment_id for k in kinds})
    return {kind: subject_of(alert) for kind, alert in _examples(kinds, versions, places)}


def _examples(
    kinds: Iterable[_Kind], versions: Mapping[int, RuleVersion], places: Mapping[int, ProjectEnvironment]
) -> Iterator[tuple[_Kind, Alert]]:
    for kind in kinds:
        version, place = versions[kind.version_id], places[kind.project_environment_id]
        example = Alert(rule=version.rule, version=version, project=place.project, project_environment=place)
        example.severity, example.tags = kind.severity, list(kind.tags)
        yield kind, example


def _differs(hiding: Hiding, subject: Subject) -> str:
    """Why it does not match, whatever the group; empty where it may."""
    matchers = hiding.silence.matchers
    return mismatch({key: words for key, words in matchers.items() if key != GROUP}, subject)


def _covers(hiding: Hiding, subject: Subject, groups: Collection[str]) -> bool:
    """Whether it matches the group; of the alert that scopes share in a flood this one, or those of all of them."""
    words = hiding.silence.matchers.get(GROUP)
    if words is None or not mismatch({GROUP: words}, subject):
        return True
    return bool(groups) and not any(mismatch({GROUP: words}, replace(subject, group=group)) for group in groups)
