"""Pages of runbooks: the list, one runbook, importing with a preview, exporting."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from bootstrap.checklists.models import Checklist, Item
from bootstrap.checklists.start import PERMISSION as START
from bootstrap.importer.forms import ImportForm
from bootstrap.importer.lint import lint
from bootstrap.importer.load import load_runbook
from bootstrap.importer.preview import MOST_ROWS, preview
from bootstrap.importer.read import read_runbook
from bootstrap.importer.render import render as as_markdown
from bootstrap.importer.summary import counts
from bootstrap.importer.target import app_of, runbook_slug, system_of
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import Runbook
from bootstrap.runbooks.queries import policies
from bootstrap.systems.models import System
from opsconsole.accounts.models import User

PERMISSION = "bootstrap.add_runbookversion"


@require_safe
@login_required
def runbooks(request: HttpRequest) -> HttpResponse:
    """All runbooks with their newest versions."""
    found = Runbook.objects.select_related("system").prefetch_related("versions", "checklists")
    context = {"runbooks": found, "may_import": request.user.has_perm(PERMISSION)}
    return render(request, "bootstrap/runbooks/list.html", context)


@require_safe
@login_required
def runbook(request: HttpRequest, slug: str) -> HttpResponse:
    """One runbook as its newest version tells it: checklists, policies, incidents, references, contradictions."""
    stored = get_object_or_404(Runbook.objects.select_related("system"), slug=slug)
    versions = list(stored.versions.select_related("created_by"))
    found = read_runbook(versions[0].source)
    context = {
        "runbook": stored,
        "versions": versions,
        "policies": policies().filter(version=versions[0]),
        "incidents": versions[0].incidents.select_related("policy"),
        "references": versions[0].references.all(),
        "postures": Posture.objects.filter(source__runbook=stored).select_related("deployment", "variable"),
        "checklists": stored.checklists.prefetch_related("versions"),
        "found": found,
        "lint": lint(found),
        "crumbs": [("Checklists", reverse("checklists")), ("Runbooks", reverse("runbooks")), (stored.title, None)],
    }
    return render(request, "bootstrap/runbooks/page.html", context)


@require_safe
@login_required
def policy_list(request: HttpRequest) -> HttpResponse:
    """The policies of all runbooks, as their newest versions tell them."""
    context = {"policies": policies(), "crumbs": [("Checklists", reverse("checklists")), ("Policies", None)]}
    return render(request, "bootstrap/runbooks/policies.html", context)


@require_safe
@login_required
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """One policy: its text, the incidents that led to it, the checklist that reviews by it."""
    found = get_object_or_404(policies(), slug=slug)
    checklist = Checklist.objects.filter(slug=found.checklist_slug).first() if found.checklist_slug else None
    newest = checklist.versions.values_list("pk", flat=True).first() if checklist else None
    context = {
        "policy": found,
        "incidents": found.incidents.all(),
        "references": found.version.references.all(),
        "checklist": checklist,
        "questions": Item.objects.filter(section__version=newest).order_by("section__order", "order"),
        "newest": newest,
        "may_start": request.user.has_perm(START),
        "crumbs": [("Checklists", reverse("checklists")), ("Policies", reverse("policies")), (found.title, None)],
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
    """A form; then what was understood, to be corrected in the text; then, on `save`, a new version."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "GET":
        return _form(request, form)
    if not form.is_valid():
        return _form(request, form, status=422)
    if "save" in request.POST:
        return _save(request, form)
    text = as_markdown(form.found.blocks) if "mend" in request.POST else form.source
    found = read_runbook(text)
    shown = ImportForm(initial={"text": text, "system": form.cleaned_data["system"]})
    system, _ = system_of(found, form.cleaned_data["system"])
    return _form(
        request,
        shown,
        found=found,
        rows=preview(text, found),
        left_out=max(0, len(found.blocks) - MOST_ROWS),
        counts=[(name.replace("_", " "), number) for name, number in counts(found).items()],
        findings=len(lint(found)),
        system=system,
        system_is_new=not System.objects.filter(slug=system).exists(),
    )


def _form(request: HttpRequest, form: ImportForm, status: int = 200, **context: Any) -> HttpResponse:
    crumbs = [("Checklists", reverse("checklists")), ("Runbooks", reverse("runbooks")), ("Import", None)]
    context |= {"form": form, "crumbs": crumbs, "systems": System.objects.all()}
    return render(request, "bootstrap/importer/import.html", context, status=status)


def _save(request: HttpRequest, form: ImportForm) -> HttpResponse:
    assert isinstance(request.user, User)
    app = app_of(form.found, form.cleaned_data["system"])
    slug = runbook_slug(form.found, app)
    outcome = load_runbook(form.found, form.source, app, slug, request.user)
    if outcome.created:
        new = ", ".join(str(version) for version in outcome.checklist_versions) or "no checklist changed"
        messages.success(request, f"Stored as version {outcome.version.number}: {new}.")
    else:
        messages.info(request, f"This text is version {outcome.version.number} already.")
    return HttpResponseRedirect(reverse("runbook", args=[slug]), status=303)
