"""Reads what is overdue in checklists for alerts: who answers for it, where it is, whether it still is."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.checklists.models import run_url
from bootstrap.checklists.plans.queries import plans_by_run
from bootstrap.config_health.models import Finding
from detections.rules.evaluation.evaluator import LiveState
from detections.rules.evidence.config_finding import ConfigFindingEvidence


class OverdueContext:
    """Owners and addresses of what is overdue among some findings, each with its item. One query, none without any."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        runs = {finding.run_id for finding in findings if finding.run_id is not None}
        self._plans = plans_by_run(runs) if runs else {}

    def owner(self, finding: Finding) -> str:
        """The owner of the item, else of its run; '' for nobody and for findings of reports."""
        plans = self._plans.get(finding.run_id, {}) if finding.run_id is not None else {}
        rows = [plans[pk] for pk in (finding.item_id, None) if pk in plans]
        return next((row.owner.name for row in rows if row.owner), "")

    def url(self, finding: Finding) -> str:
        """The address of the item on the run's page; '' for findings of reports."""
        if finding.run_id is None:
            return ""
        environment = finding.environment
        page = run_url(environment.system.slug, environment.slug, finding.run_id)
        return f"{page}#item-{finding.item.key}" if finding.item else page


def overdue_now(record: ConfigFindingEvidence) -> LiveState:
    """Whether what fired is overdue still. One query."""
    run = Finding.objects.filter(pk__in=[each.finding for each in record.findings]).values("run")
    finding = Finding.objects.filter(run__in=run, subject=record.group, closed_at__isnull=True).first()
    links = tuple(("Its place in the checklist", each.url) for each in record.findings[:1] if each.url)
    if finding is None:
        return LiveState(
            "It is no longer overdue: it is done, has another due date, or its checklist is closed.", links
        )
    return LiveState(f"It is still overdue. {finding.detail}.", links)
