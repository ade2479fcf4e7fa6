"""Reads what environments reported wrong: findings that were open in a minute, and what is known about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from bootstrap.checklists.variable_items import VariableItem, item_about, items_about
from bootstrap.config_health.models import ConfigReport, Finding
from bootstrap.config_health.queries import FINDING_PLACES
from bootstrap.systems.models import App
from detections.rules.evaluation.config_finding.overdue import OverdueContext
from detections.rules.evidence.config_finding import EvidenceFinding, ReportFacts, SignedItem
from detections.telemetry.deployments import ProjectPlace

# How long a finding counts as recent: the task that it sends runs within seconds, and the tick judges it otherwise.
RECENT = timedelta(minutes=2)


def open_between(start: datetime, end: datetime) -> list[Finding]:
    """Findings that were open at any moment of [start, end), each with all that names its deployment."""
    lasted = Q(closed_at__isnull=True) | Q(closed_at__gt=start)
    rows = Finding.objects.filter(lasted, opened_at__lt=end).order_by("opened_at", "id")
    return list(rows.select_related(*FINDING_PLACES, "run__version__checklist__app__system", "item"))


def places_of(findings: Iterable[Finding]) -> dict[int, ProjectPlace]:
    """By finding id, where it is judged. Without a deployment that is the application of its checklist in the run's
    environment, else the first application of the system. One query at most."""
    known = list(findings)
    without = {f.environment.system_id for f in known if app_of(f) is None}
    apps = App.objects.filter(system__in=without).select_related("system").order_by("-pk") if without else ()
    first = {app.system_id: app for app in apps}
    return {f.pk: ProjectPlace(app_of(f) or first.get(f.environment.system_id), f.environment) for f in known}


def app_of(finding: Finding) -> App | None:
    """The application that is deployed; without a deployment that of the checklist, None where it has none."""
    if finding.deployment is not None:
        return finding.deployment.app
    return finding.run.version.checklist.app if finding.run else None


def any_recent(now: datetime) -> bool:
    """Whether a finding was opened within RECENT: by a report, a sign-off, or time. One query."""
    return Finding.objects.filter(closed_at=None, opened_at__gt=now - RECENT).exists()


class FindingContext:
    """What is known about some findings: the newest report of each deployment by `end`, what the checklists say. A
    fixed number of queries, none without findings."""

    def __init__(self, findings: Sequence[Finding], end: datetime) -> None:
        reports = ConfigReport.objects.filter(
            deployment__in={f.deployment_id for f in findings if f.deployment_id}, received_at__lt=end
        ).order_by("deployment_id", "-reported_at", "-id")
        newest = reports.distinct("deployment_id").values_list("deployment_id", "id", "reported_at", "release")
        self._reports = {deployment: ReportFacts(pk, at, release) for deployment, pk, at, release in newest}
        self._items = items_about({f.environment.pk for f in findings}, {f.subject for f in findings if f.subject}, end)
        self._overdue = OverdueContext(findings)

    def as_evidence(self, finding: Finding) -> EvidenceFinding:
        """The finding as evidence stores it."""
        return EvidenceFinding(
            finding.pk,
            finding.kind,
            finding.severity,
            finding.opened_at,
            finding.detail,
            eased_from=finding.eased_from,
            owner=self._overdue.owner(finding),
            url=self._overdue.url(finding),
        )

    def report(self, finding: Finding) -> ReportFacts | None:
        return self._reports.get(finding.deployment_id or 0)

    def signed(self, finding: Finding) -> SignedItem | None:
        """None where no open checklist has an item about it that anybody acted on."""
        concern = self._concern(finding)
        if concern is None or concern.act is None:
            return None
        return SignedItem(concern.key, concern.act.describe(), concern.done)

    def _concern(self, finding: Finding) -> VariableItem | None:
        if (deployment := finding.deployment) is None:
            return None
        return item_about(self._items, deployment.environment_id, deployment.app_id, finding.subject)
