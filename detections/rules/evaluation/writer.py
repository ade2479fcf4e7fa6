"""Writes what was judged: evaluations, evidence and, in the same transaction, the verdicts that alerts consume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from detections.rules.evaluation.event_rate import Judgment
from detections.rules.evaluation.scopes import Mode
from detections.rules.evidence.records import as_data, sentence
from detections.rules.models import Evaluation, Evidence, Scope, Verdict

# After the condition cleared and `keep_firing` passed, alerts watch 20 slots for flapping.
SETTLE = timedelta(minutes=20)

KEEP_TELLING = """
UPDATE detections_scope AS scope SET
    settling_until = greatest(scope.settling_until, told.until),
    settling_since = CASE WHEN scope.settling_until >= %s THEN least(scope.settling_since, %s) ELSE %s END
FROM unnest(%s::bigint[], %s::timestamptz[]) AS told (id, until) WHERE scope.id = told.id
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
    proofs = _write_evidence(news, slot_end, now)
    evaluations = Evaluation.objects.bulk_create(
        _evaluation(j, before.get(j.scope.id), proofs.get(j.scope.id), slot_end, now) for j in news
    )
    Verdict.objects.bulk_create(
        Verdict(evaluation=evaluation, scope_id=evaluation.scope_id, created_at=now)
        for j, evaluation in zip(news, evaluations, strict=True)
        if is_settling(j.scope, slot_end) or (j.fires and not j.shadow)
    )
    _keep_telling(news, slot_end)
    return len(news)


def is_settling(scope: Scope, slot_end: datetime) -> bool:
    """Whether alerts are told every slot of the scope."""
    until, since = scope.settling_until, scope.settling_since
    return until is not None and slot_end <= until and (since is None or since <= slot_end)


def _is_news(j: Judgment, before: Evaluation | None, slot_end: datetime, mode: Mode) -> bool:
    if mode == "rise":
        return j.fires and (before is None or _rises(j, before))
    if before is None:
        return j.fires or j.outcome == Evaluation.Outcome.ERROR or is_settling(j.scope, slot_end)
    if before.version_id != j.rule.version.id and _demotes(j, before):
        return False  # editing a rule never takes back what the former version saw in this slot
    said = (before.outcome, before.severity, before.count, before.shadow)
    return said != (j.outcome, j.severity, j.count, j.shadow)


def _rises(j: Judgment, before: Evaluation) -> bool:
    if before.outcome != Evaluation.Outcome.FIRING:
        return True
    return (j.severity or 0) > (before.severity or 0) or (before.shadow and not j.shadow)


def _demotes(j: Judgment, before: Evaluation) -> bool:
    return before.outcome == Evaluation.Outcome.FIRING and (j.severity or 0) < (before.severity or 0)


def _write_evidence(news: Sequence[Judgment], slot_end: datetime, now: datetime) -> Mapping[int, Evidence]:
    """By scope id: a new row, or the earlier one that says the same already."""
    rows = Evidence.objects.bulk_create(
        Evidence(
            scope=j.scope,
            version=j.rule.version,
            slot_end=slot_end,
            data=as_data(j.record),
            sentence=sentence(j.record),
            created_at=now,
        )
        for j in news
        if j.record and not j.told
    )
    return {row.scope_id: row for row in rows} | {j.scope.id: j.told for j in news if j.told}


def _evaluation(
    j: Judgment, before: Evaluation | None, proof: Evidence | None, slot_end: datetime, now: datetime
) -> Evaluation:
    return Evaluation(
        scope=j.scope,
        slot_end=slot_end,
        revision=before.revision + 1 if before else 0,
        version=j.rule.version,
        outcome=j.outcome,
        severity=j.severity,
        source=j.source,
        count=j.count,
        limit=j.limit,
        shadow=j.shadow,
        late=j.late,
        detail=j.detail,
        evidence=proof,
        evaluated_at=now,
    )


def _keep_telling(news: Sequence[Judgment], slot_end: datetime) -> None:
    """A firing scope stays settling until it can have settled; a slot that says nothing puts that off by itself."""
    told: dict[int, datetime] = {}
    for j in news:
        if j.fires and not j.shadow:
            told[j.scope.id] = slot_end + timedelta(minutes=j.rule.spec.keep_firing_minutes) + SETTLE
        elif j.outcome in (Evaluation.Outcome.NO_DATA, Evaluation.Outcome.ERROR) and j.scope.settling_until:
            told[j.scope.id] = j.scope.settling_until + timedelta(minutes=1)
    if told:
        with connection.cursor() as cursor:
            cursor.execute(KEEP_TELLING, [slot_end, slot_end, slot_end, list(told), list(told.values())])
