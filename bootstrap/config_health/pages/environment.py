"""What the page of an environment shows. The number of statements does not depend on the number of variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bootstrap.checklists.models import Item, Run, run_url
from bootstrap.checklists.progress import Progress
from bootstrap.checklists.queries import open_runs, progress_by_run
from bootstrap.config_health.findings.facts import reported_facts
from bootstrap.config_health.models import ConfigReport, Finding, ReportToken, VariableChange
from bootstrap.config_health.queries import deployments_of, in_environments, newest_reports, open_findings, worst_first
from bootstrap.config_health.variable_status import JudgedVariable, differences, is_fresh
from bootstrap.postures.queries import PostureView, postures_of
from bootstrap.systems.models import Deployment, Environment
from bootstrap.systems.value_rules.agent import agent

MAX_NOTES = 20  # of each report
MAX_DRIFT = 15  # newest changes on this page; the page of a deployment's drift has all
NEXT = {
    Finding.Kind.MISSING: "Set it there; the next report closes this.",
    Finding.Kind.EMPTY: "Give it a value, or unset it where it is not needed.",
    Finding.Kind.BAD_FORMAT: "Compare what is set with the rule of the variable, and set it again.",
    Finding.Kind.WRONG_LITERAL: "Set it to what is named here; the next report closes this.",
    Finding.Kind.FALLBACK_ACTIVE: "Set it, or accept the fallback as a posture.",
    Finding.Kind.FORBIDDEN_PRESENT: "Unset it there.",
    Finding.Kind.CHANGED_SINCE_SIGN_OFF: "Find out who changed it, then sign its item again.",
    Finding.Kind.MUST_EQUAL_BROKEN: "Set both from the same source.",
    Finding.Kind.MUST_DIFFER_BROKEN: "Generate a value of its own for one of them.",
    Finding.Kind.FLAG_WITHOUT_COVERAGE: "Add an item for the flag to the runbook's checklist, or unset it.",
    Finding.Kind.OVERDUE_ITEM: "Do and sign it, or give it another day or owner on the page of its checklist.",
    Finding.Kind.OVERDUE_RUN: "Finish or close the checklist, or give it another day on its page.",
    Finding.Kind.STALE: "See whether the agent's schedule still runs and its token is not revoked.",
}


@dataclass(frozen=True)
class FindingView:
    """A finding, what to do about it, and the address of the item about its variable, or of the checklist that is
    overdue as a whole (None without either)."""

    finding: Finding
    next: str
    item: str | None

    @property
    def leads_to(self) -> str:
        whole = self.finding.run_id is not None and self.finding.item_id is None
        return "Its checklist" if whole else "Its item"


@dataclass(frozen=True)
class VariableDrift:
    """A change in words."""

    change: VariableChange
    words: str


@dataclass(frozen=True)
class DeploymentView:
    """A deployment with its newest report, its open findings, worst first, and its live tokens."""

    deployment: Deployment
    report: ConfigReport | None
    fresh: bool
    findings: tuple[FindingView, ...]
    tokens: tuple[ReportToken, ...]

    @property
    def agent_id(self) -> str:
        """The HTML id of the agent's command, from which it is copied."""
        return f"agent-{self.deployment.pk}"

    @property
    def notes(self) -> list[str]:
        """What the newest report says of the agent's input besides states, as sentences without a full stop."""
        if self.report is None:
            return []
        notes = [agent.Note(each["name"], each["kind"], tuple(each["lines"])) for each in self.report.notes]
        known = [note.words() for note in notes if note.kind in agent.NOTE_WORDS]
        more = f"{len(known) - MAX_NOTES} more of these" if len(known) > MAX_NOTES else ""
        return [*known[:MAX_NOTES], *filter(None, [more])]

    @property
    def cron_id(self) -> str:
        return f"cron-{self.deployment.pk}"


