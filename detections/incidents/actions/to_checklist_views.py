"""The page that makes an action item an item of a checklist."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bootstrap.checklists.models import Section
from bootstrap.checklists.version_queries import newest_versions
from bootstrap.importer.editing.acts import EditRefused
from bootstrap.importer.editing.store_edit import Overtaken
from bootstrap.importer.views import PERMISSION
from detections.incidents.actions.draft import TEXT_LENGTH
from detections.incidents.actions.queries import items
from detections.incidents.actions.to_checklist import add_to_checklist
from detections.incidents.open_page import actor_of, crumbs_to, visitor_of
from opsconsole.lib import clock

AGAIN = "Another version of the runbook was stored at this moment: send it again."


class ToChecklistForm(forms.Form):
    """Which section, and the words of the item."""

    section = forms.ModelChoiceField(
        queryset=Section.objects.none(), label="Section", help_text="The item comes at its end, in a new version."
    )
    text = forms.CharField(
        label="What the item says",
        max_length=TEXT_LENGTH,
        widget=forms.Textarea({"rows": 2}),
        help_text="A link to the incident is added.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        newest = newest_versions().filter(checklist__runbook__isnull=False).values("pk")
        sections = Section.objects.filter(version__in=list(newest.values_list("pk", flat=True)))
        chosen = self.fields["section"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = sections.select_related("version__checklist__runbook").defer(
            "prose", "notes", "version__source", "version__intro"
        )
        chosen.label_from_instance = lambda row: f"{row.version.checklist}: {row.title}"  # type: ignore[method-assign, assignment]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def action_to_checklist(request: HttpRequest, pk: int) -> HttpResponse:
    """A form; a POST stores the new version and links both."""
    action = get_object_or_404(items(), pk=pk)
    user = visitor_of(request)
    form = ToChecklistForm(request.POST) if request.method == "POST" else ToChecklistForm(initial={"text": action.text})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            section, text = form.cleaned_data["section"], form.cleaned_data["text"]
            try:
                add_to_checklist(pk, section, text, clock.now(), by=user, actor=actor_of(user))
            except EditRefused as refusal:
                form.add_error(None, str(refusal))
            except Overtaken:
                form.add_error(None, AGAIN)
                status = 409
            else:
                messages.success(request, f"Added to {section.version.checklist}, in a new version.")
                back = reverse("incident", args=[action.incident_id])
                return HttpResponseRedirect(f"{back}#action-{pk}", status=303)
    context = {
        "action": action,
        "form": form,
        "back": reverse("incident", args=[action.incident_id]),
        "crumbs": [*crumbs_to(action.incident), ("Add to a checklist", None)],
    }
    return render(request, "detections/incidents/actions/to_checklist.html", context, status=status)
