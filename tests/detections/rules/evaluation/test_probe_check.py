"""Checks of probe runs as scopes: what the newest runs say in each minute, and when no run ends any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from detections.probes.models import ProbeInvariant, ProbeRun, ProbeTarget
from detections.rules import packs
from detections.rules.evaluation import on_arrival, probe_check_reads, registry, scheduler
from detections.rules.evaluation.evaluator import LiveQuestion
from detections.rules.evaluation.probe_check import ProbeCheckEvaluator
from detections.rules.evidence.probe_check import ProbeCheckEvidence
from detections.rules.models import Evaluation, Evidence, Rule, Scope
from tests.detections.probes.rows import done, place, running, stored_target
from tests.detections.probes.samples import row
from tests.detections.rules import world
from tests.detections.rules.world import MINUTE, NOON

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
BAD = row(faults=("meta_missing",))
META = "aurora-rollout/meta_missing"


@pytest.fixture(autouse=True)
def rules() -> None:
    packs.load(NOON)


def outcomes(group: str = META) -> list[tuple[int, str, int | None]]:
    """What alerts are told of a scope: minutes after noon, outcome, severity."""
    rows = Evaluation.objects.filter(scope__group_key=group).order_by("slot_end", "revision")
    told = rows.values_list("slot_end", "outcome", "severity")
    return [((end - NOON) // MINUTE, outcome, severity) for end, outcome, severity in told]


def record() -> ProbeCheckEvidence:
    found = registry.read_evidence(Evidence.objects.latest("pk").data)
    assert isinstance(found, ProbeCheckEvidence)
    return found


def live(group: str, now: datetime) -> str:
    scope = Scope.objects.get(group_key=group)
    return ProbeCheckEvaluator().live(LiveQuestion(scope, None, record(), True, now)).sentence


def test_a_check_fires_until_a_later_run_says_otherwise() -> None:
    target = stored_target()
    done(target, BAD, at=NOON + 5 * SECOND)
    for minute in (1, 5):
        world.judge(NOON + minute * MINUTE)
    done(target, at=NOON + 5 * MINUTE + 5 * SECOND)
    world.judge(NOON + 6 * MINUTE)
    assert outcomes() == [(1, "firing", 2), (5, "firing", 2), (6, "clear", None)]
    assert Scope.objects.get().project_environment == target.project_environment
    assert Evidence.objects.count() == 1  # the run stands until the next
    assert live(META, NOON + 6 * MINUTE) == (
        "It holds no more: the newest run ended at 2026-06-12 12:05:05 UTC and did not find it."
    )


def test_the_evidence_has_the_run_its_figures_and_the_first_failure() -> None:
    target = stored_target(name="Aurora rollout")
    run = done(target, row(), BAD, row("infra"), at=NOON + 5 * SECOND)
    world.judge(NOON + MINUTE)
    found = next(
        each
        for each in map(registry.read_evidence, Evidence.objects.values_list("data", flat=True))
        if each.group == META
    )
    assert isinstance(found, ProbeCheckEvidence)
    assert (found.run, found.ended_at, found.check_severity) == (run.pk, NOON + 5 * SECOND, "high")
    assert (found.value, found.threshold, found.samples, found.answered) == ("1", "0", 3, 2)
    assert found.failure is not None
    assert found.failure.sentence() == "sample 1, status 200: f: n"
    assert found.agrees()
    assert (found.cause, found.owner) == ("Aurora rollout answers without meta", "sre-agent")


def test_every_check_of_a_target_is_a_scope_of_its_own() -> None:
    target = stored_target()
    done(target, row(faults=("meta_missing", "bucket_out_of_range")), row("infra"), at=NOON)
    world.judge(NOON + MINUTE)
    found = Evaluation.objects.values_list("scope__rule__identifier", "scope__group_key", "severity")
    assert set(found) == {
        ("DET-PROBE-001", META, 2),
        ("DET-PROBE-001", "aurora-rollout/bucket_out_of_range", 2),
        ("DET-PROBE-002", "aurora-rollout/infra_flake_single_run", 1),
    }


def test_a_check_that_the_target_no_longer_has_is_clear() -> None:
    target = stored_target()
    done(target, BAD, at=NOON)
    world.judge(NOON + MINUTE)
    ProbeInvariant.objects.filter(target=target, check_id="meta_missing").delete()
    done(target, at=NOON + 5 * MINUTE)
    world.judge(NOON + 6 * MINUTE)
    assert outcomes() == [(1, "firing", 2), (6, "clear", None)]
    assert live(META, NOON + 6 * MINUTE) == (
        "It is checked no longer: the newest run ended at 2026-06-12 12:05:00 UTC without it."
    )


def test_of_two_runs_in_a_minute_the_bad_one_counts_and_the_next_minute_is_the_later_ones() -> None:
    target = stored_target()
    done(target, BAD, at=NOON + 5 * SECOND)
    assert on_arrival.judge_probes(NOON + 6 * SECOND) == 1
    done(target, at=NOON + 50 * SECOND, slot=None)
    world.judge(NOON + MINUTE)
    world.judge(NOON + 2 * MINUTE)
    assert outcomes() == [(1, "firing", 2), (2, "clear", None)]


def test_only_runs_that_are_done_count() -> None:
    target = stored_target()
    done(target, at=NOON)
    bad = done(target, BAD, at=NOON + 5 * SECOND, slot=None)
    ProbeRun.objects.filter(pk=bad.pk).update(state=ProbeRun.State.INTERRUPTED)
    running(target, NOON + 10 * SECOND, slot=None)
    assert world.judge(NOON + MINUTE) == 0


def test_a_run_is_judged_when_it_ends_and_only_once() -> None:
    target = stored_target()
    done(target, BAD, at=NOON + 12 * SECOND)
    assert on_arrival.judge_probes(NOON + 13 * SECOND) == 1
    assert on_arrival.judge_probes(NOON + 14 * SECOND) == 0
    world.judge(NOON + MINUTE)
    assert outcomes() == [(1, "firing", 2)]


@pytest.mark.parametrize("sample", [row(), row("non_200")])
def test_a_run_that_found_nothing_that_alerts_is_left_to_the_minutes_end(
    sample: dict[str, Any], django_assert_num_queries: Any
) -> None:
    done(stored_target(), sample, at=NOON)
    with django_assert_num_queries(3):  # a savepoint, its end, the question
        assert on_arrival.judge_probes(NOON + SECOND) == 0


def test_after_an_outage_minutes_are_judged_as_they_were() -> None:
    target = stored_target()
    scheduler.make_due(NOON)
    done(target, BAD, at=NOON + 2 * MINUTE + 5 * SECOND)
    done(target, at=NOON + 7 * MINUTE + 5 * SECOND)
    now = NOON + 10 * MINUTE + 10 * SECOND
    scheduler.make_due(now)
    scheduler.catch_up(now)
    fired = [minute for minute, outcome, _ in outcomes() if outcome == "firing"]
    assert fired == [3, 4, 5, 6, 7]
    assert {outcome for minute, outcome, _ in outcomes() if minute > 7} == {"clear"}


def test_a_target_without_runs_for_three_intervals_fires_until_one_ends() -> None:
    target = stored_target()
    group = "aurora-rollout/no_run"
    done(target, at=NOON)
    for minute in (15, 16):
        world.judge(NOON + minute * MINUTE)
    assert outcomes(group) == [(16, "firing", 1)]
    assert record().sentence() == (
        "No run of aurora-rollout ended within 15 minutes: the last one ended at 2026-06-12 12:00:00 UTC."
    )
    done(target, BAD, at=NOON + 16 * MINUTE + SECOND)
    world.judge(NOON + 17 * MINUTE)
    assert outcomes(group)[-1] == (17, "clear", None)


def test_a_new_target_has_as_long_for_its_first_run() -> None:
    stored_target(created_at=NOON)
    world.judge(NOON + 15 * MINUTE)
    assert not Evaluation.objects.exists()
    world.judge(NOON + 16 * MINUTE)
    assert outcomes("aurora-rollout/no_run") == [(16, "firing", 1)]
    assert record().run is None


def test_a_target_that_is_switched_off_is_not_missed_and_what_it_found_passes() -> None:
    target = stored_target()
    done(target, BAD, at=NOON)
    ProbeTarget.objects.update(enabled=False)
    world.judge(NOON + 15 * MINUTE)
    world.judge(NOON + 16 * MINUTE)
    assert outcomes() == [(15, "firing", 2), (16, "clear", None)]
    assert not Scope.objects.filter(group_key__endswith="no_run").exists()


def test_a_rule_reads_only_the_targets_and_places_that_it_names() -> None:
    for identifier in ("DET-PROBE-001", "DET-PROBE-002", "DET-PROBE-003"):
        Rule.objects.filter(identifier=identifier).update(mode="draft")
    condition = {"kind": "probe_check", "targets": ["shop"], "checks": ["meta_missing"], "severity": "critical"}
    selector = {"sources": [{"source": "probe"}], "environment": "prod"}
    world.rule("R-SHOP", group_by="probe", selector=selector, conditions=[condition])
    for slug, environment in (("shop", "prod"), ("other", "prod")):
        done(
            stored_target(slug, project_environment=place(environment=environment)),
            row(faults=("meta_missing", "bucket_out_of_range")),
            at=NOON,
        )
    world.judge(NOON + MINUTE)
    assert list(Scope.objects.values_list("group_key", flat=True)) == ["shop/meta_missing"]
    ProbeTarget.objects.update(project_environment=place(environment="staging"))
    world.judge(NOON + 2 * MINUTE)
    assert outcomes("shop/meta_missing") == [(1, "firing", 3), (2, "clear", None)]


def test_the_number_of_queries_does_not_grow_with_targets_or_runs() -> None:
    def queries(minute: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            probe_check_reads.triggered(NOON + (minute - 1) * MINUTE, NOON + minute * MINUTE)
        return len(caught)

    done(stored_target("first"), BAD, at=NOON)
    one = queries(1)
    for number in range(5):
        target = stored_target(f"target-{number}")
        done(target, at=NOON + SECOND)
        done(target, BAD, row("infra"), at=NOON + 5 * MINUTE)
    assert queries(6) == one == 2
