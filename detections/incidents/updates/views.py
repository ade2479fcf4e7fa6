"""Writing an update, and all updates of an incident with who was told."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from detections.incidents.models import Incident
from detections.incidents.open_page import crumbs_to
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from detections.incidents.update_models import IncidentUpdate, UpdateTemplate
from detections.incidents.updates.facts import level_of, values_for_templates
from detections.incidents.updates.fill import fill
from detections.incidents.updates.forms import UpdateForm
from detections.incidents.updates.told import receivers, told
from detections.incidents.updates.write_update import write_update
from opsconsole.accounts.models import User
from opsconsole.lib import clock

MAY_WRITE = "detections.change_incident"
DIGITS = 9


@require_safe
@login_required
def incident_updates(request: HttpRequest, pk: int) -> HttpResponse:
    """All updates, the newest first, with what became of each message."""
    incident = get_object_or_404(Incident, pk=pk)
    context = {"incident": incident, "updates_told": told(incident), "crumbs": _crumbs(incident, "Updates")}
    return render(request, "detections/incidents/updates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_WRITE, raise_exception=True)
def incident_update_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write an update; `template` in the address fills it in. Of two people who tell at once the second is shown what
    the first told, and keeps their text."""
    incident, now = get_object_or_404(Incident.objects.select_related("commander"), pk=pk), clock.now()
    level = level_of(incident)
    if request.method != "POST":
        text = _filled(request.GET.get("template", ""), incident)
        return _form(request, incident, UpdateForm(incident=incident, level=level, now=now, text=text))
    form = UpdateForm(request.POST, incident=incident, level=level, now=now)
    if not form.is_valid():
        return _form(request, incident, form, status=422)
    try:
        made = _write(request, incident, form)
    except IncidentConflict as conflict:
        messages.error(request, conflict.message)
        return _form(request, incident, form, status=409)
    except IncidentInputError as error:
        form.add_error(None, str(error))
        return _form(request, incident, form, status=422)
    messages.success(request, _said(made))
    return HttpResponseRedirect(reverse("incident", args=[pk]), status=303)


def _said(update: IncidentUpdate) -> str:
    """Where the update goes: targets without a real channel keep it in the console. One query."""
    name = f"Update {update.number}"
    queued = update.incident.deliveries.filter(kind="incident", sequence=update.number)
    channels = list(queued.values_list("target__channel", flat=True))
    kept = channels.count("console")
    sent = len(channels) - kept
    if not channels:
        return f"{name} is written; the incident has no target to tell."
    if not sent:
        return f"{name} is written, and nobody is told: no target of the incident is connected."
    more = f" {kept} more {'is' if kept == 1 else 'are'} not connected." if kept else ""
    return f"{name} goes to {sent} target{'' if sent == 1 else 's'}.{more}"


def _write(request: HttpRequest, incident: Incident, form: UpdateForm) -> IncidentUpdate:
    assert isinstance(request.user, User)
    return write_update(
        incident.pk,
        form.cleaned_data["text"],
        form.now,
        by=request.user,
        next_update_at=form.next_update_at,
        seen=_number(request.POST.get("version", "")),
        after=_number(request.POST.get("after", "")),
    )


def _form(request: HttpRequest, incident: Incident, form: UpdateForm, *, status: int = 200) -> HttpResponse:
    newest = told(incident, 1)
    context = {
        "incident": incident,
        "form": form,
        "last": newest[0] if newest else None,
        "templates": _templates(incident.status),
        "receivers": receivers(incident),
        "crumbs": _crumbs(incident, "Write an update"),
    }
    return render(request, "detections/incidents/update_new.html", context, status=status)


def _templates(status: str) -> list[UpdateTemplate]:
    """All of them, those for the status first. One query."""
    return sorted(UpdateTemplate.objects.all(), key=lambda each: each.status not in (status, ""))


def _filled(template: str, incident: Incident) -> str:
    """The template of that number, filled in; empty without one."""
    if not (template.isdecimal() and len(template) <= DIGITS):
        return ""
    found = UpdateTemplate.objects.filter(pk=int(template)).first()
    return fill(found.text, values_for_templates(incident)) if found else ""


def _number(text: str) -> int | None:
    """What the form showed; None where nothing was sent, -1 (a conflict) where it is no number."""
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) <= DIGITS else -1


def _crumbs(incident: Incident, last: str) -> list[tuple[str, str | None]]:
    return [*crumbs_to(incident), (last, None)]
