"""Why an alert paged, or did not: slot, rule version, numbers, transition, route, deliveries, from its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detections.alerts.delivery.evidence_of import record_of
from detections.alerts.models import Alert, AlertLog, Delivery
from detections.rules.models import Evaluation
from opsconsole.lib.clock import MINUTE
from opsconsole.lib.text import humanize


@dataclass(frozen=True)
class TraceStep:
    """One link of the chain: a heading and its sentences."""

    title: str
    lines: tuple[str, ...]


def trace(alert: Alert, log: Sequence[AlertLog], deliveries: Sequence[Delivery]) -> list[TraceStep]:
    """The chain behind the strongest evidence of the episode. One query."""
    judged = _judged(alert)
    return [
        TraceStep("Slot", _slot(alert, judged)),
        TraceStep("Rule", _rule(judged)),
        TraceStep("Numbers", _numbers(alert)),
        TraceStep("Transition", tuple(_change(row) for row in log if row.slot_end is not None)),
        TraceStep("Policy", _policies(deliveries)),
        TraceStep("Deliveries", tuple(_delivery(row) for row in deliveries) or ("No message was queued.",)),
    ]


def _judged(alert: Alert) -> Evaluation | None:
    if alert.evidence_id is None:
        return None
    # Of several that stand on the same evidence, the first: it is what the episode began or rose with.
    judged = Evaluation.objects.filter(evidence=alert.evidence_id).select_related("version__rule")
    return judged.order_by("pk").first()


def _slot(alert: Alert, judged: Evaluation | None) -> tuple[str, ...]:
    opened = f"The condition was first seen to hold at {humanize.utc(alert.opened_at)}."
    if judged is None:
        return (opened,)
    late = ", after an event arrived late" if judged.late else ""
    minute = f"{judged.slot_end - MINUTE:%H:%M}"
    judged_at = f"judged {humanize.utc(judged.evaluated_at)}{late} (revision {judged.revision})"
    return (opened, f"The strongest evidence is of the minute {minute} UTC, {judged_at}.")


def _rule(judged: Evaluation | None) -> tuple[str, ...]:
    if judged is None:
        return ("The evaluation is no longer stored.",)
    version = judged.version
    by = version.author_name or "unknown"
    return (f"{version.rule.identifier}, version {version.number} of {humanize.utc(version.created_at)} by {by}.",)


def _numbers(alert: Alert) -> tuple[str, ...]:
    record = record_of(alert)
    said = alert.evidence.sentence if alert.evidence else "No evidence is stored."
    if record is None:
        return (said,)
    return (said, f"Decided by: {', '.join(record.reasons)}; source {record.source}.")


def _change(row: AlertLog) -> str:
    slot = f"{row.slot_end - MINUTE:%H:%M} " if row.slot_end else ""
    arrow = f"{row.old} → {row.new}" if row.old else row.new
    return f"{slot}{row.kind}: {arrow} ({row.why})" if row.why else f"{slot}{row.kind}: {arrow}"


def _policies(deliveries: Sequence[Delivery]) -> tuple[str, ...]:
    """Per message, each policy that was looked at when it was queued."""
    messages = {row.sequence: row for row in deliveries}
    lines = [
        f"{sequence}. {row.get_kind_display()}: {'✓' if step['matched'] else '✗'} {step['policy']}, {step['why']}"
        for sequence, row in messages.items()
        for step in row.routing
    ]
    return tuple(lines) or ("It was not routed: nothing was to be told.",)


def _delivery(row: Delivery) -> str:
    tries = row.tries
    tried = "" if tries == 0 else ", 1 try" if tries == 1 else f", {tries} tries"
    to = "" if row.shown_only else f" to {row.target.address}"
    return f"{row.sequence}. {row.get_kind_display()}{to}: {row.outcome}{tried}"
