"""The list of probes, a target, and a run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.dashboard.probes import target_page
from detections.dashboard.probes.listing import RUNS, SAMPLES, TARGETS, matching, options, runs_of, samples_of
from detections.dashboard.probes.report_file import report_file
from detections.dashboard.probes.run_page import run_page
from detections.dashboard.probes.target_rows import all_rows, shown
from detections.probes.models import ProbeRun, ProbeTarget
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, stamp_of, unchanged
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty

RUN, FREEZE, CHANGE = "detections.add_proberun", "detections.add_probefreeze", "detections.change_probetarget"
ADD = "detections.add_probetarget"
TARGET = "detections/dashboard/probes/target.html"


@require_safe
@login_required
def probe_list(request: HttpRequest) -> HttpResponse:
    """Every target, those whose gate is closed first. Six queries, whatever their number."""
    listing = ListQuery(TARGETS, request)
    now = clock.now()
    rows = all_rows(now)
    page = listing.page(matching(rows, listing.chosen))
    may_add = request.user.has_perm(ADD)

    def empty() -> Empty:
        text = "A probe sends requests to an endpoint, checks each answer, and closes the gate of a rollout that fails."
        if may_add:
            return Empty("No probe yet", text, "pulse", "New target", target_page.admin_address("add"))
        return Empty("No probe yet", f"{text} An admin sets one up.", "pulse")

    closed = sum(not row.gate.is_open for row in rows)
    context = context_of(
        listing, page, empty, rows=shown(page.rows, now), closed=closed, total=len(rows), may_add=may_add
    )
    context["add_url"] = target_page.admin_address("add")
    return answer(request, context, lambda: options(rows))


@require_safe
@login_required
def probe_target(request: HttpRequest, slug: str) -> HttpResponse:
    """One target."""
    return target_answer(request, the_target(slug), ListQuery(RUNS, request))


@require_safe
@login_required
def probe_now(request: HttpRequest, slug: str) -> HttpResponse:
    """The part of a target's page that says what holds now, for polls."""
    target = the_target(slug)
    shown_now = target_page.now_of(target, clock.now())
    return fragment(request, f"{TARGET}#now", {"target": target, "now": shown_now, **rights_of(request)})


@require_safe
@login_required
def probe_charts(request: HttpRequest, slug: str) -> HttpResponse:
    """The charts of a target's page, for polls."""
    target, now = the_target(slug), clock.now()
    context = charts_context(request, target, now)
    same = unchanged(request, context["stamp"])
    if same is not None:
        return same
    context["charts"] = target_page.charts_of(target, context["range"], now)
    return fragment(request, f"{TARGET}#charts", context, stamp=context["stamp"])


@require_safe
@login_required
def probe_run(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One run with its samples."""
    run = the_run(slug, pk)
    listing = ListQuery(SAMPLES, request)
    page = listing.page(samples_of(run.pk, listing.chosen))
    target = run.target
    context = context_of(
        listing,
        page,
        lambda: _no_samples(run),
        crumbs=[*_crumbs(), (target.name, reverse("probe_target", args=[slug])), (f"Run {run.pk}", None)],
        target=target,
        **rights_of(request),
    )
    return answer(request, context, whole=lambda: {"shown": run_page(run, clock.now())})


@require_safe
@login_required
def probe_run_now(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """How far a run is, for polls; once it is over, the whole page is to be read anew."""
    run = the_run(slug, pk)
    if not run.is_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"run": run, "target": run.target, "unclaimed": target_page.unclaimed(run, clock.now())}
    return fragment(request, "detections/dashboard/probes/_progress.html", context)


@require_safe
@login_required
def probe_report(request: HttpRequest, slug: str, pk: int, kind: str) -> HttpResponseBase:
    """A report of a run to download."""
    return report_file(the_run(slug, pk), kind)


def target_answer(
    request: HttpRequest, target: ProbeTarget, listing: ListQuery, *, status: int = 200, refused: str = ""
) -> HttpResponse:
    """The page of a target; `refused`: why a freeze was not done, whose reason the form keeps."""
    page = listing.page(runs_of(target.pk, listing.chosen))

    def whole() -> dict[str, Any]:
        now = clock.now()
        context = charts_context(request, target, now)
        return {
            **context,
            "now": target_page.now_of(target, now),
            "charts": target_page.charts_of(target, context["range"], now),
            "configuration": target_page.configuration_of(target),
            "gate_address": target_page.gate_address(target),
            "freezes": target_page.history_of(target),
            "refused": refused,
            "reason": request.POST.get("reason", ""),
        }

    context = context_of(
        listing,
        page,
        lambda: _no_runs(target),
        crumbs=[*_crumbs(), (target.name, None)],
        target=target,
        change_url=target_page.admin_address(f"{target.pk}/change"),
        **rights_of(request),
    )
    return answer(request, context, whole=whole, status=status)


def the_target(slug: str) -> ProbeTarget:
    """The target with its place. One query. Raises Http404."""
    return get_object_or_404(ProbeTarget.objects.select_related("project_environment__project"), slug=slug)


def the_run(slug: str, pk: int) -> ProbeRun:
    """A run of the target with its place and checklist. One query. Raises Http404."""
    related = ("target__project_environment__project", "checklist_run__environment__system")
    return get_object_or_404(ProbeRun.objects.select_related(*related), pk=pk, target__slug=slug)


def rights_of(request: HttpRequest) -> dict[str, bool]:
    """What the person may do with a target, for templates."""
    names = {"may_run": RUN, "may_freeze": FREEZE, "may_change": CHANGE}
    return {name: request.user.has_perm(permission) for name, permission in names.items()}


def charts_context(request: HttpRequest, target: ProbeTarget, now: datetime) -> dict[str, Any]:
    """The chosen range, its links, and a stamp of what the charts depend on. One query."""
    chosen, remark = target_page.range_of(request.GET.get("range", ""))
    done = target.runs.filter(state=ProbeRun.State.DONE).order_by("-finished_at").values_list("pk", flat=True).first()
    address = reverse("probe_target", args=[target.slug])
    return {
        "target": target,
        "range": chosen,
        "remark": remark,
        "ranges": [
            (each.label, f"{address}?range={each.key}", each is chosen) for each in target_page.CHOICES.values()
        ],
        "stamp": stamp_of(target.pk, done, chosen.key, chosen.window(now)),
    }


def _crumbs() -> list[tuple[str, str | None]]:
    return [("Probes", reverse("probe_list"))]


def _no_runs(target: ProbeTarget) -> Empty:
    if target.enabled:
        return Empty("No run yet", f"The first one starts within {target.interval_minutes} minutes.", "clock")
    return Empty("No run yet", "The target is switched off: it is probed only when somebody runs it now.", "clock")


def _no_samples(run: ProbeRun) -> Empty:
    if run.is_open:
        return Empty("No sample yet", "They are listed here when the run is over.", "clock")
    if not run.taken:
        return Empty("No sample", "None was taken.", "clock")
    return Empty("No sample", "They are past retention; what is above remains.", "clock")
