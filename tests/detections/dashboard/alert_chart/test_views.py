"""The chart around an alert."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from detections.alerts.models import Alert
from tests.detections.alerts.factories import MINUTE, START, judge
from tests.detections.dashboard import builders as make

pytestmark = pytest.mark.django_db
PREFIX = "/api/beta/preview/*"


@pytest.fixture
def alert() -> Alert:
    one = make.series("/api/beta/preview/{…}/screen/1", "GET")
    make.errors(one, 12, n=11)
    return make.alert(make.scope(make.preview_rule(), one.project_environment, PREFIX), back=11)


def test_it_asks_for_a_login(client: Client, alert: Alert) -> None:
    assert client.get(f"/alerts/{alert.pk}/chart/").status_code == 302


def test_half_an_hour_before_and_what_followed(viewer: Client, alert: Alert) -> None:
    chart = viewer.get(f"/alerts/{alert.pk}/chart/").context["chart"].chart
    assert (chart.start, chart.end) == (make.minute(41), make.minute(-1))
    assert [index for index, count in enumerate(chart.counts) if count] == [29, 30, 31, 32, 33]
    assert [(mark.at, mark.label) for mark in chart.marks] == [(alert.opened_at, "opened")]
    assert [limit.now for limit in chart.limits] == [1, 3, 10]


def test_an_old_alert_shows_an_hour_after_it_and_its_end(viewer: Client, alert: Alert) -> None:
    opened, ended = make.minute(600), make.minute(570)
    Alert.objects.filter(pk=alert.pk).update(
        opened_at=opened, resolved_at=ended, status=Alert.Status.RESOLVED, dedup_key=None
    )
    chart = viewer.get(f"/alerts/{alert.pk}/chart/").context["chart"].chart
    assert chart.end == opened + timedelta(minutes=60)
    assert [mark.label for mark in chart.marks] == ["opened", "ended"]


def test_the_version_that_opened_it_judges(viewer: Client, alert: Alert) -> None:
    rule = alert.rule
    make.rule(
        rule.identifier,
        selector={"route": PREFIX, "sources": [{"source": "sentry"}]},
        group_by="prefix",
        conditions=[{"kind": "exceedance", "floors": {"medium": 50, "high": 60, "critical": 70}}],
    )
    chart = viewer.get(f"/alerts/{alert.pk}/chart/").context["chart"].chart
    assert [limit.now for limit in chart.limits] == [1, 3, 10]


def test_chart_and_sentences_have_one_limit(viewer: Client) -> None:
    """It was judged while its baseline was learnt, and the baseline of that hour was made after."""
    one = make.series("/learnt", "GET")
    make.errors(one, 12, n=11)
    floors = {"medium": 1, "high": 10, "critical": 20}
    selector = {"route": "/learnt", "sources": [{"source": "sentry"}]}
    condition = {"kind": "exceedance", "floors": floors, "floor_mode": "gated"}
    rule = make.rule("DET-X-001", selector=selector, group_by="route", conditions=[condition])
    scope = make.scope(rule, one.project_environment, "/learnt")
    slot = (make.minute(10) - START) // MINUTE
    evidence = judge(scope, "h", slot, source="sentry").evaluation.evidence
    made = make.alert(scope, back=11, evidence=evidence)
    make.baseline(scope, exceed=4)
    chart = viewer.get(f"/alerts/{made.pk}/chart/").context["chart"].chart
    least = {chart.start + chart.step * n: value for n, value in enumerate(chart.limits[0].values)}
    assert [least[make.minute(back)] for back in (20, 11, 10, 1)] == [1, 1, 4, 4]
    page = viewer.get(f"/alerts/{made.pk}/").content.decode()
    assert "fires from 1 while it is learnt" in page
    assert "in the last 5 minutes. Fires from 4." in page


def test_a_rule_that_only_knows_failures_has_no_chart(viewer: Client) -> None:
    one = make.series("/x")
    known = {"name": "gone", "cause": "gone", "owner": "sre", "message": "gone", "severity": "high"}
    scope = make.scope(make.rule(conditions=[], signatures=[known]), one.project_environment, "/x")
    assert "counts nothing" in viewer.get(f"/alerts/{make.alert(scope).pk}/chart/").content.decode()


def test_the_alerts_page_asks_for_it_and_gets_204_while_nothing_changes(viewer: Client, alert: Alert) -> None:
    assert f'hx-get="/alerts/{alert.pk}/chart/"' in viewer.get(f"/alerts/{alert.pk}/").content.decode()
    first = viewer.get(f"/alerts/{alert.pk}/chart/", headers={"HX-Request": "true"})
    assert b"<html" not in first.content
    seen = {"HX-Request": "true", "X-Fragment-Seen": first["X-Fragment"]}
    assert viewer.get(f"/alerts/{alert.pk}/chart/", headers=seen).status_code == 204


def test_a_fixed_number_of_queries(viewer: Client, alert: Alert, django_assert_num_queries: Any) -> None:
    # session, person, two of rights, alert; members, their counts, coverage, what fired, baselines of the hours,
    # releases
    with django_assert_num_queries(11):
        viewer.get(f"/alerts/{alert.pk}/chart/")
