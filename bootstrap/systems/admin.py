"""The admin of systems, environments, flags and variables."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import JSONField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from bootstrap.systems.environment_forms import EnvironmentForm, EnvironmentFormSet
from bootstrap.systems.models import (
    App,
    ConfigConstraint,
    ConfigVar,
    ConstrainedVariable,
    Deployment,
    Environment,
    Flag,
    System,
)
from bootstrap.systems.setting.fields import WRITTEN
from bootstrap.systems.setting.preview import preview
from bootstrap.systems.setting.read import bare_place, place_of
from bootstrap.systems.value_rules.expected_values import EVERYWHERE
from opsconsole.accounts.owners import by_name
from opsconsole.lib.task_names import ENVIRONMENT_LINKS
from opsconsole.lib.task_trigger import send_once
from opsconsole.lib.web.admin_filters import titled
from opsconsole.lib.web.admin_forms import AnyJSONField, FewRows, LookedUp

_RULES = ("accepted_values", "expected_values", "format_rule", "empty_is_unset")


class AppInline(FewRows, admin.TabularInline[App, System]):
    model = App
    extra = 0
    show_change_link = True


def _names_changed(request: HttpRequest, environment: Environment, before: list[str]) -> None:
    """Links the events that are there to the new names, and says which names are given up."""
    transaction.on_commit(partial(send_once, ENVIRONMENT_LINKS))
    if gone := [name for name in before if name not in environment.names]:
        text = f"Events of {', '.join(gone)} are no longer counted as {environment.path}."
        messages.warning(request, f"{text} If such events still come, the overview shows them as a blind spot.")


class EnvironmentInline(FewRows, admin.TabularInline[Environment, System]):
    model = Environment
    form = EnvironmentForm
    formset = EnvironmentFormSet
    extra = 0
    show_change_link = True


class DeploymentInline(FewRows, admin.TabularInline[Deployment, Environment]):
    model = Deployment
    fields = ("app", "host_name", "workers")
    show_change_link = True
    extra = 0
    autocomplete_fields = ("app",)


@admin.register(System)
class SystemAdmin(admin.ModelAdmin[System]):
    list_display = ("name", "slug", "owner", "variables")
    readonly_fields = ("bound", "variables", "setting_preview")
    search_fields = ("name", "slug", "owner")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (AppInline, EnvironmentInline)
    fieldsets = (
        (None, {"fields": ("name", "slug", "owner", "bound", "description", "variables")}),
        ("How variables are set", {"fields": ("set_with", *WRITTEN, "setting_preview")}),
    )

    class Media:
        js = ("opsconsole/setting_fields.js",)

    @admin.display(description="What pages show, as saved")
    def setting_preview(self, system: System) -> str:
        """The commands for a variable EXAMPLE in the system's first deployment."""
        first = Deployment.objects.filter(environment__system=system.pk).order_by("pk")
        found = first.select_related("app", "environment__system").first()
        return preview(place_of(found) if found else bare_place(system, ""))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Saves rows, and has events linked to environments by their new names."""
        of_environments = formset.model is Environment
        before = {each.pk: each.names for each in form.instance.environments.all()} if of_environments else {}
        super().save_formset(request, form, formset, change)
        for environment in form.instance.environments.all() if of_environments else ():
            if before.get(environment.pk) != environment.names:
                _names_changed(request, environment, before.get(environment.pk, []))

    @admin.display(description="Who that is")
    def bound(self, system: System) -> str:
        """Who is behind the owner's name, with a link to say so."""
        if not system.owner:
            return "-"
        named = by_name([system.owner])[system.owner]
        return format_html('{} <a href="{}">Bind {}</a>', named.bound_to or "nobody", named.admin_url, named.name)

    @admin.display(description="Variables as a file")
    def variables(self, system: System) -> str:
        if not system.slug:  # the page that adds one
            return "-"
        url = reverse("config_manifest_file", args=[system.slug])
        return format_html('<a href="{}">required-config-vars.yaml</a>', url)


