"""Writes judgments: evaluations, evidence and, in the same transaction, the verdicts that alerts consume."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection

from detections.rules.evaluation.evaluator import Judgment
from detections.rules.evaluation.scopes import Mode
from detections.rules.evidence.base import EvidenceRecord
from detections.rules.models import Evaluation, Evidence, Scope, Verdict
from opsconsole.lib.db.copy_rows import copy_rows, draw_ids

# After the condition is clear for `keep_firing`, alerts need 20 more slots to detect flapping.
SETTLE = timedelta(minutes=20)

EXTEND_SETTLING = """
UPDATE detections_scope AS scope SET
    settling_until = greatest(scope.settling_until, later.until),
    settling_since = CASE WHEN scope.settling_until >= %s THEN least(scope.settling_since, %s) ELSE %s END
FROM unnest(%s::bigint[], %s::timestamptz[]) AS later (id, until) WHERE scope.id = later.id
"""


def write(judgments: Sequence[Judgment], slot_end: datetime, now: datetime, mode: Mode) -> int:
    """Writes the judgments that change something; returns the number of evaluations. Call it inside a transaction.

    Sparse: a clear scope that is not settling gets no row. An unchanged judgment writes nothing.
    """
    scopes = [j.scope.id for j in judgments]
    rows = Evaluation.objects.filter(scope__in=scopes, slot_end=slot_end).order_by("revision")
    before = {row.scope_id: row for row in rows}
    changed = [j for j in judgments if _is_change(j, before.get(j.scope.id), slot_end, mode)]
    if not changed:
        return 0
    recorded = [j for j in changed if j.record and not j.stored]
    ids = draw_ids({Evidence: len(recorded), Evaluation: len(changed)})
    evidence = {j.scope.id: j.stored.id for j in changed if j.stored}
    evidence |= {j.scope.id: pk for j, pk in zip(recorded, ids[Evidence], strict=True)}
    copy_rows(Evidence, [_evidence(j, evidence[j.scope.id], slot_end, now) for j in recorded])
    evaluations = [
        {"id": pk, "evidence_id": evidence.get(j.scope.id), **_evaluation(j, before.get(j.scope.id), slot_end, now)}
        for j, pk in zip(changed, ids[Evaluation], strict=True)
    ]
    copy_rows(Evaluation, evaluations)
    verdicts = [
        {"evaluation_id": pk, "scope_id": j.scope.id, "created_at": now, "consumed_at": None}
        for j, pk in zip(changed, ids[Evaluation], strict=True)
        if is_settling(j.scope, slot_end) or j.alerts
    ]
    copy_rows(Verdict, verdicts)
    _extend_settling(changed, slot_end)
    return len(changed)


def is_settling(scope: Scope, slot_end: datetime) -> bool:
    """Whether the scope gets a verdict for this slot even if it is clear."""
    until, since = scope.settling_until, scope.settling_since
    return until is not None and slot_end <= until and (since is None or since <= slot_end)


def _is_change(j: Judgment, before: Evaluation | None, slot_end: datetime, mode: Mode) -> bool:
    result = j.result
    if mode == "rise":
        return result.fires and (before is None or _rises(j, before))
    if before is None:
        return result.fires or result.outcome == Evaluation.Outcome.ERROR or is_settling(j.scope, slot_end)
    if before.version_id != j.rule.version.id and _demotes(j, before):
        return False  # a new version never withdraws what the former one detected in this slot
    written = (before.outcome, before.severity, before.count, before.shadow)
    return written != (result.outcome, result.severity, result.count, j.shadow)


def _rises(j: Judgment, before: Evaluation) -> bool:
    if before.outcome != Evaluation.Outcome.FIRING:
        return True
    return (j.result.severity or 0) > (before.severity or 0) or (before.shadow and not j.shadow)


def _demotes(j: Judgment, before: Evaluation) -> bool:
    return before.outcome == Evaluation.Outcome.FIRING and (j.result.severity or 0) < (before.severity or 0)


def _evidence(j: Judgment, pk: int, slot_end: datetime, now: datetime) -> dict[str, Any]:
    """The columns of the row for a judgment with a record."""
    record = cast(EvidenceRecord, j.record)
    return {
        "id": pk,
        "scope_id": j.scope.id,
        "version_id": j.rule.version.id,
        "slot_end": slot_end,
        "data": record.as_data(),
        "sentence": record.sentence(),
        "created_at": now,
    }


def _evaluation(j: Judgment, before: Evaluation | None, slot_end: datetime, now: datetime) -> dict[str, Any]:
    """The row's columns but its id and evidence."""
    return {
        "scope_id": j.scope.id,
        "slot_end": slot_end,
        "revision": before.revision + 1 if before else 0,
        "version_id": j.rule.version.id,
        "outcome": j.result.outcome.value,
        "severity": j.result.severity,
        "source": j.case.source,
        "count": j.result.count,
        "limit": j.result.limit,
        "shadow": j.shadow,
        "late": j.case.context.request.late,
        "detail": j.result.detail,
        "evaluated_at": now,
    }


def _extend_settling(changed: Sequence[Judgment], slot_end: datetime) -> None:
    """Extends `settling_until`: a firing scope gets verdicts until its alert can have ended; a slot without data or
    with an error adds a minute."""
    until: dict[int, datetime] = {}
    for j in changed:
        if j.alerts:
            until[j.scope.id] = slot_end + timedelta(minutes=j.rule.spec.keep_firing_minutes) + SETTLE
        elif j.result.outcome in (Evaluation.Outcome.NO_DATA, Evaluation.Outcome.ERROR) and j.scope.settling_until:
            until[j.scope.id] = j.scope.settling_until + timedelta(minutes=1)
    if until:
        with connection.cursor() as cursor:
            cursor.execute(EXTEND_SETTLING, [slot_end, slot_end, slot_end, list(until), list(until.values())])
