"""Takes a report in: stores it, updates the states of variables with their drift, judges the environment anew."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from bootstrap.checklists.prerequisites_changed import judge_soon
from bootstrap.config_health.findings.recompute import lock, recompute
from bootstrap.config_health.models import KEEP_DAYS, ConfigReport, Finding, VariableChange, VariableState
from bootstrap.config_health.queries import newest_reports, open_findings, states_by_deployment, worst_first
from bootstrap.config_health.reports.payload import ReportIn, VariableIn
from bootstrap.config_health.variable_status import NOT_REPORTED, SET, Judged, differences
from bootstrap.systems.config.manifest import AgentManifest, manifest_of
from bootstrap.systems.models import Deployment
from bootstrap.systems.value_rules.flags import FLAG_WORDS

# A clock that is a little fast is no harm; one that is far ahead would keep all later reports from counting.
FUTURE = timedelta(minutes=5)
Asked = Mapping[str, frozenset[str]]  # by variable, the comparison groups that the manifest asks fingerprints of


class RefusedError(ValueError):
    """The report is not taken in; the message is safe to show."""


class FromTheFutureError(RefusedError):
    """The agent's clock is more than five minutes ahead."""


class TooOldError(RefusedError):
    """The report is older than reports are kept."""


class IncompleteError(RefusedError):
    """The report was judged by today's manifest, but leaves out what that asks for."""


@dataclass(frozen=True)
class Received:
    """The stored report, and what is wrong with the deployment now, worst first."""

    report: ConfigReport
    findings: list[Finding]


@transaction.atomic
def receive(deployment: Deployment, told: ReportIn, now: datetime) -> Received:
    """Store what was told of `deployment`; the same again is answered as before and changes nothing.

    A report older than the newest is history: it is stored and changes nothing. Raises RefusedError.
    """
    _check_age(told, now)
    lock(deployment.environment_id)
    newest = newest_reports([deployment.pk]).get(deployment.pk)
    manifest = manifest_of(deployment)
    asked = {each["name"]: frozenset(each["groups"]) for each in manifest["variables"]}
    if told.manifest == manifest["hash"] and not asked.keys() <= {variable.name for variable in told.variables}:
        raise IncompleteError(
            "variables leaves out some that the manifest of this hash asks for; name each, also unset"
        )
    report, created = _store(deployment, told, asked, now)
    if created and (newest is None or told.reported_at >= newest.reported_at):
        _update_states(report, _judged(told, asked), asked, newest, _same_words(manifest, report, newest))
        recompute(deployment.environment, now)
        # Also where nothing changed: what was contradicted by no fresh report may be now.
        transaction.on_commit(judge_soon)
    return Received(report, worst_first(open_findings().filter(deployment=deployment)))


def _check_age(told: ReportIn, now: datetime) -> None:
    """Compared as they are: what is at the very end of the calendar cannot be turned into UTC."""
    if told.reported_at > now + FUTURE:
        raise FromTheFutureError("reported_at is more than five minutes in the future; set the agent's clock")
    if told.reported_at < now - timedelta(days=KEEP_DAYS):
        raise TooOldError(f"reported_at is more than {KEEP_DAYS} days ago; set the agent's clock")


def _store(deployment: Deployment, told: ReportIn, asked: Asked, now: datetime) -> tuple[ConfigReport, bool]:
    unknown = {variable.name for variable in told.variables if variable.state == SET} - set(asked)
    return ConfigReport.objects.get_or_create(
        deployment=deployment,
        reported_at=told.reported_at,
        content_hash=hashlib.sha256(told.model_dump_json(exclude={"environment", "app"}).encode()).hexdigest(),
        defaults={
            "received_at": now,
            "release": told.release or "",
            "agent": told.agent or "",
            "manifest": told.manifest or "",
            "facts": told.facts.model_dump(exclude_none=True),
            "other_names": sorted(unknown.union(told.other_names)),
        },
    )


def _judged(told: ReportIn, asked: Asked) -> dict[str, Judged]:
    """By name, of the variables that the manifest knows; fingerprints of groups that it asks for."""
    return {
        variable.name: _one(variable, asked[variable.name]) for variable in told.variables if variable.name in asked
    }


def _one(variable: VariableIn, groups: Collection[str]) -> Judged:
    if variable.state != SET:
        return Judged(variable.state)
    prints = {group: value for group, value in variable.fingerprints.items() if group in groups}
    return Judged(variable.state, variable.format_ok, variable.accepted_index, prints)


def _same_words(manifest: AgentManifest, report: ConfigReport, previous: ConfigReport | None) -> frozenset[str]:
    """The variables whose index means the same word as in the report before: of one manifest all, else flags."""
    same = previous is not None and previous.manifest == report.manifest
    return frozenset(each["name"] for each in manifest["variables"] if same or each["accepted"] == list(FLAG_WORDS))


def _update_states(
    report: ConfigReport,
    judged: Mapping[str, Judged],
    asked: Asked,
    previous: ConfigReport | None,
    same_words: Collection[str],
) -> None:
    """Write the states that differ, and for each that was known before, how it changed.

    What is asked for and left out stays as it was told last, and from when that is; what nobody asks for any more is
    not reported.
    """
    before = states_by_deployment([report.deployment_id])[report.deployment_id]
    gone = {name: Judged(NOT_REPORTED) for name in before.keys() - asked.keys()}
    changed = {
        name: new
        for name, new in {**gone, **judged}.items()
        if name not in before or before[name].judged != new or before[name].last_reported_at is not None
    }
    VariableState.objects.bulk_create(
        [_state(report, name, new, before.get(name)) for name, new in sorted(changed.items())],
        update_conflicts=True,
        unique_fields=["deployment", "name"],
        update_fields=["state", "format_ok", "accepted_index", "fingerprints", "since", "last_reported_at", "report"],
    )
    if previous is not None:
        left_out = [row.pk for name, row in before.items() if name in asked and name not in judged]
        silent = VariableState.objects.filter(pk__in=left_out, last_reported_at__isnull=True)
        silent.update(last_reported_at=previous.reported_at)
    VariableChange.objects.bulk_create(
        VariableChange(
            deployment_id=report.deployment_id,
            name=name,
            at=report.reported_at,
            before=before[name].judged.as_json(),
            after=new.as_json(),
            release=report.release,
        )
        for name, new in sorted(changed.items())
        if name in before and _drifted(before[name].judged, new, same_words=name in same_words)
    )


def _drifted(before: Judged, after: Judged, *, same_words: bool) -> bool:
    """Whether the variable is another; where the agent was asked for other words, another index tells nothing."""
    return bool(differences(before, after if same_words else replace(after, accepted_index=before.accepted_index)))


def _state(report: ConfigReport, name: str, judged: Judged, before: VariableState | None) -> VariableState:
    if before is not None and before.judged == judged:  # told again as it was: it was so all the time
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
