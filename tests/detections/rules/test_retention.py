"""What was judged goes with the events; evidence that an alert shows stays, with the evaluation behind it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.queries import evidence_in_use
from detections.rules.models import Baseline, BaselineCell, Evaluation, Evidence, RuleVersion, Scope, Slot, Verdict
from detections.rules.retention import old_rows, plan
from detections.telemetry.retention import RetentionDays, drop_rows
from tests.detections.alerts.factories import START, judge, make_rule, make_scope
from tests.detections.rules import reports, world

pytestmark = pytest.mark.django_db

KEEP = RetentionDays(events=90, minutes=35)


def drop(now: datetime) -> list[str]:
    steps = plan(now, KEEP, evidence_in_use())
    for step in steps:
        step.run()
    return [step.what for step in steps]


def test_evidence_of_an_alert_stays_and_the_rest_of_that_age_goes() -> None:
    shown = judge(make_scope(make_rule("DET-A")), "c", 0)
    consume(START)
    other = make_scope(make_rule("DET-B"), "/other")
    forgotten = judge(other, "c", 0)
    judge(other, "!", 1)  # without evidence
    later = START + timedelta(days=91)

    assert drop(START + timedelta(days=80)) == []
    assert drop(later) == ["evaluations", "evidence that no alert shows"]

    assert list(Evaluation.objects.values_list("pk", flat=True)) == [shown.evaluation_id]
    assert list(Verdict.objects.values_list("pk", flat=True)) == [shown.pk]
    assert Evidence.objects.get() == Alert.objects.get().evidence
    assert not Verdict.objects.filter(pk=forgotten.pk).exists()
    assert drop(later) == ["scopes without counts"]  # the other one's: nothing refers to it any more
    assert list(Scope.objects.values_list("pk", flat=True)) == [shown.scope_id]
    assert drop(later) == []


def test_slots_and_baselines_go_with_the_events_and_cells_with_the_minutes() -> None:
    scope = make_scope(make_rule("DET-A"))
    version = RuleVersion.objects.get()
    for days in (100, 40, 1):
        at = START - timedelta(days=days)
        Slot.objects.create(slot_end=at, status=Slot.Status.DONE)
        Baseline.objects.create(scope=scope, source="sentry", hour=at, version=version, established=True, data={})
        BaselineCell.objects.create(
            scope=scope, source="sentry", window_minutes=5, hour=at, windows=60, total=1, squares=1
        )

    assert drop(START) == ["baselines", "slots", "hours of baselines"]

    assert (Slot.objects.count(), Baseline.objects.count(), BaselineCell.objects.count()) == (2, 2, 1)


def test_a_finding_that_stands_for_months_keeps_the_minutes_of_the_newest_ones_only() -> None:
    """A scope is judged each minute while its finding is open: what is older than events goes, and what the alert
    shows stays with its first evaluation."""
    at = reports.deployment()
    reports.rule(START)
    reports.opened(at, START)
    for days in (0, 40, 95, 100):
        for minute in (1, 2):
            moment = START + timedelta(days=days, minutes=minute)
            world.judge(moment)
            consume(moment)
    shown = Alert.objects.get().evidence
    assert shown is not None
    assert (Evaluation.objects.count(), Verdict.objects.count(), Evidence.objects.count()) == (8, 8, 1)

    drop(START + timedelta(days=132))

    kept = list(Evaluation.objects.order_by("slot_end").values_list("slot_end", flat=True))
    assert [(moment - START).days for moment in kept] == [0, 95, 95, 100, 100]
    assert Verdict.objects.count() == len(kept)
    assert Alert.objects.get().evidence == Evidence.objects.get() == shown


def test_a_turn_ends_in_time_and_the_next_one_goes_on() -> None:
    for days in (100, 99):
        Slot.objects.create(slot_end=START - timedelta(days=days), status=Slot.Status.DONE)
    rows = old_rows(START, KEEP, evidence_in_use())
    assert drop_rows(rows, lambda: True)
    assert Slot.objects.count() == 2
    assert not drop_rows(rows, lambda: False)
    assert not Slot.objects.exists()
