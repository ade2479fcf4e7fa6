"""Queues what the webhooks of probe targets are told: the summary of a run with warn or high checks, once.

A run that is done says itself that its webhook is to be told (`webhook_due`), in the transaction that judged it. Here
the message takes the place of that mark, in one transaction too, so that no kill in between loses or doubles it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.probes.addresses import webhook_host
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.program import probe

BATCH = 100
NAMED_BY = "Probe target"


def queue_probe_messages(now: datetime) -> int:
    """Queues the messages of runs that are to be told, and returns how many. One query where there is none."""
    if not ProbeRun.objects.filter(webhook_due=True).exists():
        return 0
    with transaction.atomic():
        due = ProbeRun.objects.filter(webhook_due=True).select_related("target").order_by("pk")
        runs = list(due.select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
        # Those whose address was taken away since are told nowhere.
        asked = {run.target_id: run.target for run in runs if run.target.webhook_url}
        receivers = {pk: webhook_of(target) for pk, target in asked.items()}
        drafts = [_draft(run, receivers[run.target_id], now) for run in runs if run.target_id in receivers]
        Delivery.objects.bulk_create(drafts)
        _clear(runs)
    return len(drafts)


def webhook_of(of_probe: ProbeTarget) -> Target:
    """The target that stands for the webhook, made with its first message. It has no secret: see `open_values`."""
    name = f"Webhook of probe target {of_probe.slug}"
    taken = Target.objects.filter(name=name).exclude(probe_target=of_probe)
    new = {"name": f"{name} ({of_probe.pk})" if taken.exists() else name, "channel": "webhook"}
    address = webhook_host(of_probe.webhook_url)[:200]
    target, _ = Target.objects.get_or_create(probe_target=of_probe, defaults={**new, "address": address})
    if target.address != address:
        target.address = address
        target.save(update_fields=["address"])
    target.probe_target = of_probe
    return target


def _clear(runs: Sequence[ProbeRun]) -> None:
    """Takes the marks back."""
    ProbeRun.objects.filter(pk__in=[run.pk for run in runs]).update(webhook_due=False)


def _draft(run: ProbeRun, receiver: Target, now: datetime) -> Delivery:
    """The summary as the command sends it, of the report that was stored."""
    return Delivery(
        probe_run=run,
        sequence=1,
        kind=Delivery.Kind.PROBE,
        target=receiver,
        policy_name=NAMED_BY,
        routing=[{"policy": NAMED_BY, "matched": True, "why": f"{run.target.name} has this webhook"}],
        payload={
            "kind": Delivery.Kind.PROBE.value,
            "title": run.target.name,
            "severity": run.severity,
            "message_id": str(uuid4()),
            "episode": f"opsconsole-probe-{run.target.slug}",
            "probe": probe.summary_of(run.report),
        },
        queued_at=now,
        next_attempt_at=now,
    )
