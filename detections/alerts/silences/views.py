"""The list of silences, writing one with a preview, changing it and ending it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.alerts import queries
from detections.alerts.listing import MAY_ACT
from detections.alerts.models import Alert
from detections.alerts.silences import acts, listing, row
from detections.alerts.silences.form import SilenceForm, as_fields
from detections.alerts.silences.preview import completions, matchers_of, preview
from detections.rules.silence_models import Silence
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment
from opsconsole.lib.web.lists import bulk
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty
from opsconsole.lib.web.redirects import next_url

TEMPLATE = "detections/alerts/silences/form.html"
DIGITS = 10


@require_safe
@login_required
def silences(request: HttpRequest) -> HttpResponse:
    """The list; its filters are its address."""
    now = clock.now()
    query = ListQuery(listing.SILENCES, request)
    page = query.page(listing.matching(query.chosen["status"], query.chosen["q"], now))
    rows = row.rows(page.rows, now)
    return answer(request, context_of(query, page, _none, rows=rows, may_act=request.user.has_perm(MAY_ACT)))


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def silences_bulk(request: HttpRequest) -> HttpResponse:
    """End several silences; one that has changed is refused by itself."""
    user, now = _user(request), clock.now()

    def end(chosen: bulk.ChosenRow) -> None:
        try:
            acts.end(chosen.pk, now, by=user, actor=_name(user), seen=_seen(chosen.seen))
        except acts.SilenceConflict as conflict:
            raise bulk.RowRefusedError(conflict.message) from None

    return bulk.perform(request, listing.SILENCES, {listing.END: end}, row.names)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def silence_new(request: HttpRequest) -> HttpResponse:
    """Write a silence: `alert` in the address fills in the matchers of that alert, `like` those of another silence."""
    user, now = _user(request), clock.now()
    alert, like = _alert(request), _like(request)
    start = as_fields(matchers_of(alert)) if alert else {}
    data = request.POST if request.method == "POST" else None
    form = SilenceForm(data, zone=user.time_zone, now=now, like=like, start=start)
    if data is not None and form.is_valid() and "preview" not in data:
        made = acts.create(form.draft, now, by=user, actor=_name(user))
        messages.success(request, f"S{str(made)[1:]} is in force." if made.starts_at <= now else "It is planned.")
        return HttpResponseRedirect(_back(alert), status=303)
    return _form(request, form, "New silence", alert=alert)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def silence_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a silence that is not over."""
    user, now, silence = _user(request), clock.now(), _get(pk)
    data = request.POST if request.method == "POST" else None
    form = SilenceForm(data, zone=user.time_zone, now=now, like=silence, same=True)
    status = 200
    if data is not None and form.is_valid() and "preview" not in data:
        try:
            acts.change(pk, form.draft, now, seen=_seen(data.get("version", "")))
        except acts.SilenceConflict as conflict:
            messages.error(request, conflict.message)
            status = 409
        else:
            messages.success(request, "Changed.")
            return HttpResponseRedirect(reverse("silence_list"), status=303)
    return _form(request, form, f"S{str(silence)[1:]}", silence=silence, status=status)


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def silence_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a silence now."""
    user = _user(request)
    try:
        acts.end(pk, clock.now(), by=user, actor=_name(user), seen=_seen(request.POST.get("version", "")))
    except Silence.DoesNotExist:
        raise Http404 from None
    except acts.SilenceConflict as conflict:
        messages.error(request, conflict.message)
    else:
        messages.success(request, "Ended. What it held back is sent, where it still fires.")
    return HttpResponseRedirect(next_url(request, reverse("silence_list")), status=303)


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def silence_preview(request: HttpRequest) -> HttpResponse:
    """What the silence in the form would hide now."""
    form = SilenceForm(request.POST, zone=_user(request).time_zone, now=clock.now())
    return fragment(request, f"{TEMPLATE}#preview", {"preview": _preview(form)})


def _form(request: HttpRequest, form: SilenceForm, title: str, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "preview": _preview(form),
        "completions": completions(),
        "back": _back(more.get("alert")),
        "crumbs": [("Alerts", reverse("alert_list")), ("Silences", reverse("silence_list")), (title, None)],
        **more,
    }
    return render(request, TEMPLATE, context, status=422 if form.errors else status)


def _preview(form: SilenceForm) -> Any:
    return preview(form.matchers_now(), clock.now())


def _alert(request: HttpRequest) -> Alert | None:
    number = request.GET.get("alert", "")
    if not (number.isdecimal() and len(number) <= DIGITS):
        return None
    return queries.alerts().filter(pk=int(number)).first()


def _like(request: HttpRequest) -> Silence | None:
    number = request.GET.get("like", "")
    return Silence.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) <= DIGITS else None


def _back(alert: Alert | None) -> str:
    return reverse("alert", args=[alert.pk]) if alert else reverse("silence_list")


def _get(pk: int) -> Silence:
    silence = Silence.objects.select_related("rule").filter(pk=pk).first()
    if silence is None:
        raise Http404
    return silence


def _seen(version: str) -> int | None:
    """The revision that the page showed; None where none was sent, -1 (a conflict) where it is no number."""
    if not version:
        return None
    return int(version) if version.isdecimal() and len(version) <= DIGITS else -1


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _none() -> Empty:
    return Empty(
        "Nothing is silenced",
        "Silence an alert by the key s on its page, or plan a silence for a maintenance.",
        icon="bell",
        action_label="New silence",
        action_url=reverse("silence_new"),
    )
