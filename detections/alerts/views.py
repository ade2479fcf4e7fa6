"""The list of alerts, one alert with its acts, and the routing page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from detections.alerts import queries
from detections.alerts.filters import ME, NOBODY, AlertCriteria
from detections.alerts.forms import TryRoutingForm
from detections.alerts.handling.acknowledge import Conflict, acknowledge
from detections.alerts.handling.disposition import DispositionError, set_disposition
from detections.alerts.handling.resolve import StillFiresError, resolve
from detections.alerts.listing import ACKNOWLEDGE, ALERTS, JUDGE, MAY_ACT
from detections.alerts.models import Alert
from detections.alerts.pages import alert_page, routing_page
from detections.alerts.pages.list_page import groups, saved_views
from detections.alerts.silences.in_force import silenced
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists import bulk
from opsconsole.lib.web.lists.answer import Options, answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty
from opsconsole.lib.web.redirects import next_url

REVISION_DIGITS, NO_REVISION = 10, -1


@require_safe
@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    """The list of alerts; its filters are its address."""
    listing = ListQuery(ALERTS, request)
    chosen = dict(listing.chosen)
    if chosen["responder"] == ME:
        chosen["responder"] = request.user.get_username()
    page = listing.page(queries.sortable(AlertCriteria(**chosen)))
    queries.with_others(page.rows)
    context = context_of(
        listing,
        page,
        _no_alerts,
        may_act=request.user.has_perm(MAY_ACT),
        silenced=silenced(page.rows, clock.now()),
        groups=groups(listing, page.rows),
    )
    return answer(request, context, _options, lambda: {"views": saved_views(request)})


@require_POST
@login_required
def alerts_bulk(request: HttpRequest) -> HttpResponse:
    """Acknowledge several alerts, say what they were, or go on to declare an incident of them; one that has changed
    meanwhile, or that another person acknowledged, is refused by itself."""

    def one_by_one(act: Callable[..., Alert]) -> bulk.Act:
        def act_on(row: bulk.ChosenRow) -> None:
            try:
                act(row.pk, request.user, clock.now(), seen=_seen(row.seen))
            except Conflict as conflict:
                raise bulk.RowRefusedError(conflict.message) from None
            except DispositionError as error:
                raise bulk.RowRefusedError(str(error)) from None

        return act_on

    why = request.POST.get("why", "")
    judge = {word: one_by_one(partial(set_disposition, disposition=word, why=why)) for word in JUDGE}
    return bulk.perform(request, ALERTS, {ACKNOWLEDGE: one_by_one(acknowledge), **judge}, queries.names)


@require_safe
@login_required
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an alert."""
    return _show(request, _get(pk))


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Acknowledge an alert."""
    return perform(request, pk, acknowledge, "Acknowledged: you have it.")


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Resolve an alert by hand. What still fires is asked about once."""
    done = "Resolved. A new alert opens only after the condition has cleared once, or rises."
    try:
        return perform(request, pk, partial(resolve, confirmed="confirmed" in request.POST), done)
    except StillFiresError as still:
        if is_htmx(request):  # the page showed another status, and asked nothing
            messages.warning(request, f"{still.message} Resolve it once more to do so.")
            return _refresh(409)
        back = next_url(request, reverse("alert", args=[pk]))
        context = {"alert": queries.one_alert(pk), "question": still.message, "back": back}
        return render(request, "detections/alerts/resolve.html", context)


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_disposition(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a resolved alert was. A reason that is missing is answered 422 with the page."""
    disposition, why = request.POST.get("disposition", ""), request.POST.get("why", "")
    judge = partial(set_disposition, disposition=disposition, why=why)
    try:
        return perform(request, pk, judge, "Saved; it counts into the rule's false positives.")
    except DispositionError as error:
        messages.error(request, f"Not saved. {error}")
        return _show(request, _get(pk), status=422)


@require_safe
@login_required
def routing(request: HttpRequest) -> HttpResponse:
    """The policies, and which of them and which targets an imagined alert would be routed to, and why."""
    form = TryRoutingForm(request.GET if request.GET else None, now=clock.now())
    imagined = form.subject_and_time() if form.is_bound and form.is_valid() else None
    context = {"form": form, **routing_page.context(imagined)}
    return render(request, "detections/alerts/routing.html", context, status=422 if form.errors else 200)


def perform(
    request: HttpRequest, pk: int, act: Callable[..., Alert], done: str | Callable[[Alert], str]
) -> HttpResponse:
    """Carry out the act as the user, and say that it is done. A conflict is answered 409 with its message."""
    assert isinstance(request.user, User)
    try:
        acted = act(pk, request.user, clock.now(), seen=_seen(request.POST.get("version", "")))
    except Alert.DoesNotExist:
        raise Http404 from None
    except StillFiresError:
        raise
    except Conflict as conflict:
        messages.error(request, conflict.message)
        return _refresh(409) if is_htmx(request) else _show(request, _get(pk), status=409)
    messages.success(request, done if isinstance(done, str) else done(acted))
    return (
        _refresh(204)
        if is_htmx(request)
        else HttpResponseRedirect(next_url(request, reverse("alert", args=[pk])), status=303)
    )


def _seen(version: str) -> int | None:
    """The revision that the page showed; None where none was sent, NO_REVISION (a conflict) where it is no number."""
    if not version:
        return None
    return int(version) if version.isdecimal() and len(version) <= REVISION_DIGITS else NO_REVISION


def _refresh(status: int) -> HttpResponse:
    """To htmx: swaps nothing, and makes the polled fragment with the button load itself again, with the message."""
    return HttpResponse(status=status, headers={"HX-Trigger": "poll"})


def _no_alerts() -> Empty:
    return Empty(
        "Nothing fires",
        alert_page.rules_summary(clock.now()),
        icon="check",
        action_label="Which rules, and what they wait for",
        action_url=reverse("rule_list"),
    )


def _options() -> Options:
    rules = queries.rules_with_alerts()
    labels = sorted({f"{name}={value}" for of_rule in rules.values() for name, value in of_rule.items()})
    return {
        "rule": {rule: rule for rule in rules},
        "project": {project.slug: project.name for project in queries.projects_with_alerts()},
        "label": {label: label for label in labels},
        "responder": {ME: "Me", NOBODY: "Nobody", **{name: name for name in queries.responders()}},
    }


def _get(pk: int) -> Alert:
    alert = queries.one_alert(pk)
    if alert is None:
        raise Http404
    return alert


def _show(request: HttpRequest, alert: Alert, *, status: int = 200) -> HttpResponse:
    context = alert_page.context(alert, request.user, clock.now())
    context["crumbs"] = [("Alerts", reverse("alert_list")), (str(alert), None)]
    if is_htmx(request):
        return fragment(request, "detections/alerts/alert.html#episode", context, status=status)
    return render(request, "detections/alerts/alert.html", context, status=status)
