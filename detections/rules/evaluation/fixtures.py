"""Runs a version's fixtures: inputs that must fire it and inputs that must not, through the code that judges rules.

Everything happens in a scratch project inside a transaction that is rolled back: nothing of it is ever seen by others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from django.db import transaction

from bootstrap.systems.models import App, Environment, System
from detections.rules import packs
from detections.rules.evaluation.registry import fixture_inputs
from detections.rules.evaluation.run_evaluators import evaluate, lock
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.lifecycle.publish import publish
from detections.rules.models import Evaluation, FixtureRun, Rule, RuleVersion
from detections.rules.spec.schema import SEVERITIES, RuleSpec, decode
from detections.telemetry.models import Project
from opsconsole.accounts.models import User
from opsconsole.lib.clock import MINUTE, floor_minute


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the rule has to make of it; severity and cause are compared where they are given."""

    fires: bool
    severity: str = ""
    cause: str = ""


class FixtureHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a fixture's file says beside its inputs."""

    about: str
    project: str
    environment: str
    expect: Expected


@dataclass(frozen=True)
class Fixture:
    """`inputs` are what the fixture consists of (events, findings, …), by key; a key without items is left out."""

    header: FixtureHeader
    inputs: Mapping[str, Sequence[Any]]

    @property
    def minutes(self) -> int:
        """How many minutes before the end its first input lies."""
        known = fixture_inputs()
        return max((known[key].minutes(item) for key, items in self.inputs.items() for item in items), default=0)


class FixtureResult(msgspec.Struct, frozen=True):
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


def run(name: str, spec: RuleSpec, now: datetime) -> FixtureResult:
    """Replay one fixture against the rule; what cannot be read has failed."""
    try:
        fixture = read(name)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        return FixtureResult(name, "", "a readable fixture", f"{type(error).__name__}: {error}", passed=False)
    expected, got = fixture.header.expect, replay(fixture, spec, now)
    return FixtureResult(name, fixture.header.about, _words(expected), _words(got), _agrees(expected, got))


def read(name: str) -> Fixture:
    """A shipped fixture. Raises OSError or ValidationError."""
    data = msgspec.json.decode((packs.FIXTURES / f"{name}.json").read_bytes(), type=dict[str, Any])
    known = {key: data.pop(key) for key in fixture_inputs() if key in data}
    inputs = {key: _items(fixture_inputs()[key].item, items) for key, items in known.items()}
    return Fixture(msgspec.convert(data, FixtureHeader), {key: items for key, items in inputs.items() if items})


def _items(type_: type[msgspec.Struct], items: Any) -> list[Any]:
    return [msgspec.convert(item, type_) for item in msgspec.convert(items, list[Any])]


def replay(fixture: Fixture, spec: RuleSpec, now: datetime) -> Expected:
    """What the rule makes of the fixture's inputs: the severest of the slots that they fall in."""
    end = floor_minute(now)
    with _scratch(fixture.header, spec) as (project, rule):
        for key, items in fixture.inputs.items():
            fixture_inputs()[key].create(project, fixture.header.environment, items, end)
        lock()
        for minutes in range(fixture.minutes + 1):
            evaluate(EvaluationRequest(end - minutes * MINUTE, now), [rule.identifier])
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
def _scratch(fixture: FixtureHeader, spec: RuleSpec) -> Iterator[tuple[Project, Rule]]:
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


def _agrees(expected: Expected, got: Expected) -> bool:
    return expected.fires == got.fires and expected.severity in ("", got.severity) and expected.cause in ("", got.cause)


def _words(what: Expected) -> str:
    if not what.fires:
        return "does not fire"
    return ", ".join(filter(None, ["fires", what.severity, what.cause]))
