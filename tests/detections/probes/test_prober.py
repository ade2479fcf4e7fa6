"""The prober takes queued runs, writes samples as they come, and says why a run that it could not carry out is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import OperationalError

from detections.probes import claims, prober, record
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.prober import Prober, work_off
from detections.probes.program import probe
from detections.probes.start import start_slot
from tests.at_once import race
from tests.detections.probes.rows import MINUTE, NOON, stored_target
from tests.receivers import weather
from tests.receivers.rollout import Rollout
from tests.waiting import until

pytestmark = pytest.mark.django_db
State = ProbeRun.State


@pytest.fixture
def service() -> Iterator[Rollout]:
    with Rollout() as started:
        yield started


@pytest.fixture(autouse=True)
def reachable(settings: LazySettings) -> None:
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.0/8")]


def aimed(service: Rollout, slug: str = "aurora-rollout", **fields: Any) -> ProbeTarget:
    given = {"allow": ["127.0.0.1"], "retry_backoff_ms": 50, **fields}
    return stored_target(slug, base=service.url, **given)


def queue(target: ProbeTarget, now: Any = NOON) -> ProbeRun:
    run = start_slot(target, now)
    assert run
    return run


def ended(target: ProbeTarget, now: Any = NOON) -> ProbeRun:
    """A run of the target, carried out by a prober."""
    run = queue(target, now)
    assert work_off(lambda: now) == 1
    run.refresh_from_db()
    return run


def report_of(run: ProbeRun) -> dict[str, Any]:
    assert run.report
    return run.report


def test_a_queued_run_is_carried_out_judged_and_reported(service: Rollout) -> None:
    run = ended(aimed(service))
    assert (run.state, run.taken, run.severity, run.problem) == (State.DONE, 10, "", "")
    assert sorted(run.samples.values_list("number", flat=True)) == list(range(1, 11))
    assert report_of(run)["ok"] == 10
    assert len(service.received) == 10
    assert "meta_missing" in run.checks.values_list("check_id", flat=True)


def test_faults_of_answers_are_found(service: Rollout) -> None:
    service.change = lambda body, headers: body.update(meta=None)
    run = ended(aimed(service))
    assert (run.state, run.severity) == (State.DONE, "high")
    assert run.checks.get(check_id="meta_missing").triggered


def test_a_service_that_fails_is_a_run_that_is_done(service: Rollout) -> None:
    service.climate = weather.status(500)
    run = ended(aimed(service, samples=3))
    assert (run.state, run.failing, run.taken) == (State.DONE, True, 3)


def test_policy_debug_sends_the_targets_debug_headers(service: Rollout) -> None:
    run = ended(aimed(service, samples=1, policy_debug=True))
    assert service.received[0].headers["x-aurora-policy-debug"] == "true"
    assert run.samples.get().row["meta"]["policy_version"] == "p-7"


def test_runs_of_several_targets_are_carried_out_side_by_side(service: Rollout) -> None:
    targets = [aimed(service, f"target-{number}", samples=2, concurrency=1) for number in range(5)]
    for target in targets:
        queue(target)
    assert work_off(lambda: NOON) == 5
    assert set(ProbeRun.objects.values_list("state", "taken")) == {(State.DONE, 2)}


def test_samples_under_way_are_bounded_and_a_large_run_is_not_passed_by(service: Rollout) -> None:
    for slug, concurrency in (("first", 60), ("large", 64), ("small", 3)):
        queue(aimed(service, slug, concurrency=concurrency))
    assert [run.target.slug for run in claims.claim(NOON, 32, 100)] == ["first"]
    assert [run.target.slug for run in claims.claim(NOON, 1, 100)] == ["large"]


@pytest.mark.django_db(transaction=True)
def test_two_probers_at_once_carry_a_run_out_once(service: Rollout) -> None:
    for number in range(4):
        queue(aimed(service, f"target-{number}", samples=1))
    assert sum(int(str(taken)) for taken in race(lambda _: work_off(lambda: NOON), 2)) == 4
    assert len(service.received) == 4


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"allow": []}, "127.0.0.1 may not be probed: 127.0.0.1 is a loopback address"),
        ({"allow": ["10.0.0.1"]}, "10.0.0.1 is not within OPSCONSOLE_OUTBOUND_ALLOW (now: 127.0.0.0/8)"),
        ({"endpoint": "no path"}, "endpoint is a path that starts with /"),
        ({"secret": "v1:broken"}, "The secret cannot be opened"),
    ],
)
def test_what_cannot_be_probed_is_refused_and_says_what_to_change(
    service: Rollout, fields: dict[str, Any], says: str
) -> None:
    target = aimed(service)
    ProbeTarget.objects.filter(pk=target.pk).update(**fields)
    run = ended(ProbeTarget.objects.get())
    assert run.state == State.REFUSED
    assert says in run.problem
    assert service.received == []
    assert run.finished_at == NOON


def test_an_authority_that_cannot_be_read_is_named(service: Rollout, settings: LazySettings, tmp_path: Any) -> None:
    settings.OUTBOUND_CA_FILE = tmp_path / "gone.pem"
    run = ended(aimed(service))
    assert run.state == State.REFUSED
    assert "OPSCONSOLE_OUTBOUND_CA_FILE" in run.problem


def test_a_fault_of_the_prober_interrupts_its_run_and_the_others_go_on(
    service: Rollout, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = (queue(aimed(service, slug, samples=2)) for slug in ("bad", "good"))
    finish = record.finish

    def breaks(run: ProbeRun, *rest: Any) -> Any:
        if run.pk == bad.pk:
            raise KeyError("broken")
        return finish(run, *rest)

    monkeypatch.setattr(record, "finish", breaks)
    work_off(lambda: NOON)
    assert ProbeRun.objects.get(pk=good.pk).state == State.DONE
    bad.refresh_from_db()
    assert bad.state == State.INTERRUPTED
    assert bad.problem == "The prober failed in the midst of it (KeyError); its log lines say more."
    assert "broken" in caplog.text


def test_what_a_service_says_that_no_database_stores_is_stored_all_the_same(service: Rollout) -> None:
    answer = b'{"meta": {"rollout_variant": "a\\u0000\\ud800", "rollout_bucket": 1e999, "policy_version": "p"}}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
    service.climate = weather.raw(head + str(len(answer)).encode() + b"\r\n\r\n" + answer)
    run = ended(aimed(service, samples=2, policy_debug=True))
    assert run.state == State.DONE
    assert run.severity == "high"
    assert run.samples.get(number=1).row["meta"] == {
        "rollout_variant": r"a\u0000\ud800",
        "rollout_bucket": "inf",
        "policy_version": "p",
    }


class Stepped:
    """A prober with a service that hangs until told, and a clock that is set."""

    def __init__(self, service: Rollout, **fields: Any) -> None:
        self.now = NOON
        self.target = aimed(service, **fields)
        self.run = queue(self.target)
        self.prober = Prober(lambda: self.now)
        assert self.prober.start() == 1

    def tend_until(self, condition: Any, what: str) -> None:
        def looked() -> bool:
            self.prober.tend()
            self.run.refresh_from_db()
            return bool(condition())

        until(looked, what=what)


def test_rows_are_written_as_they_come(service: Rollout) -> None:
    service.forecast(None, None, weather.hang())
    stepped = Stepped(service, samples=3, concurrency=1)
    stepped.tend_until(lambda: stepped.run.samples.count() == 2, "both answers are there before the third is")
    assert (stepped.run.state, stepped.run.taken) == (State.RUNNING, 2)


def test_a_service_that_hangs_is_judged_as_failing_at_the_end_of_the_interval(service: Rollout) -> None:
    service.forecast(weather.status(500))
    service.climate = weather.hang()
    stepped = Stepped(service, samples=50, concurrency=1, retry_count=0, timeout_ms=60_000)
    stepped.tend_until(lambda: stepped.run.taken == 1, "one sample has ended")
    stepped.now = NOON + 5 * MINUTE
    stepped.tend_until(lambda: stepped.run.state != State.RUNNING, "it is cut off")
    assert (stepped.run.state, stepped.run.failing) == (State.DONE, True)
    assert "end of its interval (5 min) with 1 of 50 samples" in stepped.run.problem
    assert report_of(stepped.run)["notes"] == [stepped.run.problem]


def test_without_any_sample_within_the_interval_it_is_interrupted(service: Rollout) -> None:
    service.climate = weather.hang()
    stepped = Stepped(service, samples=2, concurrency=2, timeout_ms=60_000)
    stepped.now = NOON + 5 * MINUTE
    stepped.tend_until(lambda: stepped.run.state != State.RUNNING, "it is cut off")
    assert stepped.run.state == State.INTERRUPTED
    assert "0 of 2 samples" in stepped.run.problem


def test_a_run_that_was_taken_away_goes_no_further(service: Rollout) -> None:
    service.forecast(None)
    service.climate = weather.hang()
    stepped = Stepped(service, samples=50, concurrency=1, timeout_ms=60_000)
    ProbeRun.objects.update(claim=uuid4())
    stepped.tend_until(lambda: not stepped.prober.busy, "the prober lets it go")
    assert not stepped.run.samples.exists()
    assert ProbeRun.objects.get().state == State.RUNNING


def test_a_stopping_prober_writes_down_what_its_runs_took(service: Rollout) -> None:
    service.forecast(None, None)
    service.climate = weather.hang()
    stepped = Stepped(service, samples=50, concurrency=1, timeout_ms=60_000)
    stepped.tend_until(lambda: stepped.run.taken == 2, "two are taken")
    stepped.prober.stop()
    stepped.tend_until(lambda: not stepped.prober.busy, "it has ended")
    assert (stepped.run.state, stepped.run.problem) == (State.INTERRUPTED, prober.STOPPED)
    assert stepped.run.samples.count() == 2
    assert not stepped.run.checks.exists()


def test_while_the_database_is_away_rows_are_kept_and_written_once(
    service: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped = Stepped(service, samples=3, concurrency=1)
    (under_way,) = stepped.prober._under_way
    until(lambda: under_way.over, what="all samples are taken")
    with monkeypatch.context() as away:

        def gone(*_: Any) -> bool:
            raise OperationalError("server closed the connection")

        away.setattr("detections.probes.under_way.add_samples", gone)
        for _ in range(2):
            with pytest.raises(OperationalError):
                stepped.prober.tend()
    stepped.prober.tend()
    stepped.run.refresh_from_db()
    assert (stepped.run.state, stepped.run.samples.count(), report_of(stepped.run)["samples"]) == (State.DONE, 3, 3)


def test_rows_that_are_written_twice_are_stored_once() -> None:
    run = queue(stored_target())
    (run,) = claims.claim(NOON, 1, 64)
    assert run.claim
    for _ in range(2):
        assert claims.add_samples(run, run.claim, [{"sample": 1}], 1, NOON + MINUTE)
    run.refresh_from_db()
    assert (run.samples.count(), run.taken, run.heartbeat_at) == (1, 1, NOON + MINUTE)
    assert not claims.add_samples(run, uuid4(), [{"sample": 2}], 2, NOON + timedelta(hours=1))
    assert run.samples.count() == 1


def test_elevated_failures_are_found_over_separate_runs(service: Rollout) -> None:
    target = aimed(service, samples=2, retry_count=0)
    service.climate = weather.status(500)
    first, second = ended(target), ended(target, NOON + 5 * MINUTE)
    assert [run.severity for run in (first, second)] == ["info", "high"]
    assert second.checks.get(check_id="elevated_failures").value == 2


def test_the_report_is_that_of_the_command(service: Rollout, tmp_path: Any) -> None:
    run = ended(aimed(service, samples=2))
    probe.main(["--base", service.url, "--samples", "2", "--out-dir", str(tmp_path)], {})
    written = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert report_of(run).keys() == written.keys() - {"rows"}
    assert [each["id"] for each in report_of(run)["checks"]] == [each["id"] for each in written["checks"]]
