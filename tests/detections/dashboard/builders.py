"""Rows that the pages are tested with: projects with series, counts, coverage, issues and events with bodies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from detections.alerts.models import Alert
from detections.rules.lifecycle.publish import publish
from detections.rules.models import Baseline, Rule, Scope
from detections.rules.spec.schema import decode
from detections.telemetry import add_counts, bodies, partitions
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease
from detections.telemetry.models import Event, Issue, IssueHour, Project, ProjectEnvironment, Series
from detections.telemetry.records import Count
from opsconsole.lib.clock import floor_hour, floor_minute, now

MOMENT = datetime(2026, 6, 12, 14, 35, 20, tzinfo=UTC)  # when the tests of pages take place
LONG_AGO = timedelta(days=8)


def minute(back: int = 0) -> datetime:
    """The start of the running minute, or of one `back` minutes ago."""
    return floor_minute(now()) - timedelta(minutes=back)


def project(slug: str = "raptor", **more: Any) -> Project:
    return Project.objects.get_or_create(slug=slug, defaults={"name": slug.title(), **more})[0]


def environment(of: Project, name: str = "prod", last: datetime | None = None) -> ProjectEnvironment:
    defaults = {"first_event_at": now() - LONG_AGO, "last_event_at": last or now()}
    return ProjectEnvironment.objects.get_or_create(project=of, name=name, defaults=defaults)[0]


def series(route: str = "/checkout", method: str = "POST", of: Project | None = None, env: str = "prod") -> Series:
    owner = of or project()
    return Series.objects.create(
        project=owner,
        project_environment=environment(owner, env),
        source=Series.Source.SENTRY,
        kind=Series.Kind.ERROR,
        method=method,
        route=route,
        first_seen=now() - LONG_AGO,
        last_seen=now(),
    )


def errors(of: Series, *backs: int, n: int = 1) -> None:
    """`n` errors in each of the minutes that lie so many minutes back."""
    add_counts.add_counts([Count(of.project_id, of.pk, minute(back), n) for back in backs])


def cover(backs: Iterable[int], source: str = "sentry") -> None:
    add_counts.cover(source, [minute(back) for back in backs])


def issue(of: Project | None = None, title: str = "ValueError: no price", **more: Any) -> Issue:
    kind, _, value = title.partition(": ")
    fields = {
        "exception_type": kind,
        "value": value,
        "culprit": "shop.prices in total",
        "level": "error",
        "first_seen": now() - LONG_AGO,
        "last_seen": now(),
        "events": 1,
        **more,
    }
    return Issue.objects.create(project=of or project(), title=title, **fields)


def seen(of: Issue, where: ProjectEnvironment, n: int = 1, back: int = 0, users: int = 0) -> None:
    """`n` events of the issue in the hour that lies so many hours back, in its figures of the environment, too."""
    hour = floor_hour(now()) - timedelta(hours=back)
    IssueHour.objects.create(issue=of, project_environment=where, hour=hour, n=n)
    times = {"first_seen": hour, "last_seen": hour}
    row = IssueEnvironment.objects.get_or_create(issue=of, project_environment=where, defaults=times)[0]
    row.first_seen, row.last_seen = min(row.first_seen, hour), max(row.last_seen, hour)
    row.events, row.users = row.events + n, row.users + users
    row.save()


def released(of: Issue, where: ProjectEnvironment, release: str, n: int = 1, back: int = 0) -> None:
    """Figures of the issue in a release: `n` events, all in the hour that lies so many hours back."""
    hour = floor_hour(now()) - timedelta(hours=back)
    IssueRelease.objects.create(
        issue=of, project_environment=where, release=release, events=n, first_seen=hour, last_seen=hour
    )


def event(of: Issue, at: Series, *, back: int = 0, body: dict[str, Any] | None = None, **more: Any) -> Event:
    """A stored event, so many minutes back; `body` as `ingest.normalise` shapes it, None: not kept."""
    moment = minute(back)
    partitions.ensure(partitions.EVENTS, [moment])
    fields = {
        "event_id": uuid4(),
        "received_at": moment,
        "occurred_at": moment,
        "clock_note": "",
        "level": "error",
        "exception_type": of.exception_type,
        "message": of.value,
        "logger": "",
        "transaction": at.route,
        "url": "",
        "release": "shop@1",
        "trace_id": "",
        "body": None if body is None else bodies.pack(json.dumps(body).encode()),
        **more,
    }
    return Event.objects.create(
        project=of.project, project_environment=at.project_environment, issue=of, series=at, **fields
    )


def rule(identifier: str = "DET-OPS-002", mode: str = "active", **spec: Any) -> Rule:
    """A rule in force, counting all routes one by one unless told otherwise."""
    words = {
        "title": f"Errors by {identifier}",
        "selector": {"sources": [{"source": "sentry"}]},
        "group_by": "route",
        "conditions": [{"kind": "exceedance"}],
        **spec,
    }
    return publish(identifier, decode(words), now=now(), author_name="test", mode=mode).rule


def preview_rule(mode: str = "active", **selector: Any) -> Rule:
    """One rule over the preview routes together, as DET-BETA-003 is."""
    chosen = {"route": "/api/beta/preview/*", "sources": [{"source": "sentry"}], **selector}
    floors = {"medium": 1, "high": 3, "critical": 10}
    condition = {"kind": "exceedance", "floors": floors, "floor_mode": "always"}
    return rule("DET-BETA-003", mode, selector=chosen, group_by="prefix", conditions=[condition])


def scope(of: Rule, where: ProjectEnvironment, group_key: str) -> Scope:
    return Scope.objects.create(rule=of, project_environment=where, group_key=group_key, created_at=now())


def baseline(of: Scope, *, mean: float = 0.4, exceed: int = 4, high: int = 7, hours: int = 2) -> None:
    """An established estimate for the running hour and those before it, for which the scope's events were counted."""
    of.cells_until = floor_hour(now())
    of.save(update_fields=["cells_until"])
    for back in range(hours):
        Baseline.objects.create(
            scope=of,
            source="sentry",
            hour=floor_hour(now()) - timedelta(hours=back),
            version=of.rule.current,
            established=True,
            mean=mean,
            limit=exceed,
            covered_hours=168,
            data={"exceed": exceed, "high": high, "hour_limit": 40, "dispersion": 1.0},
        )


def alert(of: Scope, *, back: int = 3, severity: int = 3, **more: Any) -> Alert:
    """An open episode that fires since so many minutes."""
    where, at = of.project_environment, minute(back)
    fields = {
        "status": Alert.Status.FIRING,
        "opened_at": at,
        "status_since": at,
        "last_slot": at,
        "slot_severity": severity,
        "dedup_key": of.pk,
        **more,
    }
    return Alert.objects.create(
        scope=of,
        rule=of.rule,
        version=of.rule.current,
        project=where.project,
        project_environment=where,
        group_key=of.group_key,
        severity=severity,
        **fields,
    )
