"""Runs a version's fixtures: events that must fire it and events that must not, through the real ingest code.

Everything happens in a scratch project inside a transaction that is rolled back: nothing of it is ever seen by others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from django.db import transaction

from bootstrap.config_health.models import Finding
from bootstrap.systems.models import App, Deployment, Environment, System
from detections.ingest.to_records import Raw, to_record
from detections.rules import packs
from detections.rules.evaluation.evaluator import evaluate, lock
from detections.rules.evaluation.scopes import Slot
from detections.rules.lifecycle.publish import publish
from detections.rules.models import Evaluation, FixtureRun, Rule, RuleVersion, Scope
from detections.rules.spec.conditions import FindingKind
from detections.rules.spec.schema import SEVERITIES, RuleSpec, decode
from detections.telemetry.models import Project, ProjectEnvironment
from detections.telemetry.record import Record
from detections.telemetry.write import write_records
from opsconsole.accounts.models import User
from opsconsole.lib.clock import MINUTE, floor_minute

FAILING = "FIXTURE-ANOTHER-RULE"  # the rule that a fixture's errors are of


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event of a fixture, by how long before the fixture's end it happened."""

    seconds_before_end: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    event: dict[str, Any]


class Reported(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding of a fixture, by how long before the fixture's end it was open."""

    subject: str
    kind: FindingKind
    severity: Literal["critical", "warning", "info"]
    opened_seconds_before_end: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    closed_seconds_before_end: Annotated[float, msgspec.Meta(gt=0, le=3600)] | None = None
    detail: str = ""


class Erred(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One scope of another rule whose judging ended in an error, in the slots that so many minutes ago ended."""

    group: str
    error: str
    minutes_before_end: list[Annotated[int, msgspec.Meta(ge=0, le=60)]]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the rule has to make of it; severity and cause are compared where they are given."""

    fires: bool
    severity: str = ""
    cause: str = ""


class Fixture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    project: str
    environment: str
    expect: Expected
    events: list[Sent] = []
    findings: list[Reported] = []
    errors: list[Erred] = []

    @property
    def minutes(self) -> int:
        """How many minutes before the end hold its first event, finding or error."""
        ages = [s.seconds_before_end for s in self.events] + [f.opened_seconds_before_end for f in self.findings]
        return max(int(max(ages, default=0) // 60), *(n for e in self.errors for n in e.minutes_before_end), 0)


class Result(msgspec.Struct, frozen=True):
    """One fixture's outcome, as FixtureRun.results keeps it."""

    name: str
    about: str
    expected: str
    got: str
    passed: bool


def validate(version: RuleVersion, now: datetime, by: User | None = None) -> FixtureRun:
    """Run all fixtures of `version` and keep the result. Passed only if there are any, and each did as it should."""
    spec = decode(version.spec)
    results = [run(name, spec, now) for name in spec.fixtures]
    return FixtureRun.objects.create(
        version=version,
        at=now,
        passed=bool(results) and all(result.passed for result in results),
        results=msgspec.to_builtins(results),
        by=by,
    )


def run(name: str, spec: RuleSpec, now: datetime) -> Result:
    """Replay one fixture against the rule; what cannot be read has failed."""
    try:
        fixture = read(name)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        return Result(name, "", "a readable fixture", f"{type(error).__name__}: {error}", passed=False)
    got = replay(fixture, spec, now)
    return Result(name, fixture.about, _words(fixture.expect), _words(got), _agrees(fixture.expect, got))


def read(name: str) -> Fixture:
    """A shipped fixture. Raises OSError or ValidationError."""
    return msgspec.convert(json.loads((packs.FIXTURES / f"{name}.json").read_text()), Fixture)


def replay(fixture: Fixture, spec: RuleSpec, now: datetime) -> Expected:
    """What the rule makes of the fixture's events: the severest of the slots that they fall in."""
    end = floor_minute(now)
    with _scratch(fixture, spec) as (project, rule):
        write_records([_record(project, sent, fixture.environment, end) for sent in fixture.events])
        _report(project, fixture, end)
        _err(project, fixture, end)
        lock()
        for minutes in range(fixture.minutes + 1):
            evaluate(Slot(end - minutes * MINUTE, now), [rule.identifier])
        severest = (
            Evaluation.objects.filter(scope__rule=rule, outcome=Evaluation.Outcome.FIRING)
            .select_related("evidence")
            .order_by("-severity", "-count")
            .first()
        )
        if severest is None or severest.evidence is None:
            return Expected(fires=False)
        word = next(word for word, number in SEVERITIES.items() if number == severest.severity)
        return Expected(fires=True, severity=word, cause=severest.evidence.data["cause"])


@contextmanager
def _scratch(fixture: Fixture, spec: RuleSpec) -> Iterator[tuple[Project, Rule]]:
    """A project with the fixture's environment and the rule bound to it, all gone afterwards."""
    slug = f"fixture-{uuid4().hex[:20]}"
    with transaction.atomic():
        system = System.objects.create(slug=slug, name=slug)
        app = App.objects.create(system=system, slug=slug, name=slug)
        Environment.objects.create(
            system=system, slug=spec.selector.environment or "prod", name=slug, aliases=[fixture.environment]
        )
        project = Project.objects.create(app=app, slug=slug, name=slug)
        elsewhere = spec.selector.project not in ("", fixture.project)
        selector = msgspec.structs.replace(spec.selector, project="another project" if elsewhere else slug)
        bound = msgspec.structs.replace(spec, selector=selector)
        rule = publish(slug, bound, now=floor_minute(project.created_at), mode=Rule.Mode.SHADOW).rule
        yield project, rule
        transaction.set_rollback(True)


def _report(project: Project, fixture: Fixture, end: datetime) -> None:
    """The fixture's findings, in the one environment of its project."""
    if not fixture.findings or project.app is None:
        return
    environment = project.app.system.environments.get()
    deployment = Deployment.objects.create(app=project.app, environment=environment, host_name=project.slug)
    Finding.objects.bulk_create(
        Finding(
            deployment=deployment,
            subject=found.subject,
            kind=found.kind,
            severity=found.severity,
            detail=found.detail,
            opened_at=end - timedelta(seconds=found.opened_seconds_before_end),
            closed_at=end - timedelta(seconds=closed) if (closed := found.closed_seconds_before_end) else None,
        )
        for found in fixture.findings
    )


def _err(project: Project, fixture: Fixture, end: datetime) -> None:
    """The fixture's errors, of a further rule."""
    if not fixture.errors:
        return
    failing = Rule.objects.create(identifier=FAILING, title="A rule that fails", mode=Rule.Mode.SHADOW)
    version = RuleVersion.objects.create(
        rule=failing, number=1, spec={}, content_hash="", author_name=project.slug, created_at=end
    )
    place = ProjectEnvironment.objects.create(project=project, name=fixture.environment)
    for erred in fixture.errors:
        scope = Scope.objects.create(rule=failing, project_environment=place, group_key=erred.group, created_at=end)
        Evaluation.objects.bulk_create(
            Evaluation(
                scope=scope,
                version=version,
                slot_end=end - minutes * MINUTE,
                outcome=Evaluation.Outcome.ERROR,
                detail=erred.error,
                evaluated_at=end,
            )
            for minutes in erred.minutes_before_end
        )


def _record(project: Project, sent: Sent, environment: str, end: datetime) -> Record:
    at = end - timedelta(seconds=sent.seconds_before_end)
    raw = Raw(0, project.id, "store", at, uuid4(), b"", "", 0)
    payload = {"environment": environment, **sent.event, "timestamp": at.isoformat()}
    return to_record(raw, payload, raw.event_id, None)


def _agrees(expected: Expected, got: Expected) -> bool:
    return expected.fires == got.fires and expected.severity in ("", got.severity) and expected.cause in ("", got.cause)


def _words(what: Expected) -> str:
    if not what.fires:
        return "does not fire"
    return ", ".join(filter(None, ["fires", what.severity, what.cause]))
