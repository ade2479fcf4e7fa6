"""A short text that changes whenever the page of a run would: asked for at each poll in place of making the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from bootstrap.checklists.models import Run
from bootstrap.checklists.queries import host_name, last_acts, newer_version
from detections.dashboard.checklists.run_context import RunContext
from opsconsole.lib.web.htmx import stamp_of


def run_stamp(run: Run, around: RunContext, rights: Iterable[str]) -> str:
    """Of what the page is made from: acts, the day (waivers end), rules and why they wait, reports, findings and
    postures, versions, names, rights of the viewer.

    Whoever adds something to the page adds it here.
    """
    last, newer = last_acts([run]).get(run.pk), newer_version(run)
    told = [(here.name, here.title, here.state.name, [need.holds for need in here.needs]) for here in around.rules]
    return stamp_of(
        run.pk,
        run.closed_at,
        last and last.pk,
        newer and newer.pk,
        around.now.astimezone(UTC).date(),
        told,
        around.config.stamp(),
        host_name(run),
        tuple(rights),
    )
