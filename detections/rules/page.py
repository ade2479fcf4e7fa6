"""What the pages of rules show, put together from rows: no writes, no HTML."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detections.rules import packs, queries
from detections.rules.active_rules import InForce
from detections.rules.baseline.store import limits_of
from detections.rules.evaluation.compare_with_limits import threshold_of
from detections.rules.lifecycle import history
from detections.rules.lifecycle.state import RuleState
from detections.rules.models import Baseline, FixtureRun, Rule, RuleVersion, Scope
from detections.rules.spec import describe
from detections.rules.spec.conditions import Exceedance
from detections.rules.spec.schema import SpecError, decode
from opsconsole.lib.text import humanize as spans

BASELINE_HOURS = 168


@dataclass(frozen=True)
class BaselineProgress:
    """How far a scope's baseline is: covered days of the seven, what is usual once it is established, and the least
    count of a window that fires (None: only known failures do)."""

    scope: Scope
    days: float
    baseline: Baseline | None
    threshold: int | None

    @property
    def words(self) -> str:
        return describe.learning(self.baseline.covered_hours if self.baseline else None)

    @property
    def hours(self) -> int:
        return round(self.days * 24)


@dataclass(frozen=True)
class Version:
    """A version with the lines that it changed, as (mark, text); mark is `+`, `-` or a blank."""

    version: RuleVersion
    changes: list[tuple[str, str]]


def rule(in_force: InForce, now: datetime) -> dict[str, Any]:
    """The context of a rule's page. The number of queries is constant."""
    spec = in_force.spec
    scopes = list(queries.scopes_of(in_force.rule))
    runs = queries.fixture_runs(in_force.version)
    firing, suppressed = queries.firing_by_environment(in_force.rule, now), queries.suppressed_scopes(in_force.rule)
    return {
        "rule": in_force.rule,
        "spec": spec,
        "version": in_force.version,
        "states": [
            (path, state, line_of(in_force.rule, state), firing.get(path, 0), suppressed.get(path, 0))
            for path, state in queries.states_of([in_force], now)[in_force.rule.id]
        ],
        "switches": history.switches(in_force.rule),
        "selects": describe.selects(spec),
        "thresholds": describe.thresholds(spec),
        "signatures": [(signature, describe.pattern(signature)) for signature in spec.signatures],
        "progress": progress(scopes, spec.exceedance, now),
        "learning_begins": describe.learning_begins(threshold_of(spec.exceedance, None)),
        "evaluations": queries.evaluations(in_force.rule, now),
        "versions": versions(queries.versions_of(in_force.rule)),
        "runs": runs,
        "last_run": runs[0] if runs else None,
        "validated": passing(runs),
        "next": next_step(in_force, runs),
    }


def line_of(rule: Rule, state: RuleState) -> str:
    """The state in one line."""
    until = spans.utc(rule.muted_until) if rule.muted_until else ""
    waits_for = [need.label for need in state.unmet]
    return describe.state_line(state.name, stands_on=state.stands_on or "", waits_for=waits_for, until=until)


def progress(scopes: Sequence[Scope], condition: Exceedance | None, now: datetime) -> list[BaselineProgress]:
    """The baselines of the scopes, as they stand in this hour."""
    found = queries.newest_baselines(scopes, now)
    return [_progress(scope, found.get(scope.id), condition) for scope in scopes]


def _progress(scope: Scope, baseline: Baseline | None, condition: Exceedance | None) -> BaselineProgress:
    days = min(7.0, baseline.covered_hours / 24) if baseline else 0.0
    return BaselineProgress(scope, days, baseline, threshold_of(condition, limits_of(baseline)))


def passing(runs: Sequence[FixtureRun]) -> FixtureRun | None:
    """The newest run that passed."""
    return next((run for run in runs if run.passed), None)


def next_step(in_force: InForce, runs: Sequence[FixtureRun]) -> str:
    """What to do about the rule, when something is to be done."""
    if in_force.spec.fixtures and not runs:
        return "This version was never tried against its fixtures: run them below."
    if runs and not runs[0].passed:
        return "The newest run of its fixtures failed: look at what it expected below."
    return ""


def versions(rows: Sequence[RuleVersion]) -> list[Version]:
    """Newest first, each with what it changed; the oldest shown stands without changes."""
    texts = [_lines(row) for row in rows]
    return [Version(row, diff(texts[i + 1], texts[i]) if i + 1 < len(rows) else []) for i, row in enumerate(rows)]


def diff(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """The changed lines with two lines around them."""
    lines = list(difflib.unified_diff(list(old), list(new), lineterm="", n=2))[2:]
    return [(" ", "…") if line.startswith("@@") else (line[:1], line[1:]) for line in lines]


def _lines(version: RuleVersion) -> list[str]:
    try:
        return packs.whole(decode(version.spec)).splitlines()
    except SpecError as error:
        return [f"unreadable: {error}"]
