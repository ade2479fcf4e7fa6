"""Reads the variable that an alert is about as it is now: what it is for, how to set it, how it came to be so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bootstrap.checklists.shell_commands import ShellCommand, shell_command, unset_shell_command
from bootstrap.checklists.variable_items import VariableItem, item_about, items_about
from bootstrap.config_health.models import ConfigReport, VariableChange, VariableState
from bootstrap.config_health.queries import newest_reports
from bootstrap.config_health.variable_status import JudgedVariable, differences, is_fresh
from bootstrap.systems.models import ConfigVar, Deployment
from bootstrap.systems.setting.place import Place
from bootstrap.systems.setting.read import place_of
from detections.rules.evidence.config_finding import ConfigFindingEvidence

CHANGES = 10  # of the drift history; the environment's page has the rest
SETTING_HELPS = frozenset(
    {
        "missing",
        "empty",
        "bad_format",
        "wrong_literal",
        "fallback_active",
        "must_equal_broken",
        "must_differ_broken",
    }
)


@dataclass(frozen=True)
class Drift:
    """One change of the variable from one report to another, in words."""

    at: datetime
    what: str
    release: str


@dataclass(frozen=True)
class Configuration:
    """The state now; `record` has the state when it fired. `variable` is None for a stale report and unknown flags."""

    record: ConfigFindingEvidence
    deployment: Deployment | None
    variable: ConfigVar | None
    state: VariableState | None
    report: ConfigReport | None
    stale: bool
    item: VariableItem | None
    command: ShellCommand | None
    drift: list[Drift]

    @property
    def place(self) -> Place | None:
        """Where its variables are set; None where the deployment is gone."""
        return place_of(self.deployment) if self.deployment else None

    @property
    def now(self) -> str:
        """What the newest report says of the variable."""
        return self.state.judged.describe() if self.state else "not reported"

    @property
    def sentence(self) -> str:
        """The same in one sentence, with the report that it is from."""
        if self.report is None:
            return "No report ever came."
        at = f"{self.report.reported_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if not self.record.variable:
            return f"The newest report is of {at}{', too old to rely on' if self.stale else ''}."
        return f"The newest report, of {at}, says {self.now}{'; it is too old to rely on' if self.stale else ''}."


def configuration(record: ConfigFindingEvidence, now: datetime) -> Configuration:
    """Read what there is. At most eight queries; three more for an item of a schedule's run."""
    found = Deployment.objects.filter(pk=record.deployment or 0).select_related("app", "environment__system")
    deployment = found.first()
    report = newest_reports([deployment.pk]).get(deployment.pk) if deployment else None
    stale = not is_fresh(report.reported_at if report else None, now)
    if deployment is None or not record.variable:
        return Configuration(record, deployment, None, None, report, stale, None, None, [])
    name = record.variable
    variable = ConfigVar.objects.filter(app=deployment.app_id, name=name).select_related("fallback_to").first()
    item = item_about(
        items_about([deployment.environment_id], [name], now), deployment.environment_id, deployment.app_id, name
    )
    return Configuration(
        record=record,
        deployment=deployment,
        variable=variable,
        state=VariableState.objects.filter(deployment=deployment, name=name).first(),
        report=report,
        stale=stale,
        item=item,
        command=_command(record, item, place_of(deployment)),
        drift=_drift(deployment, name),
    )


def _command(record: ConfigFindingEvidence, item: VariableItem | None, place: Place) -> ShellCommand | None:
    name = record.variable
    if record.kinds & SETTING_HELPS:
        return shell_command("alert", name, item.value if item else None, place, item.generator if item else "")
    if "forbidden_present" in record.kinds:
        return unset_shell_command("alert", name, place)
    return None


def _drift(deployment: Deployment, name: str) -> list[Drift]:
    rows = VariableChange.objects.filter(deployment=deployment, name=name)[:CHANGES]
    return [
        Drift(row.at, ", ".join(differences(JudgedVariable(**row.before), JudgedVariable(**row.after))), row.release)
        for row in rows
    ]
