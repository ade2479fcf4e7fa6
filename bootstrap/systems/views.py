"""Exports and imports the names and rules of a system's variables as a file, and imports a `.env.example`."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from bootstrap.systems.config.export_file import export_config
from bootstrap.systems.config.file_schema import ConfigFileError
from bootstrap.systems.config.import_file import import_config
from bootstrap.systems.example.write import ImportedExample, import_example
from bootstrap.systems.forms import ExampleImportForm, ManifestForm, sentences
from bootstrap.systems.models import System
from opsconsole.lib.task_names import CONFIG_HEALTH
from opsconsole.lib.task_trigger import send_once

PERMISSIONS = ("bootstrap.add_configvar", "bootstrap.change_configvar")


@require_safe
@login_required
def config_manifest(request: HttpRequest, slug: str) -> HttpResponse:
    """`required-config-vars.yaml` of a system: names and rules, never a value."""
    name = content_disposition_header(as_attachment=True, filename="required-config-vars.yaml")
    return HttpResponse(
        export_config(get_object_or_404(System, slug=slug)),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": name or ""},
    )


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(PERMISSIONS, raise_exception=True)
def import_manifest(request: HttpRequest) -> HttpResponse:
    """Import the file: first show what would change, then, when the form is sent with `save`, apply it."""
    form = ManifestForm(request.POST, request.FILES) if request.method == "POST" else ManifestForm()
    if not form.is_bound:
        return _import_page(request, form)
    saves = "save" in request.POST
    if form.is_valid():
        try:
            changes = import_config(form.content, dry_run=not saves)
        except ConfigFileError as error:
            form.add_error(None, sentences(error))
        else:
            return _imported(request, changes) if saves else _preview(request, form, changes)
    return _import_page(request, form, status=422)


def _imported(request: HttpRequest, changes: list[str]) -> HttpResponse:
    transaction.on_commit(partial(send_once, CONFIG_HEALTH))
    number = len(changes)
    messages.success(request, f"Applied: {number} change{'' if number == 1 else 's'}.")
    return HttpResponseRedirect(reverse("environment_list"), status=303)


def _preview(request: HttpRequest, form: ManifestForm, changes: list[str]) -> HttpResponse:
    """The page with the text of the file in the form, as a browser does not send the file a second time."""
    again = ManifestForm(initial={"text": form.source})
    return _import_page(request, again, changes, form.content.system)


def _import_page(
    request: HttpRequest, form: ManifestForm, changes: list[str] | None = None, system: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "changes": changes,
        "system": system,
        "systems": System.objects.order_by("name"),
        "crumbs": [("Environments", reverse("environment_list")), ("Import variables", None)],
    }
    return render(request, "bootstrap/systems/import.html", context, status=status)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(PERMISSIONS, raise_exception=True)
def import_env_example(request: HttpRequest) -> HttpResponse:
    """Import a `.env.example`: first show what would change, then, when the form is sent with `save`, apply it."""
    if request.method != "POST":
        return _example_page(request, ExampleImportForm())
    form = ExampleImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _example_page(request, form, status=422)
    app = form.cleaned_data["app"]
    saves = "save" in request.POST
    done = import_example(app, form.content, dry_run=not saves)
    if saves:
        return _imported(request, list(done.changes))
    return _example_page(request, ExampleImportForm(initial={"app": app, "text": form.source}), done)


def _example_page(
    request: HttpRequest, form: ExampleImportForm, done: ImportedExample | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "done": done,
        "crumbs": [("Environments", reverse("environment_list")), ("Import .env.example", None)],
    }
    return render(request, "bootstrap/systems/import_example.html", context, status=status)
