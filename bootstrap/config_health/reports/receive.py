"""Receives a report: stores it, updates the states of variables with their drift, judges the environment."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from bootstrap.checklists.prerequisites_changed import judge_soon
from bootstrap.config_health.findings.recompute import lock, recompute
from bootstrap.config_health.models import KEEP_DAYS, ConfigReport, Finding, VariableChange, VariableState
from bootstrap.config_health.queries import newest_reports, reported_findings, states_by_deployment, worst_first
from bootstrap.config_health.reports.payload import ReportIn, VariableIn
from bootstrap.config_health.variable_status import IS_SET, NOT_REPORTED, SET, JudgedVariable, differences
from bootstrap.systems.config.manifest import AgentManifest, manifest_of
from bootstrap.systems.models import Deployment
from bootstrap.systems.value_rules.flags import FLAG_WORDS

# How far an agent's clock may be ahead. A report from the far future would keep all later ones from being the newest.
FUTURE = timedelta(minutes=5)
AskedGroups = Mapping[str, frozenset[str]]  # by variable of the manifest, the groups that it asks fingerprints for


class ReportRefusedError(ValueError):
    """The report is not stored. The message is safe to show."""


class ReportFromFutureError(ReportRefusedError):
    """The agent's clock is more than five minutes ahead."""


class ReportTooOldError(ReportRefusedError):
    """The report is older than reports are kept."""


class ReportIncompleteError(ReportRefusedError):
    """The report was judged by today's manifest, but leaves out variables that this asks for."""


@dataclass(frozen=True)
class Received:
    """The stored report, and the deployment's open findings, worst first; without what is overdue in checklists: that
    is no matter of the agent, which may stop a deployment because of them."""

    report: ConfigReport
    findings: list[Finding]


@transaction.atomic
def receive(deployment: Deployment, reported: ReportIn, now: datetime) -> Received:
    """Store a report of `deployment`, update the states of its variables, and judge its environment.

    Receiving the same report again changes nothing. One that is older than the newest is stored and changes nothing
    else. Raises ReportRefusedError.
    """
    _check_age(reported, now)
    lock(deployment.environment_id)
    newest = newest_reports([deployment.pk]).get(deployment.pk)
    manifest = manifest_of(deployment)
    asked = {each["name"]: frozenset(each["groups"]) for each in manifest["variables"]}
    if reported.manifest == manifest["hash"] and not asked.keys() <= {variable.name for variable in reported.variables}:
        raise ReportIncompleteError(
            "variables leaves out some that the manifest of this hash asks for; name each, also unset"
        )
    report, created = _store(deployment, reported, asked, now)
    if created and (newest is None or reported.reported_at >= newest.reported_at):
        _update_states(report, _judged(reported, asked), asked, newest, _with_same_words(manifest, report, newest))
        recompute(deployment.environment, now)
        # Even where no finding changed: a fresh report may contradict signatures, on which rules depend.
        transaction.on_commit(judge_soon)
    return Received(report, worst_first(reported_findings().filter(deployment=deployment)))


def _check_age(reported: ReportIn, now: datetime) -> None:
    """Times are compared without converting them to UTC, which overflows at the end of the calendar."""
    if reported.reported_at > now + FUTURE:
        raise ReportFromFutureError("reported_at is more than five minutes in the future; set the agent's clock")
    if reported.reported_at < now - timedelta(days=KEEP_DAYS):
        raise ReportTooOldError(f"reported_at is more than {KEEP_DAYS} days ago; set the agent's clock")


def _store(deployment: Deployment, reported: ReportIn, asked: AskedGroups, now: datetime) -> tuple[ConfigReport, bool]:
    unknown = {variable.name for variable in reported.variables if variable.state in IS_SET} - set(asked)
    return ConfigReport.objects.get_or_create(
        deployment=deployment,
        reported_at=reported.reported_at,
        content_hash=hashlib.sha256(reported.model_dump_json(exclude={"environment", "app"}).encode()).hexdigest(),
        defaults={
            "received_at": now,
            "release": reported.release or "",
            "agent": reported.agent or "",
            "manifest": reported.manifest or "",
            "facts": reported.facts.model_dump(exclude_none=True),
            "complete": reported.complete,
            "notes": [note.model_dump() for note in reported.notes],
            "other_names": sorted(unknown.union(reported.other_names)),
        },
    )


