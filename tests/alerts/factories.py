"""Rows that other rooms write, made directly: what the rules judged, and what they judged it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from detections.rules.models import Evaluation, Evidence, Rule, RuleVersion, Scope, Verdict
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


def make_rule(identifier: str = "DET-BETA-003", **spec: object) -> Rule:
    rule = Rule.objects.create(
        identifier=identifier, title="Errors on the preview", category="beta", mode=Rule.Mode.ACTIVE, owner="sre-agent"
    )
    edit_rule(rule, **spec)
    return rule


def edit_rule(rule: Rule, **spec: object) -> RuleVersion:
    number = rule.versions.count() + 1
    version = RuleVersion.objects.create(
        rule=rule, number=number, spec={"title": rule.title, **spec}, content_hash=f"{number:064}", created_at=START
    )
    rule.current = version
    rule.save()
    return version


def make_scope(rule: Rule | None = None, group_key: str = PREFIX, project: str = "raptor") -> Scope:
    owner, _ = Project.objects.get_or_create(slug=project, defaults={"name": project.title()})
    environment, _ = ProjectEnvironment.objects.get_or_create(
        project=owner, name="prod", defaults={"first_event_at": START, "last_event_at": START}
    )
    return Scope.objects.create(
        rule=rule or make_rule(), project_environment=environment, group_key=group_key, created_at=START
    )


def judge(scope: Scope, sign: str, minute: int, **extra: object) -> Verdict:
    """One verdict from one letter: m h c fire at that severity, `.` clear, `?` no data, `!` error."""
    slot_end = START + minute * MINUTE
    version = scope.rule.current
    assert version is not None
    severity = SEVERITIES.get(sign)
    data = extra.pop("data", {})
    values: dict[str, object] = {
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
            data=data,
            sentence=f"{values['count']} errors in 5 minutes where 0.4 are usual",
            created_at=slot_end,
        )
    evaluation = Evaluation.objects.create(scope=scope, version=version, slot_end=slot_end, **values)
    return Verdict.objects.create(evaluation=evaluation, scope=scope, created_at=slot_end)


def judge_all(scope: Scope, signs: str, start: int = 0) -> None:
    for minute, sign in enumerate(signs, start):
        judge(scope, sign, minute)
