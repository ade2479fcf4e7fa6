"""A run of a stored target is judged like one of the command, over earlier runs of the same target."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.probes import gate, record, start
from detections.probes.definition import as_file, definition_of
from detections.probes.models import ProbeRun
from detections.probes.program import probe
from tests.detections.probes.rows import MINUTE, NOON, done, running, stored_target
from tests.detections.probes.samples import counted, row

pytestmark = pytest.mark.django_db


def triggered(run: ProbeRun) -> set[str]:
    return set(run.checks.filter(triggered=True).values_list("check_id", flat=True))


def test_a_stored_target_says_what_its_file_says() -> None:
    target = stored_target()
    assert probe.config_of(probe.read_target(as_file(target))) == probe.config_of(definition_of(target))
    assert [each.describe() for each in definition_of(target).invariants] == [
        each.describe() for each in probe.read_target({**probe.AURORA, "base": "http://a"}).invariants
    ]


def test_a_clean_run_opens_the_gate_and_a_high_check_closes_it() -> None:
    target = stored_target()
    assert [each.code for each in gate.gate_of(target, NOON).reasons] == ["no_run"]
    done(target)
    assert gate.gate_of(target, NOON).is_open
    done(target, row(faults=("meta_missing",)), at=NOON + 5 * MINUTE)
    assert [each.check for each in gate.gate_of(target, NOON + 5 * MINUTE).reasons] == ["meta_missing"]


def test_two_failing_runs_within_the_window_are_elevated_failures() -> None:
    target = stored_target()
    assert triggered(done(target, row("non_200"))) == {"failure_single_run"}
    assert triggered(done(target, row("infra"), at=NOON + 5 * MINUTE)) == {"elevated_failures"}
    assert triggered(done(target, row("infra"), at=NOON + 30 * MINUTE)) == {"infra_flake_single_run"}


def test_runs_that_asked_another_address_are_no_earlier_runs() -> None:
    target = stored_target()
    done(target, row("non_200"), row(variant="v9"))
    target.base = "http://127.0.0.1:10"
    target.save()
    run = done(target, row("non_200"), row(variant="v8"), at=NOON + 5 * MINUTE)
    assert triggered(run) == {"failure_single_run"}
    assert run.checks.get(check_id="elevated_failures").value == 1
    target.name = "renamed"
    target.save()
    run = done(target, row("non_200"), at=NOON + 9 * MINUTE)
    assert triggered(run) == {"elevated_failures"}


def test_an_interval_has_one_run() -> None:
    target = stored_target()
    first = start.start_slot(target, NOON + timedelta(seconds=61))
    assert first
    assert first.slot == NOON
    ProbeRun.objects.filter(pk=first.pk).update(state=ProbeRun.State.DONE)
    assert start.start_slot(target, NOON + 4 * MINUTE) is None
    later = start.start_slot(target, NOON + 5 * MINUTE)
    assert later
    assert later.slot == NOON + 5 * MINUTE


def test_a_process_that_lost_its_run_writes_nothing() -> None:
    target = stored_target()
    run = running(target)
    assert run.claim
    ProbeRun.objects.filter(pk=run.pk).update(state=ProbeRun.State.INTERRUPTED)
    assert record.finish(run, run.claim, definition_of(target), counted(row()), NOON) is None
    assert not run.checks.exists()
