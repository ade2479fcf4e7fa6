"""Runs are kept as long as events. The newest one that is done stays: a target was probed once, whatever its age."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.probes.models import ProbeCheck, ProbeRun, ProbeSample
from detections.probes.retention import old_rows
from detections.telemetry.retention import RetentionDays, drop_rows
from tests.detections.probes.rows import NOON, done, running, stored_target

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KEEP = RetentionDays(events=30, minutes=7)


def drop() -> None:
    assert not drop_rows(old_rows(NOON, KEEP), lambda: False)


def test_old_runs_go_with_samples_and_checks() -> None:
    target = stored_target()
    old, kept = done(target, at=NOON - 31 * DAY), done(target, at=NOON - 29 * DAY)
    for run in (old, kept):
        ProbeSample.objects.create(run=run, number=1, row={})
    drop()
    assert list(ProbeRun.objects.all()) == [kept]
    assert set(ProbeCheck.objects.values_list("run", flat=True)) == {kept.pk}
    assert ProbeSample.objects.get().run == kept


def test_the_newest_done_run_of_each_target_stays_whatever_its_age() -> None:
    first, second = stored_target("first"), stored_target("second")
    done(first, at=NOON - 50 * DAY)
    newest = done(first, at=NOON - 40 * DAY)
    only = done(second, at=NOON - 60 * DAY)
    interrupted = running(second, started=NOON - 35 * DAY)
    ProbeRun.objects.filter(pk=interrupted.pk).update(state=ProbeRun.State.INTERRUPTED)
    drop()
    assert set(ProbeRun.objects.all()) == {newest, only}


def test_their_reports_are_not_read_when_they_go() -> None:
    target = stored_target()
    done(target, at=NOON - 31 * DAY)
    done(target)
    with CaptureQueriesContext(connection) as queries:
        drop()
    assert ProbeRun.objects.count() == 1
    assert not [each["sql"] for each in queries if '"markdown"' in each["sql"]]
