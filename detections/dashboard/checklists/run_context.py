"""What the page of a run shows of its environment: rules with prerequisites, configuration reports and postures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.checklists.models import Run
from bootstrap.config_health.pages.run_panel import ConfigOverview, config_overview
from detections.dashboard.checklists.waiting_rules import EnvironmentRule, rules_with_prerequisites


@dataclass(frozen=True)
class RunContext:
    """Rules, configuration reports and postures of the run's environment as of `now`."""

    rules: Sequence[EnvironmentRule]
    config: ConfigOverview
    now: datetime


def read_run_context(run: Run, now: datetime) -> RunContext:
    """The context of a run. The number of queries does not grow with its items."""
    return RunContext(rules_with_prerequisites(run.environment, now), config_overview(run.environment, now), now)
