"""What a flood of made-up names leaves goes with the events; alerts, and what a person set, stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.shared_alert import OWN_ALERTS
from detections.alerts.models import Alert, AlertMember, ScopeSuppression
from detections.alerts.retention import old_rows
from detections.ingest.digest import digest_batch
from detections.ingest.models import DirtySlot
from detections.rules.models import Baseline, BaselineCell, Evaluation, Exclusion, RuleVersion, Scope
from detections.telemetry import retention
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.retention import RetentionDays, drop_rows
from detections.telemetry.routes import MORE
from tests.detections.alerts.factories import START, judge, judge_all, make_rule, make_scope
from tests.detections.builders import arrive, event, project

pytestmark = pytest.mark.django_db

KEEP = RetentionDays(events=90, minutes=35)
LATER = START + timedelta(days=92)


def drop(now: datetime = LATER) -> None:
    """What both tasks of a night delete, in their order."""
    assert not drop_rows(old_rows(now, KEEP), lambda: False)
    assert not drop_rows(retention._old_rows(now, KEEP), lambda: False)


def estimated(scope: Scope, at: datetime) -> None:
    version = RuleVersion.objects.latest("pk")
    Baseline.objects.create(scope=scope, source="sentry", hour=at, version=version, established=True, data={})


def test_scopes_without_counts_go_with_their_estimates() -> None:
    rule = make_rule(group_by="route")
    made_up = [make_scope(rule, f"/made/up/{number}") for number in range(3)]
    for scope in made_up:
        estimated(scope, LATER)
    drop(START + timedelta(days=89))
    assert (Scope.objects.count(), Baseline.objects.count()) == (3, 3)
    drop()
    assert (Scope.objects.count(), Baseline.objects.count()) == (0, 0)


def test_scopes_with_counts_verdicts_alerts_or_a_persons_act_stay() -> None:
    rule = make_rule(group_by="route")
    kept = {name: make_scope(rule, f"/{name}") for name in ("counted", "judged", "alerted", "resolved", "settling")}
    BaselineCell.objects.create(
        scope=kept["counted"], source="sentry", window_minutes=5, hour=LATER, windows=60, total=1, squares=1
    )
    judge(kept["judged"], ".", 92 * 24 * 60)
    judge_all(kept["alerted"], "h......")
    consume(LATER)
    ScopeSuppression.objects.create(scope=kept["resolved"], severity=2, since=START)
    Scope.objects.filter(pk=kept["settling"].pk).update(settling_until=LATER)
    new = Scope.objects.create(
        rule=rule, project_environment=kept["counted"].project_environment, group_key="/new", created_at=LATER
    )
    make_scope(rule, "/idle")
    drop()
    assert set(Scope.objects.all()) == {*kept.values(), new}


def test_members_of_an_alert_that_is_over_go_and_the_alert_stays() -> None:
    rule = make_rule(group_by="route")
    scopes = [make_scope(rule, f"/r/{number}") for number in range(OWN_ALERTS + 3)]
    for scope in scopes:
        judge(scope, "h", 0)
    consume(START)
    assert AlertMember.objects.count() == 3
    drop()
    assert AlertMember.objects.count() == 3  # they fire
    for scope in scopes:
        judge_all(scope, "......", 1)
    consume(START + timedelta(minutes=9))
    drop(START + timedelta(days=89))
    assert AlertMember.objects.count() == 3
    shared = Alert.objects.get(group_key=MORE)
    assert shared.evidence is not None
    drop()
    assert (AlertMember.objects.count(), Alert.objects.count()) == (0, OWN_ALERTS + 1)
    left = Scope.objects.filter(pk__in=[scope.pk for scope in scopes[OWN_ALERTS:]])
    assert list(left) == [shared.evidence.scope]


def test_environments_that_only_events_named_go_and_the_others_stay() -> None:
    raptor = project()
    names = ("made-up", "excluded", "ruled", "alerted", "busy", "prod")
    arrive(raptor, *(event(environment=name, timestamp=START.isoformat()) for name in names), at=START)
    digest_batch(START)
    places = {place.name: place for place in ProjectEnvironment.objects.all()}
    assert set(places) == set(names)
    Exclusion.objects.create(
        project_environment=places["excluded"], start=START, end=START + timedelta(hours=1), reason="a deploy"
    )
    make_rule("DET-RULED", selector={"environment": "ruled", "sources": [{"source": "sentry"}]}, group_by="route")
    alerted = Scope.objects.create(rule=make_rule(), project_environment=places["alerted"], created_at=START)
    judge(alerted, "h", 0)
    consume(START)
    idle = Scope.objects.create(rule=make_rule(), project_environment=places["made-up"], created_at=START)
    quiet = ProjectEnvironment.objects.create(project=raptor, name="configured")  # by a deployment: without events
    late = LATER - timedelta(days=30)
    arrive(raptor, event(environment="busy", timestamp=START.isoformat()), at=late)
    digest_batch(late)
    DirtySlot.objects.all().delete()  # as the rules do once they have judged
    drop(START + timedelta(days=89))
    assert ProjectEnvironment.objects.count() == 7
    drop(LATER)
    assert set(ProjectEnvironment.objects.values_list("name", flat=True)) == {*names, quiet.name} - {"made-up"}
    assert not Scope.objects.filter(pk=idle.pk).exists()
    assert Evaluation.objects.count() == 1
