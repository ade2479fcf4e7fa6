"""Pages of runbooks: the list, one runbook, importing with a preview, exporting."""

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

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item
from bootstrap.checklists.runs.open_run import PERMISSION as START
from bootstrap.importer import jobs
from bootstrap.importer.forms import LONGEST_PREVIEW, ImportForm
from bootstrap.importer.listing import POLICIES, RUNBOOKS
from bootstrap.importer.markdown.render import render as as_markdown
from bootstrap.importer.models import RunbookImport
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.review.lint import lint
from bootstrap.importer.review.preview import notes_of, page_at, preview
from bootstrap.importer.review.summary import counts
from bootstrap.importer.store import progress
from bootstrap.importer.store.import_text import outcome_message, store
from bootstrap.importer.store.page_edits import lost_edits
from bootstrap.importer.store.removals import replaced
from bootstrap.importer.store.target import system_of
from bootstrap.importer.text_to_runbook import nothing_to_store, read_runbook
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.runbooks.queries import policies
from bootstrap.systems.models import System
from opsconsole.accounts.models import User
from opsconsole.lib import clock, redis
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty

PERMISSION = "bootstrap.add_runbookversion"
RECENT = 10  # imports shown on the list


@require_safe
@login_required
def runbooks(request: HttpRequest) -> HttpResponse:
    """All runbooks with their newest versions."""
    stored = Runbook.objects.select_related("system").prefetch_related(_light(RunbookVersion), "checklists")
    may_import = request.user.has_perm(PERMISSION)
    recent = RunbookImport.objects.select_related("by").defer("source")[:RECENT] if may_import else ()
    listing = ListQuery(RUNBOOKS, request)
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


def _crumbs(last: str, above: tuple[str, str] | None = None) -> list[tuple[str, str | None]]:
    """The page's place: beneath Checklists and Runbooks, or beneath `above`."""
    return [("Checklists", reverse("checklist_list")), above or ("Runbooks", reverse("runbook_list")), (last, None)]


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
        "checklists": stored.checklists.prefetch_related(_light(ChecklistVersion)),
        "summary": versions[0].summary,
        "may_edit": request.user.has_perm(PERMISSION),
        "edited_since": hasattr(versions[0], "edit"),
        "crumbs": _crumbs(stored.title),
    }
    return render(request, "bootstrap/runbooks/page.html", context)


@require_safe
@login_required
def policy_list(request: HttpRequest) -> HttpResponse:
    """The policies of all runbooks, as of their newest versions."""
    listing = ListQuery(POLICIES, request)
    crumbs = [("Checklists", reverse("checklist_list")), ("Policies", None)]
    return answer(request, context_of(listing, listing.page(policies()), _no_policies, crumbs=crumbs))


def _no_policies() -> Empty:
    return Empty(
        "No policies yet",
        "A policy is a part of a runbook whose headings speak of rules. Import a runbook that has one.",
        action_label="Runbooks",
        action_url=reverse("runbook_list"),
    )


@require_safe
@login_required
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """One policy: its text, the incidents that led to it, the checklist that reviews by it."""
    stored = get_object_or_404(policies(), slug=slug)
    checklist = Checklist.objects.filter(slug=stored.checklist_slug).first() if stored.checklist_slug else None
    newest = checklist.versions.values_list("pk", flat=True).first() if checklist else None
    context = {
        "policy": stored,
        "incidents": stored.incidents.all(),
        "references": stored.version.references.all(),
        "checklist": checklist,
        "questions": Item.objects.filter(section__version=newest).order_by("section__order", "order"),
        "newest": newest,
        "may_start": request.user.has_perm(START),
        "crumbs": _crumbs(stored.title, ("Policies", reverse("policy_list"))),
    }
    return render(request, "bootstrap/runbooks/policy.html", context)


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
    """A form; then a preview of the parsed text, to be corrected; then, on `save`, a new version."""
    if request.method == "GET":
        return _form(request, ImportForm(initial=_kept(request.GET.get("from"))))
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    system = form.cleaned_data["system"]
    if form.is_to_be_stored:
        if "undo_edits" not in request.POST and not form.is_long and _undoes_edits(form):
            return _preview(request, form, form.source, form.runbook, status=409)
        return _save(request, form)
    if form.is_endless:
        return _form(request, ImportForm(initial={"text": form.source, "system": system}), endless=LONGEST_PREVIEW)
    if "mend" in request.POST:
        text = as_markdown(form.runbook.blocks)
        return _preview(request, form, text, read_runbook(text))
    return _preview(request, form, form.source, form.runbook)


def _undoes_edits(form: ImportForm) -> bool:
    """Whether storing a short text would undo what was edited on the page."""
    system, _ = system_of(form.runbook, form.cleaned_data["system"])
    return lost_edits(form.runbook, system) is not None


def _kept(pk: str | None) -> dict[str, str]:
    """The text of an import that failed, to be corrected."""
    job = RunbookImport.objects.filter(pk=whole_number(pk)).first()
    return {"text": job.source, "system": job.system} if job else {}


def _preview(
    request: HttpRequest, form: ImportForm, text: str, parsed: ParsedRunbook, status: int = 200
) -> HttpResponse:
    """A page of blocks of `text` beside what was parsed from them: the page with the requested `line`."""
    asked = form.cleaned_data["system"]
    findings = lint(parsed)
    rows = preview(text, parsed, findings)
    notes = notes_of(parsed, findings, rows)
    system, _ = system_of(parsed, asked)
    return _form(
        request,
        ImportForm(initial={"text": text, "system": asked}),
        status,
        found=parsed,
        pages=page_at(rows, whole_number(request.POST.get("line"))),
        notes=notes,
        edited=len(form.edits) - len(form.refused),
        refused=form.refused,
        held="save" in request.POST,
        contradictions=len(findings),
        nothing=nothing_to_store(parsed),
        counts=[(name.replace("_", " "), number) for name, number in counts(parsed).items()],
        system=system,
        replaced=replaced(parsed, system),
        lost=lost_edits(parsed, system),
        system_is_new=not System.objects.filter(slug=system).exists(),
    )


def whole_number(text: str | None) -> int:
    """0 for anything else, and for what no column holds."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _form(request: HttpRequest, form: ImportForm, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"form": form, "crumbs": _crumbs("Import"), "systems": System.objects.all()}
    return render(request, "bootstrap/importer/import.html", context, status=status)


def _save(request: HttpRequest, form: ImportForm) -> HttpResponse:
    """Store a short text now, a long one in the background, and redirect to the result."""
    assert isinstance(request.user, User)
    system = form.cleaned_data["system"]
    if form.is_long:
        job = jobs.ask(form.source, system, form.file_name, request.user, clock.now())
        return HttpResponseRedirect(job.get_absolute_url(), status=303)
    outcome = store(form.runbook, form.source, system, request.user)
    (messages.success if outcome.created else messages.info)(request, outcome_message(outcome))
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
    return render(request, "bootstrap/importer/progress.html", {**context, "crumbs": _crumbs(str(job))})


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a failed or stuck import again."""
    job = get_object_or_404(RunbookImport, pk=pk)
    jobs.again(job.pk, clock.now())
    return HttpResponseRedirect(job.get_absolute_url(), status=303)
