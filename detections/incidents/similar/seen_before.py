"""Incidents that have something in common with an alert or another incident."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from bootstrap.importer.parser.incident_facts import variables_in
from detections.alerts.causes.companions import keys_of
from detections.alerts.causes.models import GroupedAlert
from detections.alerts.models import Alert
from detections.incidents.models import Incident
from detections.telemetry.routes import MORE

MOST = 5
# What incidents have in common, the closest first, in words. One closer thing outweighs all that are less close.
COMMON = {
    "issue": "the same issue",
    "failure": "the same known failure",
    "variable": "the same variable",
    "group": "the same rule on the same group",
    "bug_class": "the same bug class",
    "rule": "the same rule",
}
WEIGHTS = {kind: 2 ** (len(COMMON) - at) for at, kind in enumerate(COMMON)}

# Each part is (incident_id, weights of what it has): every kind is a bit, so that one that is found twice counts once.
# Rows of alerts are read once, by the incidents that have them.
RANKED = """
WITH common (incident_id, weight) AS (
  SELECT l.incident_id,
         CASE WHEN a.rule_id = ANY(%(rules)s) THEN %(rule)s ELSE 0 END
         | CASE WHEN (a.rule_id, a.group_key) IN (
             SELECT * FROM unnest(%(group_rules)s::bigint[], %(groups)s::text[])
           ) THEN %(group)s ELSE 0 END
         | CASE WHEN a.cause = ANY(%(failures)s) THEN %(failure)s ELSE 0 END
         | CASE WHEN a.group_key = ANY(%(variables)s) THEN %(variable)s ELSE 0 END
  FROM detections_incidentalert l JOIN detections_alert a ON a.id = l.alert_id
  WHERE l.removed_at IS NULL AND (
    a.rule_id = ANY(%(rules)s) OR a.cause = ANY(%(failures)s) OR a.group_key = ANY(%(variables)s)
  )
  UNION ALL SELECT incident_id, %(rule)s FROM detections_incidentlink WHERE rule_id = ANY(%(rules)s)
  UNION ALL SELECT incident_id, %(issue)s FROM detections_incidentlink WHERE issue_id = ANY(%(issues)s)
  UNION ALL SELECT incident_id, %(variable)s FROM detections_incidentlink WHERE variable = ANY(%(variables)s)
  UNION ALL SELECT id, %(bug_class)s FROM detections_incident WHERE bug_class_id = %(of_class)s
),
closest AS (
  SELECT incident_id, bit_or(weight) AS weight FROM common
  WHERE incident_id <> ALL(%(besides)s) GROUP BY incident_id
)
SELECT closest.incident_id, closest.weight FROM closest JOIN detections_incident i ON i.id = closest.incident_id
ORDER BY closest.weight DESC, i.declared_at DESC, i.id DESC LIMIT %(most)s
"""


@dataclass(frozen=True)
class SeenBefore:
    """An earlier incident, and in words what it has in common: `the same rule, the same issue`."""

    incident: Incident
    why: str


@dataclass
class CommonFacts:
    """By what other incidents are found. `groups` are (rule, group key); '' and None find nothing."""

    rules: set[int] = field(default_factory=set)
    groups: set[tuple[int, str]] = field(default_factory=set)
    failures: set[str] = field(default_factory=set)
    issues: set[int] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)
    bug_class: int | None = None

    def add_alert(self, rule: int, group_key: str, cause: str) -> None:
        """What an alert gives: a finding's group is its variable, and a cause may name some."""
        self.rules.add(rule)
        if group_key not in ("", MORE):
            self.groups.add((rule, group_key))
        if cause:
            self.failures.add(cause)
        self.variables.update(variables_in(f"{group_key} {cause}"))


def of_alert(alert: Alert) -> Sequence[SeenBefore]:
    """The incidents that have something in common with the alert, the closest first; those that it is in are left out.
    A fixed number of queries."""
    facts = CommonFacts()
    facts.add_alert(alert.rule_id, alert.group_key, alert.cause)
    issue = keys_of(alert).issue
    facts.issues = {issue} if issue else set()
    return _closest(facts, alert.incident_links.filter(removed_at=None).values_list("incident", flat=True))


def of_incident(incident: Incident) -> Sequence[SeenBefore]:
    """The other incidents that have something in common with this one, the closest first. Five queries."""
    facts = CommonFacts(bug_class=incident.bug_class_id)
    alerts = Alert.objects.filter(incident_links__incident=incident, incident_links__removed_at=None)
    for rule, group_key, cause in alerts.values_list("rule", "group_key", "cause"):
        facts.add_alert(rule, group_key, cause)
    grouped = GroupedAlert.objects.filter(alert__in=alerts, issue__isnull=False)
    facts.issues.update(filter(None, grouped.values_list("issue", flat=True)))
    for rule, issue, variable in incident.links.values_list("rule", "issue", "variable"):
        facts.rules.update({rule} if rule else ())
        facts.issues.update({issue} if issue else ())
        facts.variables.update({variable} if variable else ())
    return _closest(facts, [incident.pk])


def _closest(facts: CommonFacts, besides: Iterable[int]) -> list[SeenBefore]:
    groups = sorted(facts.groups)
    parameters: dict[str, Any] = {
        "rules": list(facts.rules),
        "group_rules": [rule for rule, _ in groups],
        "groups": [group for _, group in groups],
        "failures": list(facts.failures),
        "issues": list(facts.issues),
        "variables": list(facts.variables),
        "of_class": facts.bug_class,
        "besides": list(besides),
        "most": MOST,
        **WEIGHTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(RANKED, parameters)
        ranked = cursor.fetchall()
    found = Incident.objects.select_related("bug_class").in_bulk([pk for pk, _ in ranked])
    return [SeenBefore(found[pk], in_words(_kinds(weight))) for pk, weight in ranked if pk in found]


def _kinds(weight: int) -> list[str]:
    """The kinds whose weights it is the sum of."""
    return [kind for kind, each in WEIGHTS.items() if weight & each]


def in_words(kinds: Sequence[str]) -> str:
    """What they have in common, the closest first; a rule on a group is not named twice."""
    named = [kind for kind in COMMON if kind in kinds and not (kind == "rule" and "group" in kinds)]
    return ", ".join(COMMON[kind] for kind in named)