@admin.register(App)
class AppAdmin(LookedUp, admin.ModelAdmin[App]):
    list_display = ("name", "slug", "system")
    list_filter = ("system",)
    list_select_related = ("system",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("system",)


@admin.register(Environment)
class EnvironmentAdmin(LookedUp, admin.ModelAdmin[Environment]):
    """Aliases are other names that events use; commands use the host names of deployments."""

    form = EnvironmentForm
    list_display = ("path", "name", "aliases")
    list_filter = ("system",)
    list_select_related = ("system",)
    search_fields = ("slug", "name", "system__slug")
    autocomplete_fields = ("system",)
    inlines = (DeploymentInline,)
    show_facets = admin.ShowFacets.ALWAYS

    def save_model(self, request: HttpRequest, obj: Environment, form: Any, change: bool) -> None:
        """Saves it, and has events linked to it by its new names."""
        before = Environment.objects.get(pk=obj.pk).names if change else []
        super().save_model(request, obj, form, change)
        if before != obj.names:
            _names_changed(request, obj, before)


@admin.register(Deployment)
class DeploymentAdmin(LookedUp, admin.ModelAdmin[Deployment]):
    list_display = ("host_name", "app", "environment", "workers", "set_with")
    readonly_fields = ("setting_preview",)
    fieldsets = (
        (None, {"fields": ("app", "environment", "host_name", "workers")}),
        ("How variables are set, where it differs from the system", {"fields": ("set_with", *WRITTEN)}),
        (None, {"fields": ("setting_preview",)}),
    )
    ordering = ("host_name", "pk")
    list_filter = ("environment__system", ("environment__slug", titled("environment")))
    list_select_related = ("app", "environment__system")
    search_fields = ("host_name",)
    autocomplete_fields = ("app", "environment")

    class Media:
        js = ("opsconsole/setting_fields.js",)

    @admin.display(description="What pages show, as saved")
    def setting_preview(self, deployment: Deployment) -> str:
        """The commands for a variable EXAMPLE in the deployment."""
        return preview(place_of(deployment)) if deployment.pk else "-"


@admin.register(Flag)
class FlagAdmin(LookedUp, admin.ModelAdmin[Flag]):
    list_display = ("name", "aliases", "system", "description")
    list_filter = ("system",)
    list_select_related = ("system",)
    search_fields = ("name", "aliases", "description")
    autocomplete_fields = ("system",)


class ConfigVarForm(forms.ModelForm[ConfigVar]):
    """Refuses expected values for environments that do not exist."""

    def clean_expected_values(self) -> dict[str, str]:
        values = self.cleaned_data["expected_values"] or {}
        app = self.cleaned_data.get("app")
        if app is None or not isinstance(values, dict):  # those fields have errors of their own
            return values
        known = set(app.system.environments.values_list("slug", flat=True))
        unknown = values.keys() - known - {EVERYWHERE} - self.instance.expected_values.keys()
        if unknown:
            there = ", ".join(sorted(known)) or "no environment yet"
            raise forms.ValidationError(f"{app.system} has {there}; and * stands for every other environment.")
        return values


@admin.register(ConfigVar)
class ConfigVarAdmin(LookedUp, admin.ModelAdmin[ConfigVar]):
    """Names and rules of variables. No value is ever entered, except literals that a checklist shows to everybody."""

    form = ConfigVarForm
    list_display = ("name", "app", "secret", "required_when", "format_rule", "failure_mode", "default", "source_path")
    list_filter = ("app", "secret", "failure_mode", "source_kind", "must_not_be_set")
    list_select_related = ("app",)
    search_fields = ("name", "config_key", "source_path")
    autocomplete_fields = ("app", "fallback_to")
    formfield_overrides: ClassVar[Any] = {JSONField: {"form_class": AnyJSONField}}
    readonly_fields = ("imported", "example")
    fieldsets = (
        (None, {"fields": ("app", "name", "config_key", "description", "secret")}),
        ("Rules", {"fields": ("required_when", "must_not_be_set", "accepted", *_RULES)}),
        (
            "When it is missing",
            {"fields": ("default", "failure_mode", "fallback_to", "impact", "consumers", "read_at")},
        ),
        ("Where its value is", {"fields": ("source_kind", "source_path", "generator")}),
        ("As last imported", {"fields": ("imported", "example"), "classes": ("collapse",)}),
    )
    show_facets = admin.ShowFacets.ALWAYS


class ConstrainedVariableInline(FewRows, admin.TabularInline[ConstrainedVariable, ConfigConstraint]):
    model = ConstrainedVariable
    extra = 0
    autocomplete_fields = ("variable",)


@admin.register(ConfigConstraint)
class ConfigConstraintAdmin(LookedUp, admin.ModelAdmin[ConfigConstraint]):
    """Constraints compare fingerprints that agents compute, within each environment."""

    list_display = ("name", "kind", "system", "environment", "reason")
    list_filter = ("kind", "system", ("environment__slug", titled("environment")))
    list_select_related = ("system", "environment__system")
    search_fields = ("name", "reason", "members__variable__name")
    autocomplete_fields = ("system", "environment")
    inlines = (ConstrainedVariableInline,)
    show_facets = admin.ShowFacets.ALWAYS
