"""The postmortem: reading it and its versions, drafting, editing with a preview, finishing, exporting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.incidents.incident_page import IncidentPage
from detections.incidents.open_page import actor_of, crumbs_to, open_page, seen_number
from detections.incidents.postmortem.difference import difference
from detections.incidents.postmortem.document import split_title
from detections.incidents.postmortem.draft import draft_within, unanswered
from detections.incidents.postmortem.edit import TEXT_LENGTH, PostmortemConflict, save_version
from detections.incidents.postmortem.forms import PostmortemForm, form_of
from detections.incidents.postmortem.page_part import state_of
from detections.incidents.postmortem.read_facts import read_facts
from detections.incidents.postmortem.versions import as_read, current, history
from detections.incidents.postmortem_models import PostmortemVersion
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.lib.web.htmx import fragment

CHANGE = "change_incident"
MAY_CHANGE = f"detections.{CHANGE}"
FOLDER = "detections/incidents/postmortem"


@require_safe
@login_required
def postmortem(request: HttpRequest, pk: int) -> HttpResponse:
    """The current text with its action items."""
    page = open_page(request, pk)
    newest = current(page.incident)
    text = _as_read(page, newest.text) if newest else ""
    return render(request, f"{FOLDER}/page.html", {"text": text, "newest": newest, **_shown(page)})


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def postmortem_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft it from the record, as its next version."""
    page = _changeable(request, pk)
    text = draft_within(read_facts(page.incident, page.now), page.zone, TEXT_LENGTH)
    seen = seen_number(request.POST.get("version", ""))
    try:
        _save(page, text, seen, note="Drafted from the record")
    except PostmortemConflict as conflict:
        who = f"{conflict.newest.actor_name} wrote one" if conflict.newest else "It changed"
        messages.error(request, f"{who} meanwhile; nothing was drafted.")
        return HttpResponseRedirect(reverse("incident_postmortem", args=[pk]), status=303)
    except IncidentConflict as closed:
        messages.error(request, closed.message)
        return HttpResponseRedirect(reverse("incident_postmortem", args=[pk]), status=303)
    messages.success(request, "Drafted from the record. Fill in what the record does not know.")
    return HttpResponseRedirect(reverse("incident_postmortem_edit", args=[pk]), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def postmortem_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor: `from` in the address begins with an earlier version. Who saves second is told, and keeps it."""
    page = _changeable(request, pk)
    newest = current(page.incident)
    if request.method == "POST":
        return _post(request, page, newest)
    if newest is None:
        return HttpResponseRedirect(reverse("incident_postmortem", args=[pk]), status=303)
    begun = _version(page, seen_number(request.GET["from"])) if "from" in request.GET else newest
    return _editor(request, page, form_of(begun, newest))


def _post(request: HttpRequest, page: IncidentPage, newest: PostmortemVersion | None) -> HttpResponse:
    form = PostmortemForm(request.POST)
    if not form.is_valid():
        return _editor(request, page, form, status=422)
    if "preview" in request.POST:
        return _editor(request, page, form)
    data = form.cleaned_data
    try:
        saved = _save(page, data["text"], data["version"], finished=data["finished"], note=data["note"])
    except IncidentInputError as error:
        form.add_error(None, str(error))
        return _editor(request, page, form, status=422)
    except IncidentConflict as closed:
        form.add_error(None, closed.message)
        return _editor(request, page, form, status=409)
    except PostmortemConflict as conflict:
        return _conflict(request, page, conflict)
    said = f"Saved as version {saved.number}{', finished' if saved.finished else ''}."
    return _saved(request, page, said, saved)


def _conflict(request: HttpRequest, page: IncidentPage, conflict: PostmortemConflict) -> HttpResponse:
    """The editor with the person's own text, to be saved after the other's, and what the other changed against it."""
    newest = conflict.newest
    data = request.POST.copy()
    data["version"] = str(newest.number if newest else 0)
    changes = difference(data.get("text", "").replace("\r\n", "\n"), newest.text) if newest else []
    context = {"conflict": str(conflict), "changes": changes, "newest": newest}
    return _editor(request, page, PostmortemForm(data), status=409, **context)


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def postmortem_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """How the text in the editor reads."""
    page = open_page(request, pk)
    text = _as_read(page, request.POST.get("text", "")[:TEXT_LENGTH])
    return fragment(request, f"{FOLDER}/edit.html#preview", {"preview": text})


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def postmortem_finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that it is finished (`finished=1`), or that it is not."""
    page = _changeable(request, pk)
    newest = current(page.incident)
    if newest is None:
        messages.error(request, "There is no postmortem to finish: draft it first.")
    else:
        finished, seen = request.POST.get("finished") == "1", seen_number(request.POST.get("version", ""))
        try:
            saved = _save(page, newest.text, seen, finished=finished)
        except PostmortemConflict as conflict:
            who = conflict.newest.actor_name if conflict.newest else "Somebody"
            messages.error(request, f"{who} changed it since you saw it; read it again.")
        except IncidentConflict as closed:
            messages.error(request, closed.message)
        else:
            said = "It is finished." if finished else "It is not finished any more."
            return _saved(request, page, said, saved)
    return HttpResponseRedirect(reverse("incident_postmortem", args=[pk]), status=303)


def _saved(request: HttpRequest, page: IncidentPage, said: str, saved: PostmortemVersion) -> HttpResponse:
    """Says so, and shows it; where it is finished and the incident waited for it, the way leads to closing. What the
    draft still asks in a finished text is said: it would be exported as it stands."""
    incident = page.incident
    waits = incident.status == incident.Status.POSTMORTEM_DUE and page.user.has_perm("detections.close_incident")
    closes = saved.finished and waits
    messages.success(request, f"{said} Now {incident.name} can close." if closes else said)
    if saved.finished and (asked := unanswered(saved.text)):
        messages.warning(request, f"It still asks what its draft asked: “{'” “'.join(asked)}”")
    to = "incident_close" if closes else "incident_postmortem"
    return HttpResponseRedirect(reverse(to, args=[incident.pk]), status=303)


@require_safe
@login_required
def postmortem_version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A version, and what it changed against the one before."""
    page = open_page(request, pk)
    shown = _version(page, number)
    before = PostmortemVersion.objects.filter(incident=page.incident, number=number - 1).first()
    context = {
        "version": shown,
        "before": before,
        "changes": difference(before.text, shown.text) if before else [],
        "text": _as_read(page, shown.text),
        **_shown(page, ("History", reverse("incident_postmortem_history", args=[pk])), (f"Version {number}", None)),
    }
    return render(request, f"{FOLDER}/version.html", context)


@require_safe
@login_required
def postmortem_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Its versions, newest first."""
    page = open_page(request, pk)
    context = {"versions": history(page.incident), **_shown(page, ("History", None))}
    return render(request, f"{FOLDER}/history.html", context)


@require_safe
@login_required
def postmortem_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The current text as a markdown file, with the action items as they are now."""
    page = open_page(request, pk)
    newest = current(page.incident)
    if newest is None:
        raise Http404
    name = content_disposition_header(as_attachment=True, filename=f"{page.incident.name}-postmortem.md")
    headers = {"Content-Disposition": name or "", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(_as_read(page, newest.text), content_type="text/markdown; charset=utf-8", headers=headers)


@require_safe
@login_required
def postmortem_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The current text on paper."""
    page = open_page(request, pk)
    newest = get_object_or_404(PostmortemVersion.objects.filter(incident=page.incident).order_by("-number")[:1])
    title, text = split_title(_as_read(page, newest.text))
    context = {"incident": page.incident, "newest": newest, "title": title, "text": text, "made": page.now}
    return render(request, f"{FOLDER}/print.html", context)


def _changeable(request: HttpRequest, pk: int) -> IncidentPage:
    """The incident, which the visitor may change, closed or not."""
    page = open_page(request, pk)
    if not page.may(CHANGE):
        raise PermissionDenied
    return page


def _save(page: IncidentPage, text: str, seen: int, *, finished: bool = False, note: str = "") -> PostmortemVersion:
    by, pk = page.user, page.incident.pk
    return save_version(pk, text, page.now, by=by, actor=actor_of(by), seen=seen, finished=finished, note=note)


def _version(page: IncidentPage, number: int) -> PostmortemVersion:
    if not 0 < number < 2**31:
        raise Http404
    return get_object_or_404(PostmortemVersion, incident=page.incident, number=number)


def _as_read(page: IncidentPage, text: str) -> str:
    return as_read(text, page.incident, page.now.astimezone(page.zone).date())


def _editor(
    request: HttpRequest, page: IncidentPage, form: PostmortemForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    preview = _as_read(page, str(form["text"].value() or "")[:TEXT_LENGTH])
    context = {"form": form, "preview": preview, **_shown(page, ("Edit", None)), **more}
    return render(request, f"{FOLDER}/edit.html", context, status=status)


def _shown(page: IncidentPage, *more: tuple[str, str | None]) -> dict[str, Any]:
    """What each of its pages shows of the incident."""
    address = reverse("incident_postmortem", args=[page.incident.pk])
    crumbs = [*crumbs_to(page.incident), ("Postmortem", address if more else None), *more]
    return {"incident": page.incident, "postmortem": state_of(page), "zone": page.zone, "crumbs": crumbs}
