"""The evidence of an alert as its page tells it: what opened it, the strongest since, and what is counted now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from detections.alerts.models import Alert, AlertLog
from detections.rules.active_rules import InForce
from detections.rules.evaluation import evaluation_errors
from detections.rules.evaluation.window_count import count_now
from detections.rules.evidence.event_rate import Record
from detections.rules.spec import describe
from detections.rules.spec.schema import RuleSpec


@dataclass(frozen=True)
class Proof:
    """One sentence of evidence. `at` is when it was seen; None for what holds now."""

    label: str
    at: datetime | None
    sentence: str


def proofs(alert: Alert, log: Sequence[AlertLog], said_now: str) -> list[Proof]:
    """At most three: opening, strongest where that is another, and what holds now while the alert is open."""
    opening = next((row for row in log if row.kind == "opened" and row.evidence is not None), None)
    found = []
    if opening is not None and opening.evidence is not None:
        found.append(Proof("At opening", alert.opened_at, opening.evidence.sentence))
    strongest = alert.evidence
    # Of equals the alert keeps the newest, which says nothing that was not said at opening.
    if strongest is not None and strongest.sentence not in {proof.sentence for proof in found}:
        found.append(Proof("Strongest", min(strongest.slot_end, strongest.created_at), strongest.sentence))
    if alert.dedup_key is not None:
        found.append(Proof("Now", None, said_now))
    return found


def numbers(record: Record) -> list[tuple[str, str]]:
    """The strongest evidence as names and numbers."""
    window = f"{record.window_minutes} min"
    learnt = record.baseline is not None and record.baseline.established
    limit = f"{record.limit:,} in {window}" if record.limit is not None else "known failures only"
    found = [
        (f"Errors in {window}", f"{record.count:,}"),
        (f"Busiest {window}", f"{record.busiest:,}"),
        (f"The {window} before", f"{record.before:,}"),
        ("Last hour", f"{record.hour:,}"),
        ("Fires from", limit if learnt or record.limit is None else f"{limit} while it is learnt"),
        ("Decided by", ", ".join(record.reasons)),
        ("Source", record.source),
    ]
    if record.baseline is not None and learnt:
        found.append(("Usual", f"{record.baseline.mean:.2f} in {window}"))
    else:
        found.append(("Baseline", describe.learnt_days(record.baseline.covered_hours if record.baseline else None)))
    if record.p is not None and record.z is not None:
        found += [("Chance of this", f"{record.p:.3g}"), ("Standard deviations above", f"{record.z:.1f}")]
    return found


def unjudged_now(alert: Alert, now: datetime) -> str:
    """How the rule fares that the alert is about."""
    failing = evaluation_errors.failing_now(alert.group_key, alert.project_environment_id, now)
    if not failing:
        return "In the newest slot no scope of it ended in an error."
    return f"{failing} scope{'s' if failing > 1 else ''} could not be judged in the last two minutes."


def counted_now(alert: Alert, spec: RuleSpec, record: Record | None, now: datetime) -> str:
    """What the rule that opened the alert counts at present."""
    source = record.source if record else spec.selector.sources[0].source
    count = count_now(InForce(alert.rule, alert.version, spec), alert.scope, source, now)
    window = record.window_minutes if record else 5
    limit = f" Fires from {record.limit}." if record and record.limit is not None else ""
    return f"{describe.errors(count)} in the last {describe.minutes(window)}.{limit}"
