"""Why an alert notified somebody or nobody: slot, rule version, numbers, transitions, policies, deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detections.alerts.alert_subject import never_pages
from detections.alerts.delivery.evidence_of import record_of
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert, AlertLog
from detections.rules.models import Evaluation, RuleVersion
from opsconsole.lib.clock import MINUTE
from opsconsole.lib.text import humanize

PAGERS_LEFT_OUT = "Its rule never pages: pagers and escalations are left out, whatever a policy says."


@dataclass(frozen=True)
class TraceStep:
    """One step of the explanation: a heading and sentences."""

    title: str
    lines: tuple[str, ...]
    folded: tuple[str, ...] = ()  # what did not apply


def trace(alert: Alert, log: Sequence[AlertLog], deliveries: Sequence[Delivery]) -> list[TraceStep]:
    """The explanation of the alert by its strongest evidence. One query."""
    evaluation = _evaluation_of(alert)
    return [
        TraceStep("Slot", _slot(alert, evaluation)),
        TraceStep("Rule", _rule(alert, evaluation)),
        TraceStep("Numbers", _numbers(alert)),
        TraceStep("Transition", tuple(_change(row) for row in log if row.slot_end is not None)),
        _policies(alert, deliveries),
        TraceStep("Deliveries", tuple(_delivery(row) for row in deliveries) or ("No message was queued.",)),
    ]


def _evaluation_of(alert: Alert) -> Evaluation | None:
    if alert.evidence_id is None:
        return None
    # Of several with the same evidence the first, with which the episode opened or its severity rose.
    evaluation = Evaluation.objects.filter(evidence=alert.evidence_id).select_related("version")
    return evaluation.order_by("pk").first()


def _slot(alert: Alert, evaluation: Evaluation | None) -> tuple[str, ...]:
    opened = f"The condition was first seen to hold at {humanize.utc(alert.opened_at)}."
    if evaluation is None:
        return (opened,)
    late = ", after an event arrived late" if evaluation.late else ""
    minute = f"{evaluation.slot_end - MINUTE:%H:%M}"
    judged_at = f"judged {humanize.utc(evaluation.evaluated_at)}{late} (revision {evaluation.revision})"
    return (opened, f"The strongest evidence is of the minute {minute} UTC, {judged_at}.")


def _rule(alert: Alert, evaluation: Evaluation | None) -> tuple[str, ...]:
    """The version that opened the alert, and that of the strongest evidence where it is another one."""
    opened = f"{alert.rule.identifier}, {_version(alert.version)}."
    if evaluation is None:
        return (opened, "The evaluation of the strongest evidence is no longer stored.")
    if evaluation.version_id == alert.version_id:
        return (opened,)
    return (opened, f"The strongest evidence was judged by {_version(evaluation.version)}.")


def _version(version: RuleVersion) -> str:
    by = version.author_name or "unknown"
    return f"version {version.number} of {humanize.utc(version.created_at)} by {by}"


def _numbers(alert: Alert) -> tuple[str, ...]:
    record = record_of(alert)
    sentence = alert.evidence.sentence if alert.evidence else "No evidence is stored."
    if record is None:
        return (sentence,)
    return (sentence, f"Decided by: {', '.join(record.reasons)}; source {record.source}.")


def _change(row: AlertLog) -> str:
    slot = f"{row.slot_end - MINUTE:%H:%M} " if row.slot_end else ""
    arrow = f"{row.old} → {row.new}" if row.old else row.new
    return f"{slot}{row.kind}: {arrow} ({row.why})" if row.why else f"{slot}{row.kind}: {arrow}"


def _policies(alert: Alert, deliveries: Sequence[Delivery]) -> TraceStep:
    """For each message, the policies that were tried when it was queued; those that did not match are folded."""
    messages = {(row.group_id, row.sequence): row for row in deliveries}
    tried = [(row, step) for row in messages.values() for step in row.routing]
    matched = tuple(_policy("✓", row, step) for row, step in tried if step["matched"])
    skipped = tuple(_policy("✗", row, step) for row, step in tried if not step["matched"])
    untried = "No policy matched." if skipped else "It was not routed: there was no message to send."
    left_out = (PAGERS_LEFT_OUT,) if never_pages(alert) else ()
    return TraceStep("Policy", (*left_out, *(matched or (untried,))), skipped)


def _policy(mark: str, row: Delivery, step: Mapping[str, Any]) -> str:
    return f"{row.sequence}. {row.get_kind_display()}: {mark} {step['policy']}, {step['why']}"


def _delivery(row: Delivery) -> str:
    tries = row.tries
    tried = "" if tries == 0 else ", 1 try" if tries == 1 else f", {tries} tries"
    to = "" if row.shown_only else f" to {row.target.address}"
    return f"{row.sequence}. {row.get_kind_display()}{to}: {row.outcome}{tried}"
