"""The form that says which environment a name of events means."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import validate_slug

from bootstrap.systems.environment_names import usual_aliases
from bootstrap.systems.models import Environment
from detections.telemetry.environment_links import UnlinkedName

NEW = "new"


class LinkForm(forms.Form):
    """`environment` is the chosen one, None for a new one, whose slug is `slug`."""

    choice = forms.ChoiceField(label="It is", widget=forms.RadioSelect)
    slug = forms.CharField(
        label="Slug of the new environment",
        required=False,
        max_length=50,
        validators=[validate_slug],
        help_text="Only for a new environment. The name of the events becomes its alias where it differs.",
    )

    def __init__(self, *args: Any, unlinked: UnlinkedName, may_add: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = {each.slug: each for each in unlinked.system.environments.order_by("slug")}
        choices = [(slug, f"another name of {each.path}") for slug, each in self._known.items()]
        choice = self.fields["choice"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [*choices, (NEW, "an environment of its own, which is added")] if may_add else choices
        usual = [slug for slug in self._known if unlinked.place.name.lower() in usual_aliases(slug)]
        self.initial.setdefault("choice", usual[0] if usual else None)
        if not may_add:
            del self.fields["slug"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("choice") == NEW and "slug" not in self.errors and not data.get("slug"):
            self.add_error("slug", "Say the slug of the new environment.")
        return data

    @property
    def environment(self) -> Environment | None:
        return self._known.get(self.cleaned_data["choice"])
