"""Makes an environment with what is deployed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from bootstrap.systems.add_environment import add_environment
from bootstrap.systems.models import App, Deployment, Environment, System

PERMISSIONS = ("bootstrap.add_environment", "bootstrap.add_deployment")
LONGEST_ALIAS = 64  # characters, as the column


@transaction.atomic
def make_environment(
    system: System, slug: str, name: str = "", aliases: Sequence[str] = (), app: App | None = None, host_name: str = ""
) -> Environment:
    """A new environment of `system`; with `app` deployed in it where `host_name` is given. Raises ValidationError."""
    made = add_environment(system, slug, name, aliases)
    if app and host_name:
        Deployment.objects.create(app=app, environment=made, host_name=host_name)
    return made


class NewEnvironmentForm(forms.Form):
    """An environment of `system`, and under which name its host knows an application there."""

    slug = forms.SlugField(
        max_length=50, label="Environment", help_text="Short, as addresses and commands name it: prod, staging."
    )
    name = forms.CharField(
        max_length=100, required=False, help_text="As people call it; empty: the same with a capital letter."
    )
    aliases = forms.CharField(
        max_length=500,
        required=False,
        label="Also called",
        help_text="Other names that events and reports may carry, separated by commas: production, live. "
        "Empty: the usual ones.",
    )
    app = forms.ModelChoiceField(App.objects.none(), required=False, label="Application", empty_label=None)
    host_name = forms.CharField(
        max_length=100,
        required=False,
        label="Its name at the host",
        help_text="As commands call it, e.g. raxx-api-prod. Empty: nothing is deployed there yet.",
    )

    def __init__(self, system: System, data: Mapping[str, Any] | None = None, *, app: App | None = None) -> None:
        super().__init__(data, prefix="new", initial={"app": app})
        self.system = system
        self.fields["app"].queryset = system.apps.order_by("name")  # type: ignore[attr-defined]

    def clean_slug(self) -> str:
        return str(self.cleaned_data["slug"]).lower()

    def clean_aliases(self) -> list[str]:
        aliases = [each.strip().lower() for each in self.cleaned_data["aliases"].split(",")]
        if too_long := next((each for each in aliases if len(each) > LONGEST_ALIAS), ""):
            raise forms.ValidationError(f"“{too_long[:20]}…” is longer than {LONGEST_ALIAS} characters.")
        return list(dict.fromkeys(filter(None, aliases)))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("host_name") and "app" not in self.errors and not data.get("app"):
            self.add_error("app", "Choose the application that the host knows by that name.")
        return data

    def save(self) -> Environment | None:
        """The environment made; None with the reason among the form's errors where a name is taken."""
        data = self.cleaned_data
        try:
            return make_environment(
                self.system, data["slug"], data["name"], data["aliases"], data["app"], data["host_name"]
            )
        except ValidationError as refused:
            self.add_error("slug", refused.messages)
            return None
