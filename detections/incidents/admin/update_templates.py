"""Templates of updates in the admin, and the updates that were told."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib import admin

from detections.incidents.update_models import IncidentUpdate, UpdateTemplate
from detections.incidents.updates.fill import NAMES, unknown_names
from detections.incidents.updates.write_update import LONGEST
from opsconsole.lib.web.admin_large_tables import AnyTime
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin

FILLED = ", ".join(f"{{{name}}}" for name in NAMES)


class UpdateTemplateForm(forms.ModelForm[UpdateTemplate]):
    class Meta:
        model = UpdateTemplate
        fields: ClassVar[list[str]] = ["name", "order", "status", "text"]
        help_texts: ClassVar[dict[str, str]] = {"text": f"Filled in from the incident: {FILLED}."}

    def clean_text(self) -> str:
        """A text that an update takes, with names that are filled in."""
        text: str = self.cleaned_data["text"]
        if unknown := unknown_names(text):
            raise forms.ValidationError(f"Nothing fills {{{unknown[0]}}}. Allowed: {FILLED}.")
        if len(text) > LONGEST:
            raise forms.ValidationError(f"{len(text):,} characters. An update has at most {LONGEST:,}.")
        return text


@admin.register(UpdateTemplate)
class UpdateTemplateAdmin(admin.ModelAdmin[UpdateTemplate]):
    form = UpdateTemplateForm
    list_display = ("name", "order", "status", "text")
    list_filter = ("status",)
    search_fields = ("name", "text")


@admin.register(IncidentUpdate)
class IncidentUpdateAdmin(ReadOnlyAdmin, admin.ModelAdmin[IncidentUpdate]):
    """Updates are written on the incident's page."""

    list_display = ("__str__", "status", "severity", "next_update_at", "at", "actor_name")
    list_filter = (AnyTime, "status", "severity")
    list_select_related = ("incident",)
    search_fields = ("incident__title", "text", "actor_name")
    since_field = "at"
