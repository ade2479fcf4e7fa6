"""The pages that people open during a flood stay as small, and ask as little, however many routes fail at once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.shared_alert import OWN_ALERTS
from detections.alerts.models import Alert, AlertMember
from detections.rules.models import Rule, Scope
from detections.telemetry import add_counts
from detections.telemetry.models import Series
from detections.telemetry.records import Count
from opsconsole.lib import clock
from opsconsole.lib.clock import MINUTE, floor_minute
from tests.detections.alerts.factories import START, judge, make_rule, make_scope
from tests.people import make_viewer

FEW, MANY = 150, 1500  # members
NUMBERS = 1000  # bytes by which numbers on the page may be longer


@pytest.fixture
def rule(notification_policies: None) -> Rule:
    return make_rule("DET-OPS-002", selector={"sources": [{"source": "sentry"}]}, group_by="route")


def fail(alert: Alert, first: int, number: int) -> None:
    """So many more routes have errors and fire within the alert."""
    place, now = alert.project_environment, clock.now()
    scopes = Scope.objects.bulk_create(
        Scope(rule_id=alert.rule_id, project_environment=place, group_key=f"/r/{first + n:05}", created_at=START)
        for n in range(number)
    )
    AlertMember.objects.bulk_create(
        AlertMember(
            alert=alert, scope=scope, severity=2, slot_severity=2, count=5, evidence=alert.evidence, joined_at=START,
            last_firing_at=START,
        )
        for scope in scopes
    )  # fmt: skip
    seen = {"kind": "error", "source": "sentry", "method": "GET", "first_seen": now, "last_seen": now}
    series = Series.objects.bulk_create(
        Series(project=alert.project, project_environment=place, route=scope.group_key, **seen) for scope in scopes
    )
    minute = floor_minute(now) - MINUTE
    add_counts.add_counts(Count(each.project_id, each.pk, minute, 1) for each in series)
    Alert.objects.filter(pk=alert.pk).update(members_firing=alert.members.filter(cleared_at__isnull=True).count())


def asked(client: Client, address: str, **headers: str) -> tuple[int, int]:
    """The statements and bytes of a page."""
    with CaptureQueriesContext(connection) as made:
        answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return len(made), len(answer.content)


@pytest.mark.django_db
def test_pages_do_not_grow_with_the_flood(rule: Rule, client: Client) -> None:
    for number in range(OWN_ALERTS + 1):
        judge(make_scope(rule, f"/own/{number}"), "h", 0)
    consume(clock.now())
    alert = Alert.objects.get(group_key="(more)")
    client.force_login(make_viewer())
    pages = ["/", "/alerts/", "/alerts/?sort=need", f"/alerts/{alert.pk}/", "/rules/", "/routes/"]
    fail(alert, 0, FEW)
    for page in pages:
        client.get(page)
    before = {page: asked(client, page) for page in pages}
    fail(alert, FEW, MANY - FEW)
    for page, (statements, size) in before.items():
        now_statements, now_size = asked(client, page)
        assert now_statements == statements, page
        assert now_size <= size + NUMBERS, page
    html = " ".join(client.get(f"/alerts/{alert.pk}/").content.decode().split())
    assert f"{MANY + 1} of {MANY + 1} fire" in html
    assert client.get("/").context["overview"].alerts.rows[0].pk == alert.pk
