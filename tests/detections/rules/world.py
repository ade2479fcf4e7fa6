"""A small world for the tests of the rules: events come through the real digest, history through the real counting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from detections.ingest.digest import digest_batch
from detections.rules import packs
from detections.rules.evaluation import refresh_baselines
from detections.rules.evaluation.run_evaluators import evaluate, lock
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.lifecycle import publish
from detections.rules.models import Evaluation, Rule, Scope, Verdict
from detections.rules.spec.schema import decode
from detections.telemetry.add_counts import add_counts, cover
from detections.telemetry.models import Project, ProjectEnvironment
from detections.telemetry.records import Count, SeriesKey
from detections.telemetry.series import series_ids
from tests.detections import builders

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PREVIEW = "/api/beta/preview/synth-scraper-token-001/screen/1"
ROUTE = "/api/orders/submit"


def event(at: datetime, *, path: str = ROUTE, **fields: Any) -> dict[str, Any]:
    """One error on a path at a moment."""
    request = {"method": "GET", "url": f"https://raptor.example{path}"}
    return builders.event(**{"timestamp": at.isoformat(), "transaction": path, "request": request, **fields})


def events(number: int, end: datetime, *, path: str = ROUTE, gap: float = 5, **fields: Any) -> list[dict[str, Any]]:
    """`number` errors on a path, `gap` seconds apart, the last one second before `end`."""
    times = [end - timedelta(seconds=1 + gap * i) for i in reversed(range(number))]
    return [event(at, path=path, **fields) for at in times]


def plain(value: str = "quantity must be positive") -> dict[str, Any]:
    """Fields of an error that no signature knows."""
    return {"exception": {"values": [{"type": "ValueError", "value": value}]}}


def arrive(project: Project, sent: Sequence[dict[str, Any]], at: datetime) -> None:
    """The events are received and digested at `at`."""
    for payload in sent:
        builders.inbox(project, builders.envelope(("event", payload), sent_at=at.isoformat()), received_at=at)
    while digest_batch(at):
        pass


def environment(project: Project, name: str = "prod", since: datetime = NOON - 10 * 24 * HOUR) -> ProjectEnvironment:
    """The project's environment, as if its first event had come at `since`."""
    row, _ = ProjectEnvironment.objects.get_or_create(
        project=project,
        name=name,
        defaults={
            "first_event_at": since,
            "last_event_at": since,
            "environment": project.app.system.environments.filter(slug=name).first() if project.app else None,
        },
    )
    return row


def covered(start: datetime, end: datetime, source: str = "sentry") -> None:
    cover(source, (start + i * MINUTE for i in range((end - start) // MINUTE)))


def count(place: ProjectEnvironment, route: str, counts: dict[datetime, int], source: str = "sentry") -> None:
    """Counts without events, as a back-fill writes them."""
    key = SeriesKey(place.project_id, place.id, source, "error", "GET", route)
    series = series_ids([key], NOON)[key]
    add_counts(Count(place.project_id, series, minute, n) for minute, n in counts.items())


def week(place: ProjectEnvironment, route: str, until: datetime, per_minute: float = 0.1, days: int = 8) -> None:
    """A covered past with a steady trickle of errors, seeded."""
    start = until - days * 24 * HOUR
    covered(start, until)
    numbers = np.random.default_rng(1).poisson(per_minute, days * 24 * 60)
    count(place, route, {start + int(i) * MINUTE: int(numbers[i]) for i in np.flatnonzero(numbers)})


def rule(identifier: str = "R-1", mode: str = "active", now: datetime = NOON, **spec: Any) -> Rule:
    """A published rule; by default like DET-OPS-002: each route against its own week."""
    content = {
        "title": identifier,
        "selector": {"sources": [{"source": "sentry"}]},
        "conditions": [{"kind": "exceedance"}],
        **spec,
    }
    return publish.publish(identifier, decode(content), now=now, author_name="test", reason="test", mode=mode).rule


def beta(now: datetime = NOON) -> Rule:
    packs.load(now)
    return Rule.objects.get(identifier="DET-BETA-003")


def learnt(rule: Rule, place: ProjectEnvironment, group_key: str, at: datetime) -> Scope:
    """The rule's scope, with the baselines of `at` estimated as the task does."""
    scope, _ = Scope.objects.get_or_create(
        rule=rule, project_environment=place, group_key=group_key, defaults={"created_at": at}
    )
    refresh_baselines.refresh_all(lambda: at, HOUR)
    return scope


def judge(end: datetime, now: datetime | None = None, **how: Any) -> int:
    """Evaluate one slot as the tick does."""
    with transaction.atomic():
        lock()
        return evaluate(EvaluationRequest(end, now or end + timedelta(seconds=10), **how))


def newest(scope: Scope | None = None) -> Evaluation:
    rows = Evaluation.objects.filter(scope=scope) if scope else Evaluation.objects.all()
    return rows.select_related("evidence").latest("slot_end", "revision")


def told() -> list[tuple[datetime, str, int | None]]:
    """What alerts were told, in order: slot, outcome, severity."""
    rows = Verdict.objects.order_by("id")
    return list(rows.values_list("evaluation__slot_end", "evaluation__outcome", "evaluation__severity"))
