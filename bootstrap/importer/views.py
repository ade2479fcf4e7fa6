"""Pages of runbooks: the list, one runbook, importing with a preview, exporting. Policies are in policy_views.py."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bootstrap.checklists.models import ChecklistVersion
from bootstrap.checklists.queries import open_runs
from bootstrap.checklists.runs.open_run import PERMISSION as START
from bootstrap.importer import jobs
from bootstrap.importer.forms import LONGEST_PREVIEW, ImportForm
from bootstrap.importer.listing import RUNBOOKS
from bootstrap.importer.markdown.render import render as as_markdown
from bootstrap.importer.models import RunbookImport, WaitingPosture
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.parser.steps import with_boxes
from bootstrap.importer.policy_views import crumbs
from bootstrap.importer.reading.layout import LONGEST_SHOWN, document_of
from bootstrap.importer.review.lint import lint
from bootstrap.importer.review.preview import notes_of, page_at, preview
from bootstrap.importer.review.summary import counts, counts_in_words
from bootstrap.importer.store import progress
from bootstrap.importer.store.destination import Undecided, WrongSlug
from bootstrap.importer.store.import_text import store
from bootstrap.importer.store.outcome import message_of
from bootstrap.importer.store.page_edits import UndoesEdits
from bootstrap.importer.store.plan import plan
from bootstrap.importer.text_to_runbook import nothing_to_store, read_runbook
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.runbooks.queries import having_words, policies
from bootstrap.systems.models import System
from opsconsole.accounts.models import User
from opsconsole.lib import clock, redis
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty

PERMISSION = "bootstrap.add_runbookversion"
IN_ORDER = "in-order"  # of the steps of a procedure: each waits for the one before
RECENT = 10  # imports shown on the list


@require_safe
@login_required
def runbooks(request: HttpRequest) -> HttpResponse:
    """All runbooks with their newest versions."""
    stored = Runbook.objects.select_related("system").prefetch_related(_light(RunbookVersion), "checklists")
    may_import = request.user.has_perm(PERMISSION)
    recent = RunbookImport.objects.select_related("by").defer("source")[:RECENT] if may_import else ()
    listing = ListQuery(RUNBOOKS, request)
    stored = having_words(stored, listing.chosen["q"])
    context = context_of(listing, listing.page(stored), _no_runbooks, may_import=may_import, imports=recent)
    return answer(request, context)


def _no_runbooks() -> Empty:
    return Empty(
        "No runbooks yet",
        "A runbook is a markdown file with checklists in it. Import one, or load the shipped content.",
        icon="checklist",
        action_label="Import a runbook",
        action_url=reverse("runbook_import"),
    )


def _light(model: type[RunbookVersion | ChecklistVersion]) -> Prefetch[Any]:
    """The versions without their texts."""
    texts = [field.name for field in model._meta.fields if field.name in ("source", "intro", "summary")]
    return Prefetch("versions", queryset=model._default_manager.defer(*texts))


@require_safe
@login_required
def runbook(request: HttpRequest, slug: str) -> HttpResponse:
    """One runbook, as of its newest version: checklists, policies, incidents, references, contradictions."""
    stored = get_object_or_404(Runbook.objects.select_related("system"), slug=slug)
    versions = list(stored.versions.select_related("created_by", "edit").defer("source", "summary", "edit__acts"))
    context = {
        "runbook": stored,
        "versions": versions,
        "policies": policies().filter(version=versions[0]).defer("text"),
        "incidents": versions[0].incidents.select_related("policy"),
        "references": versions[0].references.all(),
        "postures": Posture.objects.filter(source__runbook=stored).select_related("deployment", "variable"),
        "checklists": stored.checklists.prefetch_related(
            _light(ChecklistVersion), Prefetch("runs", queryset=open_runs(), to_attr="open_runs")
        ),
        "may_start": request.user.has_perm(START),
        "summary": versions[0].summary,
        "waiting": WaitingPosture.objects.filter(version=versions[0]).select_related("app__system"),
        "may_import": request.user.has_perm(PERMISSION),
        **_text_of(versions[0], asked="text" in request.GET),
        "crumbs": crumbs(stored.title),
        "edited_since": hasattr(versions[0], "edit"),
    }
    return render(request, "bootstrap/runbooks/page.html", context)


def _text_of(version: RunbookVersion, *, asked: bool) -> dict[str, Any]:
    """The text to read: of a document always, of a runbook with checklists where it was asked for, as it takes time."""
    is_document = version.summary.get("checklists") == []
    if not (is_document or asked):
        return {"is_document": False}
    source = version.source
    too_long = len(source) > LONGEST_SHOWN
    return {"is_document": is_document, "document": None if too_long else document_of(source), "too_long": too_long}


@require_safe
@login_required
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest version as a markdown file."""
    stored = get_object_or_404(Runbook, slug=slug)
    text = as_markdown(read_runbook(stored.versions.order_by("-number")[0].source).blocks)
    disposition = content_disposition_header(as_attachment=True, filename=f"{slug}.md")
    return HttpResponse(
        text + "\n", content_type="text/markdown; charset=utf-8", headers={"Content-Disposition": disposition or ""}
    )


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def import_runbook(request: HttpRequest) -> HttpResponse:
    """A form; then a preview of the parsed text, to be corrected; then, on `save`, a new version.

    Of a stored document (`runbook` in the address) the preview is of a checklist of its steps.
    """
    if request.method == "GET" and "runbook" in request.GET:
        return _preview_of_steps(request, request.GET["runbook"])
    if request.method == "GET":
        return _form(request, ImportForm(initial=_kept(request.GET.get("from"))))
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    if form.is_to_be_stored:
        return _save(request, form)
    if form.is_endless:
        return _form(request, ImportForm(initial=_initial(form, form.source)), endless=LONGEST_PREVIEW)
    if "mend" in request.POST:
        text = as_markdown(form.runbook.blocks)
        return _preview(request, form, text, read_runbook(text))
    if "steps" in request.POST:
        return _with_steps(request, form, in_order=request.POST["steps"] == IN_ORDER)
    return _preview(request, form, form.source, form.runbook)


