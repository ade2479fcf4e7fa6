"""A section of a checklist in the text that it was imported from: where the run's page leads to, and back."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from bootstrap.checklists.models import Section
from bootstrap.checklists.queries import open_runs
from bootstrap.runbooks.models import RunbookVersion

MOST_LINES = 400
MOST_CHARACTERS = 40_000  # of a text that lost its line breaks


@require_safe
@login_required
def chapter(request: HttpRequest, slug: str, number: int, line: int) -> HttpResponse:
    """The text of the section that begins at this line of a version of the runbook, with its neighbours and the open
    runs that have it. The number of statements does not depend on the number of sections."""
    version = get_object_or_404(RunbookVersion.objects.select_related("runbook"), runbook__slug=slug, number=number)
    sections = _sections(version)
    here = next((at for at, section in enumerate(sections) if section.line == line), None)
    if here is None:
        raise Http404("no section begins at this line")
    section = sections[here]
    text, cut = _text(version.source, sections, here)
    address = f"{reverse('runbook', args=[slug])}versions/{number}/lines/"
    context = {
        "section": section,
        "version": version,
        "text": text,
        "cut": cut,
        "runs": open_runs().filter(version=section.version),
        "address": address,
        "before": sections[here - 1] if here else None,
        "after": sections[here + 1] if here + 1 < len(sections) else None,
    }
    context["crumbs"] = [
        ("Checklists", reverse("checklist_list")),
        (version.runbook.title, reverse("runbook", args=[slug])),
        (section.title, None),
    ]
    return render(request, "bootstrap/runbooks/chapter.html", context)


def _sections(version: RunbookVersion) -> list[Section]:
    """The sections of all checklists that were imported with this version, as they follow each other in its text."""
    sections = Section.objects.filter(version__runbook_version=version, line__isnull=False)
    return list(sections.select_related("version__checklist").order_by("line", "pk"))


def _text(source: str, sections: Sequence[Section], here: int) -> tuple[str, bool]:
    """The lines from a section to the next one, and whether some of them were left out."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = sections[here].line or 1
    following = [section.line for section in sections[here + 1 :] if section.line and section.line > first]
    end = following[0] - 1 if following else len(lines)
    shown = "\n".join(lines[first - 1 : min(end, first - 1 + MOST_LINES)])
    return shown[:MOST_CHARACTERS], end - first + 1 > MOST_LINES or len(shown) > MOST_CHARACTERS
