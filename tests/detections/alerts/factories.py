"""Rows that other rooms write, made directly: what the rules judged, and what they judged it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from msgspec.structs import replace

from detections.rules.evidence.exceedance import ENGINE, ExceedanceEvidence
from detections.rules.lifecycle.publish import publish
from detections.rules.models import Evaluation, Evidence, Rule, RuleVersion, Scope, Verdict
from detections.rules.spec.schema import decode
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.accounts.models import User

START = datetime(2026, 6, 12, 14, 0, tzinfo=UTC)  # a Friday, 10:00 in New York
MINUTE = timedelta(minutes=1)
PREFIX = "/api/beta/preview/*"
SEVERITIES = {"m": 1, "h": 2, "c": 3}
OUTCOMES = {".": "clear", "?": "no_data", "!": "error"}

_numbers = count(1)


def make_user(name: str = "") -> User:
    return User.objects.create_user(name or f"person{next(_numbers)}", password=None)


def make_rule(identifier: str = "DET-BETA-003", **spec: Any) -> Rule:
    return edit_rule(identifier, **spec).rule


def edit_rule(identifier: str, **spec: Any) -> RuleVersion:
    """A version of the rule with this wording; the rule is created active where it is new."""
    words = {
        "title": "Errors on the preview",
        "category": "beta",
        "owner": "sre-agent",
        "selector": {"route": PREFIX, "sources": [{"source": "sentry"}]},
        "group_by": "prefix",
        "conditions": [{"kind": "exceedance"}],
        **spec,
    }
    return publish(identifier, decode(words), now=START, author_name="test", mode=Rule.Mode.ACTIVE)


def make_scope(rule: Rule | None = None, group_key: str = PREFIX, project: str = "raptor") -> Scope:
    owner, _ = Project.objects.get_or_create(slug=project, defaults={"name": project.title()})
    environment, _ = ProjectEnvironment.objects.get_or_create(
        project=owner, name="prod", defaults={"first_event_at": START, "last_event_at": START}
    )
    return Scope.objects.create(
        rule=rule or make_rule(), project_environment=environment, group_key=group_key, created_at=START
    )


def judge(scope: Scope, sign: str, minute: int, **extra: Any) -> Verdict:
    """One verdict from one letter: m h c fire at that severity, `.` clear, `?` no data, `!` error."""
    slot_end = START + minute * MINUTE
    version = scope.rule.versions.latest("number")
    severity = SEVERITIES.get(sign)
    words = extra.pop("data", {})
    values: dict[str, Any] = {
        "outcome": OUTCOMES.get(sign, "firing"),
        "severity": severity,
        "count": 5 if severity else 0,
        "evaluated_at": slot_end + timedelta(seconds=10),
        "revision": Evaluation.objects.filter(scope=scope, slot_end=slot_end).count(),
        **extra,
    }
    if severity:
        values["evidence"] = Evidence.objects.create(
            scope=scope,
            version=version,
            slot_end=slot_end,
            data=record(scope, slot_end, int(severity), int(values["count"] or 0), **words),
            sentence=f"{values['count']} errors in 5 minutes where 0.4 are usual",
            created_at=slot_end,
        )
    evaluation = Evaluation.objects.create(scope=scope, version=version, slot_end=slot_end, **values)
    return Verdict.objects.create(evaluation=evaluation, scope=scope, created_at=slot_end)


def judge_all(scope: Scope, signs: str, start: int = 0) -> None:
    for minute, sign in enumerate(signs, start):
        judge(scope, sign, minute)


def record(scope: Scope, slot_end: datetime, severity: int, errors: int, **words: Any) -> dict[str, Any]:
    """What stands behind a firing, as the rules write it down."""
    made = ExceedanceEvidence(
        engine=ENGINE,
        rule=scope.rule.identifier,
        version=1,
        project=scope.project_environment.project.slug,
        environment=scope.project_environment.name,
        group=scope.group_key,
        source="sentry",
        slot_end=slot_end,
        window_minutes=5,
        count=errors,
        busiest=errors,
        busiest_end=slot_end,
        before=0,
        hour=errors,
        severity=severity,
        reasons=["floor 3"],
        limit=1,
        method="nb_tail",
        events=[],
    )
    return replace(made, **words).as_data()
