"""Editing what an incident says: title, summary, times, places and who gets its updates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core import signing
from django.db.models import Q
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
from detections.incidents.pages.fields import LinesField, LocalTimeField, RowsField, local, set_zone
from detections.incidents.record.edit import edit
from detections.incidents.record.from_alerts import told
from detections.incidents.record.inputs import SUMMARY_LENGTH
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from detections.telemetry.models import ProjectEnvironment

TIMES = ("started_at", "mitigated_at", "resolved_at")
SALT = "detections.incidents.edit"
MODELS: Mapping[str, Any] = {"places": ProjectEnvironment, "environments": Environment, "targets": Target}


class EditForm(forms.Form):
    """What the incident says now. Times that it has not reached are not asked for."""

    title = forms.CharField(max_length=TITLE_LENGTH, error_messages={"required": "Say in a few words what is wrong."})
    summary = LinesField(
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

    def __init__(
        self, data: Any = None, *, incident: Incident, zone: ZoneInfo, typed: Mapping[str, Any] | None = None
    ) -> None:
        """Filled in with what the incident says, and with what was `typed` instead. A posted form is compared with the
        values that it was filled in with, as they come back with it: what others changed since is not the person's."""
        now, self.salt = _values(incident, zone), f"{SALT}.{incident.pk}"
        self.values = now if data is None else now | _shown(data.get("shown", ""), self.salt)
        typed = {name: local(value, zone) if name in TIMES else value for name, value in (typed or {}).items()}
        super().__init__(data, initial=self.values | typed)
        missing = {"mitigated_at": incident.status == Incident.Status.OPEN, "resolved_at": incident.resolved_at is None}
        for name in TIMES:
            if missing.get(name, False) if data is None else name not in data:
                del self.fields[name]
        set_zone(self, zone)
        self._offer(incident)

    def _offer(self, incident: Incident) -> None:
        places = ProjectEnvironment.objects.select_related("project").order_by("project__slug", "name")
        mine = Target.objects.filter(Q(incidents=incident) | Q(pk__in=self.values["targets"]))
        offered: dict[str, Any] = {
            "places": places,
            "environments": Environment.objects.select_related("system"),
            "targets": (told() | mine).distinct(),
        }
        for name, known in offered.items():
            field = self.fields[name]
            assert isinstance(field, RowsField)
            field.offer(known, self.values[name])

    @property
    def shown(self) -> str:
        """The values that it is filled in with, signed, to come back with the form."""
        values = {name: self.values[name] and self.values[name].isoformat() for name in TIMES}
        return signing.dumps(self.values | values, salt=self.salt, compress=True)

    def typed(self, incident: Incident) -> dict[str, Any]:
        """By field the values of the valid form that differ from those shown, rows by their ids: a minute that was not
        touched keeps its seconds, and rows that others ticked meanwhile stay ticked."""
        data = {name: self.cleaned_data[name] for name in self.fields if name in self.changed_data}
        for name in data.keys() & MODELS.keys():
            chosen, shown = set(data[name]), set(self.values[name])
            now = {row.pk for row in getattr(incident, name).all()}
            data[name] = sorted((now | (chosen - shown)) - (shown - chosen))
        return data

    def changes(self, incident: Incident) -> dict[str, Any]:
        """The same for the act, with the rows."""
        return {
            name: list(MODELS[name]._default_manager.filter(pk__in=value)) if name in MODELS else value
            for name, value in self.typed(incident).items()
        }


def _values(incident: Incident, zone: ZoneInfo) -> dict[str, Any]:
    """By field what the incident says, as the form shows it."""
    rows = {name: [row.pk for row in getattr(incident, name).all()] for name in MODELS}
    times = {name: local(getattr(incident, name), zone) for name in TIMES}
    return {"title": incident.title, "summary": incident.summary, **times, **rows}


def _shown(text: str, salt: str) -> dict[str, Any]:
    """The values that a posted form was filled in with; without any where it does not say so."""
    try:
        found: dict[str, Any] = signing.loads(text, salt=salt)
    except signing.BadSignature:
        return {}
    return found | {name: found[name] and datetime.fromisoformat(found[name]) for name in TIMES}


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
        edited = edit(pk, form.changes(page.incident), page.now, by=page.user, seen=seen(request))
    except IncidentInputError as error:
        field = str(error).partition(": ")[0]
        form.add_error(field if field in form.fields else None, sentence(error))
        return _form(request, page, form)
    except IncidentConflict as conflict:
        messages.error(request, f"{conflict.message} What you wrote is still here; save it again to keep it.")
        page = open_page(request, pk)
        again = EditForm(incident=page.incident, zone=page.zone, typed=form.typed(page.incident))
        return _form(request, page, again, status=409)
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
