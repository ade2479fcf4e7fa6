"""What stands around a run: the rules that wait for its items, and what reports and postures say of its environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bootstrap.checklists.models import Run
from bootstrap.config_health.pages.run_panel import ConfigOverview, config_overview
from detections.dashboard.checklists.waiting_rules import RuleHere, rules_here


@dataclass(frozen=True)
class RunContext:
    """All that the page of a run needs beside the run, as of `now`."""

    rules: Sequence[RuleHere]
    config: ConfigOverview
    now: datetime


def around_run(run: Run, now: datetime) -> RunContext:
    """A fixed number of statements, however many items."""
    return RunContext(rules_here(run.environment, now), config_overview(run.environment, now), now)
