"""Takes a report in: stores it, updates the states of variables with their drift, judges the environment anew."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bootstrap.checklists.announce import judge_soon
from bootstrap.health.judged import NOT_REPORTED, SET, Judged, differences
from bootstrap.health.models import ConfigReport, Finding, VariableChange, VariableState
from bootstrap.health.queries import newest_reports, open_findings, states_by_deployment, worst_first
from bootstrap.health.recompute import lock, recompute
from bootstrap.health.wire import ReportIn, VariableIn
from bootstrap.systems.manifest import manifest_of
from bootstrap.systems.models import Deployment

# A clock that is a little fast is no harm; one that is far ahead would keep all later reports from counting.
FUTURE = timedelta(minutes=5)
Asked = Mapping[str, frozenset[str]]  # by variable, the comparison groups that the manifest asks fingerprints of


class FromTheFutureError(ValueError):
    """The agent's clock is more than five minutes ahead."""


@dataclass(frozen=True)
class Received:
    """The stored report, and what is wrong with the deployment now, worst first."""

    report: ConfigReport
    findings: list[Finding]


@transaction.atomic
def receive(deployment: Deployment, told: ReportIn, now: datetime) -> Received:
    """Store what was told of `deployment`; the same again is answered as before and changes nothing.

    A report older than the newest is history: it is stored and changes nothing. Raises FromTheFutureError.
    """
    if told.reported_at > now + FUTURE:
        raise FromTheFutureError("reported_at is more than five minutes in the future; set the agent's clock")
    lock(deployment.environment_id)
    newest = newest_reports([deployment.pk]).get(deployment.pk)
    asked = {each["name"]: frozenset(each["groups"]) for each in manifest_of(deployment)["variables"]}
    report, created = _store(deployment, told, asked, now)
    if created and (newest is None or told.reported_at >= newest.reported_at):
        _update_states(report, _judged(told, asked))
        recompute(deployment.environment, now)
        # Also where nothing changed: what was contradicted by no fresh report may be now.
        transaction.on_commit(judge_soon)
    return Received(report, worst_first(open_findings().filter(deployment=deployment)))


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


def _update_states(report: ConfigReport, judged: Mapping[str, Judged]) -> None:
    """Write the states that differ, and for each that was known before, how it changed."""
    before = states_by_deployment([report.deployment_id])[report.deployment_id]
    after = {name: judged.get(name, Judged(NOT_REPORTED)) for name in judged.keys() | before.keys()}
    changed = {name: new for name, new in after.items() if name not in before or before[name].judged != new}
    VariableState.objects.bulk_create(
        [_state(report, name, new) for name, new in sorted(changed.items())],
        update_conflicts=True,
        unique_fields=["deployment", "name"],
        update_fields=["state", "format_ok", "accepted_index", "fingerprints", "since", "report"],
    )
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
        if name in before and differences(before[name].judged, new)
    )


def _state(report: ConfigReport, name: str, judged: Judged) -> VariableState:
    return VariableState(
        deployment_id=report.deployment_id, name=name, since=report.reported_at, report=report, **judged.as_json()
    )
