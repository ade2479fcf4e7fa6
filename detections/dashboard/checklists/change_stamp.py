"""A stamp of the page of a run: a poll renders the page again only where the stamp has changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from bootstrap.checklists.models import Run
from bootstrap.checklists.plans.queries import plan_stamp
from bootstrap.checklists.queries import last_acts, newer_version
from bootstrap.systems.setting.read import place_in
from detections.dashboard.checklists.run_context import RunContext
from opsconsole.lib.web.htmx import stamp_of


def run_stamp(run: Run, run_context: RunContext, rights: Iterable[str]) -> str:
    """A short text that differs whenever the page would.

    It covers what the page is made from: acts, the day (waivers end, dates pass), owners and due dates, rules with
    their states and prerequisites, reports, findings and postures, versions, names, and the viewer's rights. What is
    added to the page is added here.
    """
    last, newer = last_acts([run]).get(run.pk), newer_version(run)
    rules = [
        (rule.name, rule.title, rule.state.name, [(need.holds, need.until, need.expired) for need in rule.needs])
        for rule in run_context.rules
    ]
    return stamp_of(
        run.pk,
        run.closed_at,
        run.schedule and run.schedule.revision,
        last and last.pk,
        newer and newer.pk,
        run_context.now.astimezone(UTC).date(),
        rules,
        run_context.config.stamp(),
        place_in(run.environment, run.version.checklist.app_id),
        plan_stamp(run),
        tuple(rights),
    )
