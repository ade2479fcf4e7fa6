"""Which alerts are hidden: by many silences for many alerts in a fixed number of queries."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.silences.in_force import silenced
from detections.alerts.silences.preview import matchers_of, preview
from tests.detections.alerts.factories import MINUTE, PREFIX, START, judge, make_rule, make_scope
from tests.detections.alerts.silences.makers import HOUR, make_silence

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE


def burning(number: int) -> list[Alert]:
    rule = make_rule("DET-OPS-002", labels={"team": "solver"}, group_by="none")
    for each in range(number):
        judge(make_scope(rule, f"/api/{each}", f"project-{each}"), "mhc"[each % 3], 0)
    consume(NOW)
    return list(Alert.objects.order_by("pk"))


def test_queries_grow_with_neither_alerts_nor_silences(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    alerts = burning(6)
    with django_assert_num_queries(1):
        assert silenced(alerts, NOW) == {}
    for number in (1, 20):
        for _ in range(number):
            make_silence(matchers={"label:team": ["sol*"], "severity": ["high"]})
        with django_assert_num_queries(4):  # silences in force, alerts, versions with rules, places
            found = silenced(alerts, NOW)
        assert set(found) == {alert.pk for alert in alerts if alert.severity == 2}
    with django_assert_num_queries(0):
        assert silenced([], NOW) == {}


def test_alerts_are_hidden_by_the_tags_that_their_policies_gave(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    tagged, other, _ = burning(3)
    Alert.objects.filter(pk=tagged.pk).update(tags=["nightly", "needs-triage"])
    Alert.objects.filter(pk=other.pk).update(tags=["paged"])
    make_silence(matchers={"tag": ["needs-*"]})
    with django_assert_num_queries(4):
        assert set(silenced([tagged, other], NOW)) == {tagged.pk}
    assert preview({"tag": ["paged", "nightly"]}, NOW).alerts == 2


def test_the_longest_comes_first() -> None:
    (alert,) = burning(1)
    made = [make_silence(ends_at=START + hours * HOUR) for hours in (1, 3, 2)]
    assert [each.silence for each in silenced([alert], NOW)[alert.pk]] == [made[1], made[2], made[0]]


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-01T05:45+00:00", "2026-11-01T06:00+00:00"),  # 1:45 EDT: the clock goes back to 1:00
        ("2026-11-01T06:15+00:00", None),  # 1:15 EST
        ("2026-11-01T06:45+00:00", "2026-11-01T09:00+00:00"),  # 1:45 EST
        ("2026-11-01T09:00+00:00", None),
    ],
)
def test_hours_on_the_day_that_the_clock_goes_back(moment: str, until: str | None) -> None:
    (alert,) = burning(1)
    at = datetime.fromisoformat(moment)
    hours: dict[str, Any] = {"weekdays": [6], "window_start": "01:30", "window_end": "04:00"}
    make_silence(starts_at=START, ends_at=START + timedelta(days=300), zone="America/New_York", **hours)
    found = [each.until for each in silenced([alert], at).get(alert.pk, [])]
    assert found == ([datetime.fromisoformat(until)] if until else [])


@pytest.mark.parametrize(("sign", "severities"), [("m", ["medium"]), ("h", ["medium", "high"]), ("c", None)])
def test_the_matchers_of_an_alert_let_a_rise_through_and_match_it(sign: str, severities: list[str] | None) -> None:
    judge(make_scope(make_rule(labels={"team": "solver"})), sign, 0)
    consume(NOW)
    matchers = matchers_of(Alert.objects.get())
    assert matchers.pop("severity", None) == severities
    assert matchers == {"rule": ["DET-BETA-003"], "project": ["raptor"], "environment": ["prod"], "group": [PREFIX]}
    assert preview(matchers, NOW).by_rule == [("DET-BETA-003", 1)]
