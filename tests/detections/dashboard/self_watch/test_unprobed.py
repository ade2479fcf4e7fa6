"""Runs of probes that no prober takes are told of."""

from __future__ import annotations

from typing import Any

import pytest

from detections.dashboard.self_watch.unprobed import waiting_run
from detections.probes.models import ProbeRun
from detections.probes.start import start_slot
from detections.rules.self_check_models import FailingCheck
from tests.detections.dashboard.self_watch.watching import own, told, watch
from tests.detections.probes.rows import stored_target
from tests.detections.rules.world import MINUTE, NOON

pytestmark = pytest.mark.usefixtures("notification_policies", "loaded")


def test_a_run_of_a_probe_that_no_prober_takes_is_told_until_one_does() -> None:
    run = start_slot(stored_target(), NOON - 3 * MINUTE)
    assert run
    watch(0, 1)
    alert = own("prober")
    assert (alert.status, alert.severity, alert.rule.identifier) == ("firing", 2, "DET-CONSOLE-006")
    assert told(alert) == "A run of the probe aurora-rollout has waited 181 s for a prober."
    ProbeRun.objects.update(state="running")
    watch(2, 8)
    assert own("prober").status == "resolved"


@pytest.mark.parametrize(("earlier", "overdue"), [({}, True), ({"started_at": NOON}, False)])
def test_a_run_whose_forerunner_waited_in_vain_is_overdue_at_once(earlier: dict[str, Any], overdue: bool) -> None:
    target = stored_target()
    first = start_slot(target, NOON - 5 * MINUTE)
    assert first
    ProbeRun.objects.filter(pk=first.pk).update(state="interrupted", **earlier)
    assert start_slot(target, NOON)
    assert bool(waiting_run(NOON + MINUTE)) is overdue
    ProbeRun.objects.filter(state="queued").update(state="running", started_at=NOON)
    assert not waiting_run(NOON + MINUTE)


def test_a_run_that_has_just_begun_to_wait_is_no_news() -> None:
    start_slot(stored_target(), NOON - MINUTE)
    watch(0, 0)
    assert not FailingCheck.objects.exists()
