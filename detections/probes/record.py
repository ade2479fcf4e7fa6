"""What a run came to: its checks and reports, in one transaction; or why it came to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from detections.probes.models import ProbeCheck, ProbeRun, ProbeTarget
from detections.probes.program import probe
from opsconsole.lib.task_names import JUDGE
from opsconsole.lib.task_trigger import send_once


def past_runs(run: ProbeRun, definition: Any, now: datetime) -> list[Any]:
    """Earlier runs of the target that are done, as far back as a check looks: its window, the split's, the day.

    As for the command, those that asked another address are none of them: what failed or was answered there says
    nothing of this one."""
    hours = definition.split.window_hours if definition.split else 0
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    window = timedelta(minutes=definition.window_minutes)
    since = min(now - timedelta(hours=hours), midnight, (run.started_at or now) - window)
    asked = probe.config_of(definition)
    there = {f"report__config__{name}": asked[name] for name in ("base", "method", "endpoint")}
    done = ProbeRun.objects.filter(target=run.target_id, state=ProbeRun.State.DONE, finished_at__gte=since, **there)
    fields = ("pk", "started_at", "finished_at", "failing", "split_key", "variants")
    rows = done.exclude(pk=run.pk).order_by("finished_at").values_list(*fields)
    return [probe.PastRun(str(pk), *row) for pk, *row in rows]


def _asks_for(target: ProbeTarget, report: Any) -> dict[str, bool]:
    """What a run sets going: marks that are taken back in the transaction that does it."""
    high = probe.severity_of(report.checks) == probe.HIGH
    return {
        "checklist_due": high and bool(target.opens_checklist),
        "webhook_due": report.notifies and bool(target.webhook_url),
    }


@transaction.atomic
def finish(run: ProbeRun, claim: UUID, definition: Any, counters: Any, finished: datetime, problem: str = "") -> Any:
    """Judge a run by the samples that it took, and store what came of it. `problem`: why these are not all. Returns the
    probe's `Report`; None where the run is no longer this process' own: then nothing was written."""
    ours = ProbeRun.objects.select_for_update().filter(pk=run.pk, claim=claim, state=ProbeRun.State.RUNNING)
    if not ours.exists():
        return None
    started = run.started_at or finished
    checks = probe.checks_of(definition, counters, past_runs(run, definition, finished), started, finished)
    notes = (problem,) if problem else ()
    report = probe.Report(str(run.pk), definition, started, finished, counters, checks, notes=notes)
    ProbeCheck.objects.bulk_create(_row(run, check) for check in checks)
    ours.update(
        state=ProbeRun.State.DONE,
        finished_at=finished,
        heartbeat_at=finished,
        taken=counters.samples,
        problem=problem,
        severity=probe.severity_of(checks),
        failing=counters.failures > 0,
        p50_ms=counters.percentile(50),
        p95_ms=counters.percentile(95),
        split_key=definition.split.key if definition.split else "",
        variants=dict(counters.variants),
        report=report.as_json(),
        markdown=probe.markdown(report),
        **_asks_for(run.target, report),
    )
    transaction.on_commit(lambda: send_once(JUDGE))  # without a broker the next tick judges it
    return report


def _row(run: ProbeRun, check: Any) -> ProbeCheck:
    return ProbeCheck(
        run=run,
        check_id=check.id,
        severity=check.severity,
        triggered=check.triggered,
        notify=check.notify,
        value=check.value,
        threshold=check.threshold,
        note=check.note,
    )


def give_up(run: ProbeRun, claim: UUID, state: ProbeRun.State, problem: str, now: datetime) -> bool:
    """End a run without a judgment: interrupted, or refused. False where it is no longer this process' own."""
    ours = ProbeRun.objects.filter(pk=run.pk, claim=claim, state=ProbeRun.State.RUNNING)
    return bool(ours.update(state=state, problem=problem, finished_at=now, heartbeat_at=now))