@dataclass(frozen=True)
class EnvironmentView:
    environment: Environment
    deployments: tuple[DeploymentView, ...]
    drift: tuple[VariableDrift, ...]
    runs: tuple[tuple[Run, Progress], ...]
    overdue: tuple[FindingView, ...]  # where nothing is deployed; otherwise it stands at a deployment
    postures: tuple[PostureView, ...]

    @property
    def reported(self) -> bool:
        """Whether a deployment has ever sent a report."""
        return any(each.report for each in self.deployments)

    @property
    def findings(self) -> int:
        return len(self.overdue) + sum(len(each.findings) for each in self.deployments)


def environment_view(environment: Environment, now: datetime) -> EnvironmentView:
    """All that the page shows as of `now`."""
    deployments = list(deployments_of(environment.pk))
    ids = [deployment.pk for deployment in deployments]
    reports = newest_reports(ids)
    findings = worst_first(open_findings().filter(in_environments([environment.pk])).select_related("item"))
    items = _item_urls(environment)
    tokens = ReportToken.objects.filter(deployment__in=ids, revoked_at__isnull=True).select_related("created_by")
    live = list(tokens)
    runs = list(open_runs().filter(environment=environment))
    progress = progress_by_run(runs, now)
    changes = VariableChange.objects.filter(deployment__in=ids).select_related("deployment")[:MAX_DRIFT]
    return EnvironmentView(
        environment,
        tuple(
            DeploymentView(
                deployment,
                report := reports.get(deployment.pk),
                is_fresh(report.reported_at if report else None, now),
                tuple(_finding(each, items) for each in findings if each.deployment_id == deployment.pk),
                tuple(token for token in live if token.deployment_id == deployment.pk),
            )
            for deployment in deployments
        ),
        tuple(drift_in_words(changes)),
        tuple((run, progress[run.pk]) for run in runs),
        tuple(_finding(each, items) for each in findings if each.deployment_id is None),
        tuple(postures_of(environment, reported_facts, now)),
    )


def drift_in_words(changes: Iterable[VariableChange]) -> list[VariableDrift]:
    """Each change in words."""
    return [
        VariableDrift(change, "; ".join(differences(JudgedVariable(**change.before), JudgedVariable(**change.after))))
        for change in changes
    ]


def agent_command(address: str, token: str) -> str:
    """The command that runs the agent. The token is in the environment, as process lists show arguments."""
    return f"OPSCONSOLE_AGENT_TOKEN={token} bin/opsconsole-agent --url {address}"


def cron_line(command: str) -> str:
    """The command as a line of a crontab, at three each night: a report is fresh for 26 hours."""
    return f"0 3 * * * cd /path/to/the/agent && {command}"


def _finding(finding: Finding, items: dict[tuple[int, str], str]) -> FindingView:
    item = items.get((finding.deployment.app_id, finding.subject)) if finding.deployment else None
    if finding.run_id is not None:
        environment = finding.environment
        page = run_url(environment.system.slug, environment.slug, finding.run_id)
        item = f"{page}#item-{finding.item.key}" if finding.item else page
    return FindingView(finding, NEXT[Finding.Kind(finding.kind)], item)


def _item_urls(environment: Environment) -> dict[tuple[int, str], str]:
    """By application id and name of a variable or flag, the address of the item about it in the newest open run."""
    in_open_runs = {
        "section__version__runs__environment": environment,
        "section__version__runs__closed_at__isnull": True,
    }
    rows = Item.objects.filter(**in_open_runs).order_by("section__version__runs__pk")
    urls: dict[tuple[int, str], str] = {}
    for run, key, app, name, checklist_app, flag in rows.values_list(
        "section__version__runs__pk",
        "key",
        "variables__app_id",
        "variables__name",
        "section__version__checklist__app_id",
        "flag__name",
    ):
        address = f"{run_url(environment.system.slug, environment.slug, run)}#item-{key}"
        for owner, subject in ((app, name), (checklist_app, flag)):
            if owner and subject:
                urls[owner, subject] = address
    return urls
