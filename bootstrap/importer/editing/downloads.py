"""The text of a runbook as files, so that edits made on the page come back to where it is kept."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from bootstrap.importer.review.difference import unified
from bootstrap.runbooks.models import Runbook


@require_safe
@login_required
def source(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest version as it is stored, to be committed where the runbook is kept."""
    runbook = get_object_or_404(Runbook, slug=slug)
    return _file(runbook.versions.order_by("-number")[0].source, f"{slug}.md", "text/markdown")


@require_safe
@login_required
def patch(request: HttpRequest, slug: str) -> HttpResponse:
    """What was edited since the runbook was imported last, as a patch."""
    runbook = get_object_or_404(Runbook, slug=slug)
    newest = runbook.versions.order_by("-number")[0]
    imported = runbook.versions.filter(edit=None).order_by("-number").first() or newest
    lines = unified(imported.source, newest.source, f"{slug}.md")
    return _file("".join(f"{line}\n" for line in lines), f"{slug}.patch", "text/x-diff")


def _file(text: str, name: str, content_type: str) -> HttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name) or ""
    return HttpResponse(
        text, content_type=f"{content_type}; charset=utf-8", headers={"Content-Disposition": disposition}
    )
