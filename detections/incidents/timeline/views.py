"""The timeline by itself, to be polled and printed; notes, marks, files."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.incidents.incident_page import IncidentPage
from detections.incidents.open_page import crumbs_to, open_page
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from detections.incidents.timeline import view
from detections.incidents.timeline.form import TimelineNoteForm
from detections.incidents.timeline.gather import gather
from detections.incidents.timeline.marks import mark_line
from detections.incidents.timeline.notes import add_note
from detections.incidents.timeline.reading import read_query, zone_named
from detections.incidents.timeline_models import TimelineFile, TimelineLine, TimelineMark
from opsconsole.lib.text.secret_numbers import FILTERED
from opsconsole.lib.web.attachments import download
from opsconsole.lib.web.htmx import fragment, is_htmx, unchanged
from opsconsole.lib.web.uploads import bounded

MAY_WRITE = "detections.change_incident"
LINES, NOTE = "detections/incidents/_timeline_lines.html", "detections/incidents/_timeline_note.html"
NOTED = {"HX-Trigger": "noted"}  # the lines load themselves again
MARKS = {
    "important": TimelineMark.Mark.IMPORTANT,
    "left_out": TimelineMark.Mark.LEFT_OUT,
    "plain": TimelineMark.Mark.PLAIN,
}


@require_safe
@login_required
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline by itself; to htmx its lines."""
    page = open_page(request, pk)
    if not is_htmx(request):
        context = {**view.context_of(page), "crumbs": [*crumbs_to(page.incident), ("Timeline", None)]}
        return render(request, "detections/incidents/timeline.html", context)
    stamp = view.stamp_for(page, read_query(page.query, page.zone))
    return unchanged(request, stamp) or _lines(request, page, stamp)


@require_safe
@login_required
def timeline_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines for printing, the oldest first, without controls."""
    page = open_page(request, pk)
    return render(request, "detections/incidents/timeline_print.html", {**view.printed(page), "made": page.now})


def _too_large(request: HttpRequest, pk: int) -> HttpResponse:
    """The response of `bounded` to a body that is too large: only the length of the request was read."""
    if not request.user.has_perm(MAY_WRITE):
        return HttpResponse(status=413)
    most = settings.EVIDENCE_MAX_FILE / 1024 / 1024
    return _note_form(request, open_page(request, pk), 413, f"The files are larger than {most:.3g} MB together.")


@bounded(lambda: settings.EVIDENCE_MAX_FILE, _too_large)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_WRITE, raise_exception=True)
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """The form of a note by itself; a POST writes the note."""
    page = open_page(request, pk)
    if request.method != "POST":
        return _note_form(request, page, 200)
    form = TimelineNoteForm(request.POST, request.FILES, zone=_zone(request, page.zone))
    if not form.is_valid():
        return _note_form(request, page, 422, form.sentence)
    data = form.cleaned_data
    try:
        more = {"at": data["at"], "files": data["attachments"], "key": data["key"]}
        line = add_note(pk, data["text"], page.now, by=page.user, **more)
    except IncidentInputError as error:
        return _note_form(request, page, 422, str(error))
    except IncidentConflict as conflict:
        return _note_form(request, page, 409, conflict.message)
    hidden = FILTERED in line.body and FILTERED not in data["text"]
    messages.success(request, f"Noted.{f' What looked like a secret is replaced by {FILTERED}.' if hidden else ''}")
    if is_htmx(request):
        return _with(_note_form(request, page, 200), NOTED)
    return _back(request, page)


@require_POST
@login_required
@permission_required(MAY_WRITE, raise_exception=True)
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a line as important, as left out, or as neither: the form's button says which, its value is the line."""
    page = open_page(request, pk)
    named = next((name for name in MARKS if request.POST.get(name, "").isdecimal()), None)
    if named is None or len(request.POST[named]) > 18:
        raise Http404
    try:
        mark_line(pk, int(request.POST[named]), MARKS[named], page.now, by=page.user)
    except TimelineLine.DoesNotExist:
        raise Http404 from None
    except IncidentConflict as conflict:
        messages.error(request, conflict.message)
    return _after_act(request, page)


@require_POST
@login_required
@permission_required(MAY_WRITE, raise_exception=True)
def gather_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Gather what the sources have, without waiting for the next run."""
    page = open_page(request, pk)
    if not page.may("change_incident"):
        raise PermissionDenied
    new = gather(pk, page.now)
    messages.success(request, f"{new} new line{'' if new == 1 else 's'} gathered." if new else "Nothing new.")
    return _after_act(request, page)


@require_safe
@login_required
def note_file(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """Download a file of a note. It is never rendered or run in the console's own origin."""
    stored = get_object_or_404(TimelineFile, pk=file, line__incident=pk)
    return download(stored.name, stored.content_type, bytes(stored.content))


def _zone(request: HttpRequest, own: ZoneInfo) -> ZoneInfo:
    """The zone in which the form showed times."""
    return zone_named(request.POST.get("zone", "")) or own


def _lines(request: HttpRequest, page: IncidentPage, stamp: str) -> HttpResponse:
    context = view.lines_context(page, read_query(page.query, page.zone), stamp)
    return fragment(request, LINES, context, stamp=stamp)


def _after_act(request: HttpRequest, page: IncidentPage) -> HttpResponse:
    """The lines as they are now, on the page of the act."""
    if not is_htmx(request):
        return _back(request, page)
    return _lines(request, page, view.stamp_for(page, read_query(page.query, page.zone)))


def _back(request: HttpRequest, page: IncidentPage) -> HttpResponse:
    asked = read_query(page.query, page.zone)
    return HttpResponseRedirect(f"{view.address_of(page.incident)}{asked.here}{view.ANCHOR}", status=303)


def _note_form(request: HttpRequest, page: IncidentPage, status: int, refused: str = "") -> HttpResponse:
    """The form, empty or with what was typed and why it was refused: for htmx, else on a page of its own."""
    asked = read_query(page.query, page.zone)
    zone = _zone(request, asked.zone) if request.method == "POST" and status != 413 else asked.zone
    typed = request.POST if status in (409, 422) else {}
    shown = {"asked": asked, "may_write": page.may("change_incident"), **view.note_context(zone)}
    shown |= {"refused": refused, "typed": typed}
    context: dict[str, Any] = {"incident": page.incident, "page": page, "timeline": shown}
    if is_htmx(request):
        return fragment(request, NOTE, context, status=status)
    context["crumbs"] = [*crumbs_to(page.incident), ("Note", None)]
    return render(request, "detections/incidents/note.html", context, status=status)


def _with(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    return response
