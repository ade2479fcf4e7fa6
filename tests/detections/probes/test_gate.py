"""A gate is open exactly where nobody froze it, no high check triggered and the newest run is fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from detections.probes import gate
from detections.probes.gate import FreezeConflict, FreezeRefused, gate_of, gates_of, judged
from detections.probes.models import ProbeCheck, ProbeFreeze, ProbeRun, ProbeTarget
from opsconsole.accounts.models import User
from tests.at_once import race
from tests.detections.probes.rows import MINUTE, NOON, done, running, stored_target
from tests.detections.probes.samples import row

SEVERITIES = ("info", "warn", "high")
CHECKS = st.lists(st.tuples(st.sampled_from(SEVERITIES), st.booleans()), max_size=4)


@given(
    frozen=st.sampled_from([None, True, False]),
    checks=CHECKS,
    age=st.one_of(st.none(), st.integers(0, 5000)),
    interval=st.integers(1, 1440),
    enabled=st.booleans(),
)
def test_each_reason_is_there_exactly_where_it_holds(
    frozen: bool | None, checks: list[tuple[str, bool]], age: int | None, interval: int, enabled: bool
) -> None:
    target = ProbeTarget(name="aurora", interval_minutes=interval, enabled=enabled)
    last = None if frozen is None else ProbeFreeze(frozen=frozen, reason="deploy", at=NOON, actor_name="ada")
    run = None if age is None else ProbeRun(state=ProbeRun.State.DONE, finished_at=NOON - age * MINUTE)
    rows = [ProbeCheck(check_id=f"c{n}", severity=each, triggered=is_so) for n, (each, is_so) in enumerate(checks)]
    found = judged(target, last, run, rows if run else [], NOON)
    wanted = ["frozen"] if frozen else []
    wanted += ["check" for severity, is_so in checks if run and is_so and severity == "high"]
    wanted += ["no_run"] if age is None or age > 3 * interval else []
    assert [each.code for each in found.reasons] == wanted
    assert found.is_open == (not wanted)
    assert (found.freeze is not None) == bool(frozen)
    assert all(each.sentence for each in found.reasons)


@pytest.mark.django_db
def test_only_the_newest_run_that_is_done_counts(admin_user: User) -> None:
    target, now = stored_target(), NOON + 6 * MINUTE
    done(target, row(faults=("meta_missing",)))
    newest = done(target, at=NOON + 5 * MINUTE)
    running(target, NOON + 6 * MINUTE)
    ProbeRun.objects.filter(state="running").update(state="interrupted", finished_at=now)
    assert (gate_of(target, now).run, gate_of(target, now).is_open) == (newest, True)
    gate.freeze(target, admin_user, "an incident", now)
    assert [each.sentence for each in gate_of(target, now).reasons] == [
        "Frozen by admin at 2026-06-12 12:06:00 UTC: an incident"
    ]
    gate.unfreeze(target, admin_user, "it is over", now)
    assert gate_of(target, now).is_open


@pytest.mark.django_db
def test_gates_of_many_targets_cost_what_one_costs(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    targets = [stored_target(f"target-{number}") for number in range(4)]
    for number, target in enumerate(targets[:3]):
        done(target, at=NOON - MINUTE)
        done(target, *([row(faults=("meta_missing",))] if number else []), at=NOON + number * MINUTE)
    with django_assert_num_queries(3):
        found = gates_of(targets, NOON + 5 * MINUTE)
    assert [[each.code for each in found[target.pk].reasons] for target in targets] == [
        [],
        ["check"],
        ["check"],
        ["no_run"],
    ]
    with django_assert_num_queries(3):
        gate_of(targets[0], NOON)


@pytest.mark.django_db
def test_a_reason_is_needed_and_the_second_of_two_is_told(admin_user: User) -> None:
    target = stored_target()
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(FreezeRefused, match="1 to 300 characters"):
            gate.freeze(target, admin_user, reason, NOON)
    with pytest.raises(FreezeConflict, match="is not frozen"):
        gate.unfreeze(target, admin_user, "over", NOON)
    gate.freeze(target, admin_user, "deploy", NOON, "ada (token ci)")
    with pytest.raises(FreezeConflict, match=r"frozen already since .* by ada \(token ci\): deploy"):
        gate.freeze(target, admin_user, "deploy", NOON)
    assert ProbeFreeze.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_people_at_once_one_freezes(admin_user: User) -> None:
    target = stored_target()

    def act(number: int) -> bool:
        try:
            gate.freeze(target, admin_user, f"reason {number}", NOON)
        except FreezeConflict:
            return False
        return True

    assert sorted(map(str, race(act, 4))) == ["False", "False", "False", "True"]
    assert ProbeFreeze.objects.count() == 1


MANY = """
INSERT INTO detections_proberun (target_id, trigger, state, queued_at, finished_at, wanted, taken, actor_name,
  problem, severity, failing, split_key, variants, markdown, checklist_note, checklist_due, webhook_due)
SELECT %s, 'schedule', CASE WHEN n %% 50 = 0 THEN 'interrupted' ELSE 'done' END, %s, %s - n * interval '1 minute',
  10, 10, '', '', '', false, '', '{}', '', '', false, false
  FROM generate_series(1, %s) n
"""


@pytest.mark.django_db
def test_a_gate_reads_few_rows_of_a_hundred_thousand_runs() -> None:
    targets = [stored_target(f"target-{number}") for number in range(4)]
    with connection.cursor() as cursor:
        for target in targets:
            cursor.execute(MANY, [target.pk, NOON, NOON, 25_000])
        cursor.execute("ANALYZE detections_proberun")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        found = gates_of(targets, NOON + timedelta(minutes=2))
    assert all(each.is_open for each in found.values())
    (runs,) = [each["sql"] for each in asked.captured_queries if 'FROM "detections_proberun"' in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {runs}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "probe_run_done" in plan, plan
    assert "Seq Scan on detections_proberun" not in plan, plan