def _with_steps(request: HttpRequest, form: ImportForm, *, in_order: bool) -> HttpResponse:
    """A preview of the text with a box at each numbered step, unless it has boxes already; nothing is stored."""
    if form.runbook.checklists:
        return _preview(request, form, form.source, form.runbook)
    text = as_markdown(with_boxes(form.runbook.blocks, in_order=in_order))
    return _preview(request, form, text, read_runbook(text))


def _preview_of_steps(request: HttpRequest, slug: str) -> HttpResponse:
    stored = get_object_or_404(Runbook.objects.select_related("system"), slug=slug)
    text = stored.versions.order_by("-number")[0].source
    form = ImportForm({"text": text, "system": stored.system.slug, "slug": slug})
    if not form.is_valid() or form.is_endless:
        return _form(request, form, status=422)
    return _with_steps(request, form, in_order=request.GET.get("steps") == IN_ORDER)


def _initial(form: ImportForm, text: str) -> dict[str, str]:
    return {"text": text, "system": form.wanted.system, "slug": form.cleaned_data.get("slug") or ""}


def _kept(pk: str | None) -> dict[str, str]:
    """The text of an import that failed, to be corrected."""
    job = RunbookImport.objects.filter(pk=whole_number(pk)).first()
    return {"text": job.source, "system": job.system, "slug": job.slug} if job else {}


def _preview(
    request: HttpRequest, form: ImportForm, text: str, parsed: ParsedRunbook, status: int = 200
) -> HttpResponse:
    """A page of blocks of `text` beside what was parsed from them: the page with the requested `line`."""
    try:
        planned = plan(parsed, text, form.wanted)
    except WrongSlug as refusal:
        form.add_error("slug", str(refusal))
        return _form(request, form, status=422)
    findings = lint(parsed)
    rows = preview(text, parsed, findings)
    notes = notes_of(parsed, findings, rows)
    return _form(
        request,
        ImportForm(initial=_initial(form, text)),
        status,
        found=parsed,
        pages=page_at(rows, whole_number(request.POST.get("line"))),
        notes=notes,
        edited=len(form.edits) - len(form.refused),
        refused=form.refused,
        held=form.edits and "save" in request.POST,
        contradictions=len(findings),
        nothing=nothing_to_store(parsed),
        counts=counts_in_words(counts(parsed)),
        plan=planned,
        in_order=IN_ORDER,
    )


def whole_number(text: str | None) -> int:
    """0 for anything else, and for what no column holds."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _form(request: HttpRequest, form: ImportForm, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"form": form, "crumbs": crumbs("Import"), "systems": System.objects.all()}
    return render(request, "bootstrap/importer/import.html", context, status=status)


def _save(request: HttpRequest, form: ImportForm) -> HttpResponse:
    """Store a short text now, a long one in the background, and redirect to the result."""
    assert isinstance(request.user, User)
    wanted = form.wanted
    if form.is_long:
        given = (form.source, wanted.system, form.file_name, request.user, clock.now())
        job = jobs.ask(*given, wanted.slug, undo_edits=wanted.undo_edits)
        return HttpResponseRedirect(job.get_absolute_url(), status=303)
    try:
        outcome = store(form.runbook, form.source, wanted, request.user)
    except (Undecided, WrongSlug):  # the preview asks, or says what is wrong
        return _preview(request, form, form.source, form.runbook)
    except UndoesEdits:
        return _preview(request, form, form.source, form.runbook, status=409)
    (messages.success if outcome.created else messages.info)(request, message_of(outcome))
    return HttpResponseRedirect(reverse("runbook", args=[outcome.version.runbook.slug]), status=303)


@require_safe
@login_required
@permission_required(PERMISSION, raise_exception=True)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress and the outcome of an import in the background."""
    job = get_object_or_404(RunbookImport.objects.select_related("by", "version__runbook"), pk=pk)
    now = clock.now()
    # While it is stored in one transaction its row does not change: then the rows written show the progress.
    moved = max(job.moved_at, progress.recorded_at(pk, now) or job.moved_at)
    context = {
        "job": job,
        "done": progress.rows_written(pk),
        "moved": moved,
        "stuck": now - moved > jobs.STUCK,
        "redis_away": job.is_open and not redis.answers(),
    }
    if is_htmx(request):
        return fragment(request, "bootstrap/importer/progress.html#progress", context)
    return render(request, "bootstrap/importer/progress.html", {**context, "crumbs": crumbs(str(job))})


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a failed or stuck import again."""
    job = get_object_or_404(RunbookImport, pk=pk)
    jobs.again(job.pk, clock.now())
    return HttpResponseRedirect(job.get_absolute_url(), status=303)
