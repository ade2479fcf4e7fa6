"""Writes what was judged: evaluations, evidence and, in the same transaction, the verdicts that alerts consume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from detections.rules.evaluation.evaluator import Judgment
from detections.rules.evaluation.scopes import Mode
from detections.rules.models import Evaluation, Evidence, Scope, Verdict

# After the condition cleared and `keep_firing` passed, alerts watch 20 slots for flapping.
SETTLE = timedelta(minutes=20)

EXTEND_RESTLESS = """
UPDATE detections_scope AS scope SET
    settling_until = greatest(scope.settling_until, later.until),
    settling_since = CASE WHEN scope.settling_until >= %s THEN least(scope.settling_since, %s) ELSE %s END
FROM unnest(%s::bigint[], %s::timestamptz[]) AS later (id, until) WHERE scope.id = later.id
"""


def write(judgments: Sequence[Judgment], slot_end: datetime, now: datetime, mode: Mode) -> int:
    """Write what is new about the slot; returns the number of evaluations written. Call it inside a transaction.

    Sparse: a quiet scope that is clear gets no row. The same judgment again writes nothing.
    """
    scopes = [j.scope.id for j in judgments]
    rows = Evaluation.objects.filter(scope__in=scopes, slot_end=slot_end).order_by("revision")
    before = {row.scope_id: row for row in rows}
    news = [j for j in judgments if _is_news(j, before.get(j.scope.id), slot_end, mode)]
    if not news:
        return 0
    evidence = _write_evidence(news, slot_end, now)
    evaluations = Evaluation.objects.bulk_create(
        _evaluation(j, before.get(j.scope.id), evidence.get(j.scope.id), slot_end, now) for j in news
    )
    Verdict.objects.bulk_create(
        Verdict(evaluation=evaluation, scope_id=evaluation.scope_id, created_at=now)
        for j, evaluation in zip(news, evaluations, strict=True)
        if is_settling(j.scope, slot_end) or j.alerts
    )
    _extend_restless(news, slot_end)
    return len(news)


def is_settling(scope: Scope, slot_end: datetime) -> bool:
    """Whether alerts get a verdict of every slot of the scope, also a clear one."""
    until, since = scope.settling_until, scope.settling_since
    return until is not None and slot_end <= until and (since is None or since <= slot_end)


def _is_news(j: Judgment, before: Evaluation | None, slot_end: datetime, mode: Mode) -> bool:
    result = j.result
    if mode == "rise":
        return result.fires and (before is None or _rises(j, before))
    if before is None:
        return result.fires or result.outcome == Evaluation.Outcome.ERROR or is_settling(j.scope, slot_end)
    if before.version_id != j.rule.version.id and _demotes(j, before):
        return False  # editing a rule never takes back what the former version saw in this slot
    written = (before.outcome, before.severity, before.count, before.shadow)
    return written != (result.outcome, result.severity, result.count, j.shadow)


def _rises(j: Judgment, before: Evaluation) -> bool:
    if before.outcome != Evaluation.Outcome.FIRING:
        return True
    return (j.result.severity or 0) > (before.severity or 0) or (before.shadow and not j.shadow)


def _demotes(j: Judgment, before: Evaluation) -> bool:
    return before.outcome == Evaluation.Outcome.FIRING and (j.result.severity or 0) < (before.severity or 0)


def _write_evidence(news: Sequence[Judgment], slot_end: datetime, now: datetime) -> Mapping[int, Evidence]:
    """By scope id: a new row, or the earlier one that says the same already."""
    rows = Evidence.objects.bulk_create(
        Evidence(
            scope=j.scope,
            version=j.rule.version,
            slot_end=slot_end,
            data=j.record.as_data(),
            sentence=j.record.sentence(),
            created_at=now,
        )
        for j in news
        if j.record and not j.stored
    )
    return {row.scope_id: row for row in rows} | {j.scope.id: j.stored for j in news if j.stored}


def _evaluation(
    j: Judgment, before: Evaluation | None, evidence: Evidence | None, slot_end: datetime, now: datetime
) -> Evaluation:
    return Evaluation(
        scope=j.scope,
        slot_end=slot_end,
        revision=before.revision + 1 if before else 0,
        version=j.rule.version,
        outcome=j.result.outcome,
        severity=j.result.severity,
        source=j.case.source,
        count=j.result.count,
        limit=j.result.limit,
        shadow=j.shadow,
        late=j.case.context.request.late,
        detail=j.result.detail,
        evidence=evidence,
        evaluated_at=now,
    )


def _extend_restless(news: Sequence[Judgment], slot_end: datetime) -> None:
    """A scope that fires gets a verdict for every slot until its alert can have settled; a slot without an outcome puts
    that off by itself."""
    until: dict[int, datetime] = {}
    for j in news:
        if j.alerts:
            until[j.scope.id] = slot_end + timedelta(minutes=j.rule.spec.keep_firing_minutes) + SETTLE
        elif j.result.outcome in (Evaluation.Outcome.NO_DATA, Evaluation.Outcome.ERROR) and j.scope.settling_until:
            until[j.scope.id] = j.scope.settling_until + timedelta(minutes=1)
    if until:
        with connection.cursor() as cursor:
            cursor.execute(EXTEND_RESTLESS, [slot_end, slot_end, slot_end, list(until), list(until.values())])