def _judged(reported: ReportIn, asked: AskedGroups) -> dict[str, JudgedVariable]:
    """By name, the reported variables that the manifest asks for, with the fingerprints that it asks for."""
    return {
        variable.name: _judged_variable(variable, asked[variable.name])
        for variable in reported.variables
        if variable.name in asked
    }


def _judged_variable(variable: VariableIn, groups: Collection[str]) -> JudgedVariable:
    if variable.state != SET:
        return JudgedVariable(variable.state)
    prints = {group: value for group, value in variable.fingerprints.items() if group in groups}
    return JudgedVariable(variable.state, variable.format_ok, variable.accepted_index, prints)


def _with_same_words(manifest: AgentManifest, report: ConfigReport, previous: ConfigReport | None) -> frozenset[str]:
    """The variables whose `accepted_index` points to the same words as in the report before.

    All where both were judged by the same manifest, else only flags.
    """
    same = previous is not None and previous.manifest == report.manifest
    return frozenset(each["name"] for each in manifest["variables"] if same or each["accepted"] == list(FLAG_WORDS))


def _update_states(
    report: ConfigReport,
    judged: Mapping[str, JudgedVariable],
    asked: AskedGroups,
    previous: ConfigReport | None,
    same_words: Collection[str],
) -> None:
    """Store the states that differ from those before, and the change of each that was known before.

    A variable that the manifest asks for and the report leaves out keeps its last reported state and the time of that.
    A variable that the manifest no longer asks for becomes "not reported".
    """
    before = states_by_deployment([report.deployment_id])[report.deployment_id]
    gone = {name: JudgedVariable(NOT_REPORTED) for name in before.keys() - asked.keys()}
    changed = {
        name: new
        for name, new in sorted({**gone, **judged}.items())
        if name not in before or before[name].judged != new or before[name].last_reported_at is not None
    }
    _store_states(report, changed, before)
    if previous is not None:
        left_out = [row.pk for name, row in before.items() if name in asked and name not in judged]
        silent = VariableState.objects.filter(pk__in=left_out, last_reported_at__isnull=True)
        silent.update(last_reported_at=previous.reported_at)
    _store_changes(report, changed, before, same_words)


def _store_states(
    report: ConfigReport, changed: Mapping[str, JudgedVariable], before: Mapping[str, VariableState]
) -> None:
    VariableState.objects.bulk_create(
        [_state(report, name, new, before.get(name)) for name, new in changed.items()],
        update_conflicts=True,
        unique_fields=["deployment", "name"],
        update_fields=["state", "format_ok", "accepted_index", "fingerprints", "since", "last_reported_at", "report"],
    )


def _store_changes(
    report: ConfigReport,
    changed: Mapping[str, JudgedVariable],
    before: Mapping[str, VariableState],
    same_words: Collection[str],
) -> None:
    VariableChange.objects.bulk_create(
        VariableChange(
            deployment_id=report.deployment_id,
            name=name,
            at=report.reported_at,
            before=before[name].judged.as_json(),
            after=new.as_json(),
            release=report.release,
        )
        for name, new in changed.items()
        if name in before and _drifted(before[name].judged, new, same_words=name in same_words)
    )


def _drifted(before: JudgedVariable, after: JudgedVariable, *, same_words: bool) -> bool:
    """Whether the variable changed. Without `same_words` its index is not compared."""
    return bool(differences(before, after if same_words else replace(after, accepted_index=before.accepted_index)))


def _state(report: ConfigReport, name: str, judged: JudgedVariable, before: VariableState | None) -> VariableState:
    if before is not None and before.judged == judged:  # reported again after a gap, unchanged
        return VariableState(
            deployment_id=report.deployment_id,
            name=name,
            since=before.since,
            report_id=before.report_id,
            **judged.as_json(),
        )
    return VariableState(
        deployment_id=report.deployment_id, name=name, since=report.reported_at, report=report, **judged.as_json()
    )
