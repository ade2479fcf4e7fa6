"""Editing what an incident says: title, summary, times, places and who gets its updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bootstrap.systems.models import Environment
from detections.alerts.routing_models import Target
from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import TITLE_LENGTH, Incident
from detections.incidents.open_page import crumbs_to, open_page
from detections.incidents.pages.act import allow, seen, sentence
from detections.incidents.pages.acts import CHANGE, MAY_CHANGE
from detections.incidents.pages.fields import LocalTimeField, RowsField, local, set_zone
from detections.incidents.record.edit import edit
from detections.incidents.record.from_alerts import told
from detections.incidents.record.inputs import SUMMARY_LENGTH
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from detections.telemetry.models import ProjectEnvironment

TIMES = ("started_at", "mitigated_at", "resolved_at")
MODELS: Mapping[str, Any] = {"places": ProjectEnvironment, "environments": Environment, "targets": Target}


class EditForm(forms.Form):
    """What the incident says now. Times that it has not reached are not asked for."""

    title = forms.CharField(max_length=TITLE_LENGTH, error_messages={"required": "Say in a few words what is wrong."})
    summary = forms.CharField(
        required=False,
        max_length=SUMMARY_LENGTH,
        widget=forms.Textarea({"rows": 6}),
        help_text="What is known, in a few sentences (markdown).",
    )
    started_at = LocalTimeField("Start of impact", "Empty: not known.")
    mitigated_at = LocalTimeField("Mitigated")
    resolved_at = LocalTimeField("Resolved")
    places = RowsField("Affected environments")
    environments = RowsField("Affected environments of systems")
    targets = RowsField("Who gets its updates", "PagerDuty, Jira and Opsgenie take none.")

    def __init__(self, data: Any = None, *, incident: Incident, zone: ZoneInfo) -> None:
        rows = {name: [row.pk for row in getattr(incident, name).all()] for name in MODELS}
        times = {name: local(getattr(incident, name), zone) for name in TIMES}
        super().__init__(data, initial={"title": incident.title, "summary": incident.summary, **times, **rows})
        if incident.status == Incident.Status.OPEN:
            del self.fields["mitigated_at"]
        if incident.resolved_at is None:
            del self.fields["resolved_at"]
        set_zone(self, zone)
        places = ProjectEnvironment.objects.select_related("project").order_by("project__slug", "name")
        offered: dict[str, Any] = {
            "places": places,
            "environments": Environment.objects.select_related("system"),
            "targets": told() | Target.objects.filter(incidents=incident),
        }
        for name, known in offered.items():
            field = self.fields[name]
            assert isinstance(field, RowsField)
            field.offer(known.distinct() if name == "targets" else known, rows[name])

    def changes(self) -> dict[str, Any]:
        """By field the values of the valid form that differ from those shown: a minute that was not touched keeps its
        seconds."""
        data = {name: self.cleaned_data[name] for name in self.fields if name in self.changed_data}
        return {
            name: list(MODELS[name]._default_manager.filter(pk__in=value)) if name in MODELS else value
            for name, value in data.items()
        }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def incident_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and the changes. Of two people at once the second is told by whom, and keeps what they wrote."""
    allow(request, pk, CHANGE)
    page = open_page(request, pk)
    data = request.POST if request.method == "POST" else None
    form = EditForm(data, incident=page.incident, zone=page.zone)
    if data is None or not form.is_valid():
        return _form(request, page, form)
    try:
        edited = edit(pk, form.changes(), page.now, by=page.user, seen=seen(request))
    except IncidentInputError as error:
        field = str(error).partition(": ")[0]
        form.add_error(field if field in form.fields else None, sentence(error))
        return _form(request, page, form)
    except IncidentConflict as conflict:
        messages.error(request, f"{conflict.message} What you wrote is still here; save it again to keep it.")
        return _form(request, open_page(request, pk), form, status=409)
    messages.success(request, "Saved." if edited.changed else "Nothing changed.")
    return HttpResponseRedirect(reverse("incident", args=[pk]), status=303)


def _form(request: HttpRequest, page: IncidentPage, form: EditForm, *, status: int = 200) -> HttpResponse:
    context = {
        "incident": page.incident,
        "form": form,
        "zone": page.zone,
        "crumbs": [*crumbs_to(page.incident), ("Edit", None)],
    }
    return render(request, "detections/incidents/edit.html", context, status=422 if form.errors else status)
