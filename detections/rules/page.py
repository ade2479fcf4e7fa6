"""The page of a rule as a template context, built from rows: no writes, no HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from detections.rules import queries
from detections.rules.active_rules import LoadedRule, spec_of
from detections.rules.baseline.hourly_baselines import limits_of
from detections.rules.evaluation.compare_with_limits import threshold_of
from detections.rules.lifecycle import history
from detections.rules.lifecycle.state import RuleState, mode_now
from detections.rules.models import Baseline, FixtureRun, Rule, RuleVersion, Scope
from detections.rules.rule_form.differences import Differences, differences
from detections.rules.spec import describe
from detections.rules.spec.conditions import Exceedance
from detections.rules.spec.schema import SpecError
from detections.telemetry.environment_links import sent_instead
from opsconsole.accounts.owners import NamedOwner, by_name
from opsconsole.lib.text import humanize as spans

BASELINE_HOURS = 168


@dataclass(frozen=True)
class BaselineProgress:
    """A scope's baseline: covered days of seven, the estimate that it is judged by (None: none yet), and the threshold
    (None: only signatures fire)."""

    scope: Scope
    days: float
    baseline: Baseline | None
    threshold: int | None

    @property
    def words(self) -> str:
        """`learning, 3.2 of 7 days`."""
        return describe.learning(self.baseline.covered_hours if self.baseline else None)

    @property
    def hours(self) -> int:
        return round(self.days * 24)


@dataclass(frozen=True)
class VersionWithChanges:
    """A version with what it says otherwise than the one before; `changes` is None for the first and where one of both
    cannot be read, `unreadable` says of the latter why."""

    version: RuleVersion
    changes: Differences | None
    unreadable: str = ""


def context(in_force: LoadedRule, now: datetime) -> dict[str, Any]:
    """The context of a rule's page. A fixed number of queries."""
    spec = in_force.spec
    scopes = list(queries.scopes_of(in_force.rule))
    runs = queries.fixture_runs(in_force.version)
    return {
        "rule": in_force.rule,
        "mode": mode_now(in_force.rule, now),
        "spec": spec,
        "version": in_force.version,
        "states": _states(in_force, now),
        "mode_changes": history.mode_changes(in_force.rule),
        "selects": describe.selects(spec),
        "thresholds": describe.thresholds(spec),
        "signatures": [(signature, describe.pattern(signature)) for signature in spec.signatures],
        "progress": progress(in_force, scopes, now),
        "learning_begins": describe.learning_begins(threshold_of(spec.exceedance, None)),
        "evaluations": queries.evaluations(in_force.rule, now),
        "versions": versions(queries.versions_of(in_force.rule)),
        "runs": runs,
        "last_run": runs[0] if runs else None,
        "validated": passing(runs),
        "judged": queries.judged_alerts(in_force.rule, now),
        "next": next_step(in_force, runs),
        "owners": owners_of(in_force),
    }


def _states(in_force: LoadedRule, now: datetime) -> list[tuple[str, RuleState, str, int, int]]:
    """By environment path: the state, what it means, how many scopes fire and how many are suppressed."""
    rule, unlinked = in_force.rule, _unlinked_by_system(in_force, now)
    firing, suppressed = queries.firing_by_environment(rule, now), queries.suppressed_scopes(rule)
    return [
        (
            path,
            state,
            state_line(rule, state, unlinked.get(path.partition("/")[0], "")),
            firing.get(path, 0),
            suppressed.get(path, 0),
        )
        for path, state in queries.states_of([in_force], now)[rule.id]
    ]


def owners_of(in_force: LoadedRule) -> list[tuple[NamedOwner, str]]:
    """Whom the rule calls, with when; '' for the first response. The rule's owner where it names nobody. One query."""
    steps = [(step.owner, step.when) for step in in_force.spec.escalation]
    named = by_name([name for name, _ in steps] or [in_force.rule.owner])
    return [(named[name], when) for name, when in steps or [(in_force.rule.owner, "")] if name]


def _unlinked_by_system(in_force: LoadedRule, now: datetime) -> dict[str, str]:
    """By system whose events come only under names that none of its environments has, a sentence that says so."""
    selector = in_force.spec.selector
    names = sent_instead(now, selector.environment, selector.project) if in_force.spec.counts else []
    return {each.system.slug: each.says for each in reversed(names)}


def state_line(rule: Rule, state: RuleState, unlinked: str = "") -> str:
    """What the state means, in one line; `unlinked` as `describe.state_line` has it."""
    until = spans.utc(rule.muted_until) if rule.muted_until else ""
    waits_for = [need.label for need in state.unmet]
    return describe.state_line(
        state.name, source=state.source_in_use or "", waits_for=waits_for, until=until, unlinked=unlinked
    )


def progress(rule: LoadedRule, scopes: Sequence[Scope], now: datetime) -> list[BaselineProgress]:
    """The baselines that the rule's scopes are judged by at `now`. One query."""
    baselines = queries.newest_baselines(rule, scopes, now)
    return [_progress(scope, baselines.get(scope.id), rule.spec.exceedance) for scope in scopes]


def _progress(scope: Scope, baseline: Baseline | None, condition: Exceedance | None) -> BaselineProgress:
    days = min(7.0, baseline.covered_hours / 24) if baseline else 0.0
    return BaselineProgress(scope, days, baseline, threshold_of(condition, limits_of(baseline)))


def passing(runs: Sequence[FixtureRun]) -> FixtureRun | None:
    """The newest run that passed; None where none did."""
    return next((run for run in runs if run.passed), None)


def next_step(in_force: LoadedRule, runs: Sequence[FixtureRun]) -> str:
    """A sentence on what to do about the rule's fixtures; '' where nothing is to be done."""
    if in_force.spec.fixtures and not runs:
        return "The fixtures of this version were never run: run them below."
    if runs and not runs[0].passed:
        return "The newest run of its fixtures failed: see below what was expected."
    return ""


def versions(rows: Sequence[RuleVersion]) -> list[VersionWithChanges]:
    """The versions, newest first, each with its changes; those of the oldest one are left out."""
    return [_with_changes(row, older) for row, older in zip_longest(rows, rows[1:])]


def _with_changes(row: RuleVersion, older: RuleVersion | None) -> VersionWithChanges:
    try:
        new = row.decoded
    except SpecError as error:
        return VersionWithChanges(row, None, f"This console cannot read it: {error}")
    old = spec_of(older)
    return VersionWithChanges(row, differences(old, new) if old else None)
