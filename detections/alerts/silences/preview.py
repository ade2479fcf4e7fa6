"""What a silence would hide right now, what completes its matchers, and the matchers of one alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from detections.alerts.alert_subject import subject_of
from detections.alerts.models import Alert
from detections.alerts.queries import OPEN_STATUSES
from detections.alerts.routing.matchers import MATCHER_KEYS, Matchers, Subject, labels_of, mismatch
from detections.alerts.routing_models import NotificationPolicy
from detections.alerts.silences.in_force import Hiding, hidden
from detections.rules.queries import known_rules
from detections.rules.silence_models import Silence
from detections.rules.spec.schema import SEVERITIES
from detections.telemetry.models import ProjectEnvironment

GROUPS_OFFERED = 500
OF_RULES = ("rule", "category")


@dataclass(frozen=True)
class SilencePreview:
    """The open alerts that it would hide now, by rule with their number, and all rules whose alerts it can hide."""

    alerts: int
    by_rule: list[tuple[str, int]]
    rules: list[str]


def preview(matchers: Matchers, now: datetime) -> SilencePreview:
    """What these matchers match now. A fixed number of queries."""
    imagined = Silence(pk=0, matchers={key: list(words) for key, words in matchers.items()})
    is_open = Alert.objects.filter(status__in=OPEN_STATUSES)
    found = hidden(is_open, [Hiding(imagined, now)])
    counted: dict[str, int] = {}
    for identifier in Alert.objects.filter(pk__in=found).values_list("rule__identifier", flat=True):
        counted[identifier] = counted.get(identifier, 0) + 1
    return SilencePreview(len(found), sorted(counted.items()), _rules(matchers))


def completions() -> dict[str, list[str]]:
    """By key, the values that exist now, to choose from."""
    rules = known_rules()
    places = ProjectEnvironment.objects.values_list("project__slug", "name")
    groups = Alert.objects.filter(status__in=OPEN_STATUSES).exclude(group_key="")
    tags = [*NotificationPolicy.objects.values_list("tags", flat=True), *_tags_of_open()]
    labels = {f"{name}={value}" for rule in rules for name, value in labels_of(rule.spec).items()}
    return {
        "rule": sorted(rule.rule.identifier for rule in rules),
        "category": sorted({rule.rule.category for rule in rules if rule.rule.category}),
        "severity": list(SEVERITIES),
        "project": sorted({project for project, _ in places}),
        "environment": sorted({name for _, name in places}),
        "group": list(groups.order_by("group_key").values_list("group_key", flat=True).distinct()[:GROUPS_OFFERED]),
        "label": sorted(labels),
        "tag": sorted({tag for each in tags for tag in each}),
        "zone": sorted(available_timezones()),
    }


def _tags_of_open() -> Iterator[list[str]]:
    """The sets of tags of open alerts, whose policies may have gone since."""
    rows = Alert.objects.filter(status__in=OPEN_STATUSES).exclude(tags=[]).order_by()
    return rows.values_list("tags", flat=True).distinct().iterator()


def matchers_of(alert: Alert) -> dict[str, list[str]]:
    """Those that match the alert as it is, so that a rise of its severity still comes through; to be widened."""
    subject = subject_of(alert)
    words = {key: [str(subject.value(key))] for key in MATCHER_KEYS if subject.value(key) and key != "category"}
    lower = [word for word, rank in SEVERITIES.items() if rank <= SEVERITIES[subject.severity]]
    return {**words, "severity": lower} if len(lower) < len(SEVERITIES) else _without(words, "severity")


def _without(words: Mapping[str, list[str]], key: str) -> dict[str, list[str]]:
    return {name: each for name, each in words.items() if name != key}


def _rules(matchers: Mapping[str, Sequence[str]]) -> list[str]:
    """The rules that it may concern: of their alerts only severity, place and group are open."""
    wanted = {key: words for key, words in matchers.items() if key in OF_RULES or key.startswith("label:")}
    return [
        rule.rule.identifier
        for rule in known_rules()
        if not mismatch(wanted, Subject(rule.rule.identifier, rule.rule.category, "", "", "", "", labels_of(rule.spec)))
    ]
