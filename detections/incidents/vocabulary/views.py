"""The vocabulary with its counts, and which of its words describe an incident."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from detections.incidents.incident_page import IncidentPage
from detections.incidents.open_page import actor_of, crumbs_to, open_page, seen_number, visitor_of
from detections.incidents.record.edit import edit
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from detections.incidents.vocabulary.counts import bug_classes, factors
from detections.incidents.vocabulary.forms import WordsForm, form_of
from detections.incidents.vocabulary.words import bug_class_named, bug_class_names, factor_names, factors_named

MAY_CHANGE = "detections.change_incident"


@require_safe
@login_required
def vocabulary(request: HttpRequest) -> HttpResponse:
    """Bug classes and contributing factors, each with its incidents."""
    user = visitor_of(request)
    tables = [
        ("Bug classes", "bugclass", bug_classes()),
        ("Contributing factors", "contributingfactor", factors()),
    ]
    context = {
        "tables": [(*table, user.is_staff and user.has_perm(f"detections.change_{table[1]}")) for table in tables],
        "crumbs": [("Incidents", reverse("incident_list")), ("Vocabulary", None)],
    }
    return render(request, "detections/incidents/vocabulary/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def incident_words(request: HttpRequest, pk: int) -> HttpResponse:
    """Which bug class an incident was of, and what contributed to it. New words are made on the way."""
    page = open_page(request, pk)
    if not page.may("change_incident"):
        raise PermissionDenied
    if request.method != "POST":
        kept = list(page.incident.factors.values_list("name", flat=True))
        return _form(request, page, form_of(page.incident), kept)
    form, kept = WordsForm(request.POST), request.POST.getlist("kept")
    try:
        _set(page, form, kept, seen_number(request.POST.get("version", "")))
    except IncidentInputError as error:
        form.refuse(error)
        return _form(request, page, form, kept, status=422)
    except IncidentConflict as conflict:
        messages.error(request, conflict.message)
        return _form(request, open_page(request, pk), form, kept, status=409)
    messages.success(request, "Saved.")
    return HttpResponseRedirect(reverse("incident", args=[pk]), status=303)


@transaction.atomic
def _set(page: IncidentPage, form: WordsForm, kept: list[str], seen: int) -> None:
    """Both words and the incident, or neither: a conflict leaves no new word behind."""
    bug_class, added = form.names
    changes = {"bug_class": bug_class_named(bug_class), "factors": factors_named([*kept, *added])}
    edit(page.incident.pk, changes, page.now, by=page.user, actor=actor_of(page.user), seen=seen)


def _form(
    request: HttpRequest, page: IncidentPage, form: WordsForm, kept: list[str], *, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "incident": page.incident,
        "form": form,
        "kept": kept,
        "known": {"known-bug-classes": bug_class_names(), "known-factors": factor_names()},
        "crumbs": [*crumbs_to(page.incident), ("Bug class and factors", None)],
    }
    return render(request, "detections/incidents/vocabulary/words.html", context, status=status)
