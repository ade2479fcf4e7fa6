"""The admin of targets: typed forms, a file to start from, the file for `--target`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from copy import copy
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Count, ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from bootstrap.checklists.models import Checklist
from detections.probes.addresses import webhook_host
from detections.probes.admin.invariants import InvariantInline, ShownInvariantInline
from detections.probes.admin.layout import EDITED, SHOWN
from detections.probes.definition import as_everybody_sees, as_file, secrets_of
from detections.probes.models import ProbeInvariant, ProbeTarget
from detections.probes.program import probe
from detections.probes.target_form.file_form import FileForm
from detections.probes.target_form.form import ProbeTargetForm
from detections.probes.target_form.from_file import Started, as_text, started_from
from detections.probes.target_form.places import stored_place
from detections.probes.target_form.trial import TRY, take
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.sealed import SealBroken
from opsconsole.lib.web.admin_large_tables import BriefLists

KEPT = "It has been frozen or let go, which stays on record. Switch it off instead: its runs stay too."


@admin.register(ProbeTarget)
class ProbeTargetAdmin(BriefLists, admin.ModelAdmin[ProbeTarget]):
    """Who may only look sees the columns; who may change gets the form."""

    form = ProbeTargetForm
    list_display = ("name", "project_environment", "address", "enabled", "interval", "checked", "reaches")
    list_filter = ("enabled", "project_environment__project")
    list_select_related = ("project_environment__project",)
    not_listed = ("body",)
    search_fields = ("name", "slug", "base")
    inlines = (InvariantInline,)
    actions = None  # deleting asks about one at a time

    class Media:
        js = ("opsconsole/probe_target.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProbeTarget]:
        return super().get_queryset(request).annotate(number_of_invariants=Count("invariants"))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ProbeTarget | None:
        """For an act the row is locked until it is done: who saves what somebody removes meanwhile is told so, else
        saving would bring it back, without its runs."""
        if request.method == "POST" and connection.in_atomic_block:
            with suppress(ValueError):
                ProbeTarget.objects.select_for_update(no_key=True).filter(pk=unquote(object_id)).first()
        return super().get_object(request, object_id, from_field)

    def get_fieldsets(self, request: HttpRequest, obj: ProbeTarget | None = None) -> Any:
        return EDITED if self._may_edit(request, obj) else SHOWN

    def get_readonly_fields(self, request: HttpRequest, obj: ProbeTarget | None = None) -> tuple[str, ...]:
        """The slug names the target in alerts and in deploy scripts: it stays."""
        return ("slug",) if obj and self._may_edit(request, obj) else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: ProbeTarget | None = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name",)}

    def get_inlines(self, request: HttpRequest, obj: ProbeTarget | None) -> list[Any]:
        return [InvariantInline if self._may_edit(request, obj) else ShownInvariantInline]

    def get_form(
        self, request: HttpRequest, obj: ProbeTarget | None = None, change: bool = False, **options: Any
    ) -> Any:
        """The form knows who saves."""
        made: Any = super().get_form(request, obj, change, **options)
        made.user = request.user if isinstance(request.user, User) else None
        return made

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        started = _started(request)
        return started.target if started else super().get_changeform_initial_data(request)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        given: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        started = _started(request)
        return {**given, "initial": started.invariants} if started else given

    def save_model(self, request: HttpRequest, obj: ProbeTarget, form: Any, change: bool) -> None:
        now = clock.now()
        obj.project_environment = stored_place(obj.project_environment)
        if not change:
            obj.created_at = now
        if form.newly_allowed or not obj.allow:
            obj.allowed_by_name = str(request.user.get_username()) if obj.allow else ""
            obj.allowed_at = now if obj.allow else None
        super().save_model(request, obj, form, change)
        reached = [f"Let it reach {', '.join(obj.allow)}."] if form.newly_allowed else []
        for act in (*form.secret_acts, *reached):
            self.log_change(request, obj, act)
        for note in form.notes:
            self.message_user(request, note, messages.WARNING)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """New invariants come last, in the order in which they were entered."""
        rows: list[ProbeInvariant] = formset.save(commit=False)
        last = form.instance.invariants.order_by("order").last() if change else None
        order = last.order if last else 0
        for row in rows:
            if row._state.adding:
                order += 1
                row.order = order
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """The form; where it was asked for, with one sample of what is typed."""
        trying = request.method == "POST" and TRY in request.POST
        if trying:
            context.update(_trial(context["adminform"].form, context["inline_admin_formsets"][0].formset))
        answer = super().render_change_form(request, context, *args, **options)
        if trying:
            transaction.set_rollback(True)  # a place that the form made: nothing of this is stored
        return answer

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What goes with a target in numbers: a target has thousands of runs, and none of them can be kept."""
        gone: list[Any] = []
        for target in objs:
            gone.append(f"Probe target: {target.name}")
            gone.append(
                [f"{target.invariants.count()} invariants", f"{target.runs.count()} runs, with samples and checks"]
            )
        return gone, {}, set(), []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        target = self.get_object(request, object_id)
        if target and target.freezes.exists():
            return self._not_deleted(request, target, KEPT)
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError as error:
            assert target
            names = ", ".join(sorted({str(each._meta.verbose_name_plural) for each in error.protected_objects}))
            return self._not_deleted(request, target, f"It has {names}, which stay. Switch it off instead.")

    def _not_deleted(self, request: HttpRequest, target: ProbeTarget, why: str) -> HttpResponse:
        self.message_user(request, f"{target.name} cannot be deleted. {why}", messages.ERROR)
        return HttpResponseRedirect(reverse("admin:detections_probetarget_change", args=[target.pk]))

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site.admin_view
        return [
            path("from-file/", site(self.from_file), name="detections_probetarget_from_file"),
            path("<int:pk>/export/", site(self.export), name="detections_probetarget_export"),
            path("<int:pk>/export/file/", site(self.export_file), name="detections_probetarget_export_file"),
            *super().get_urls(),
        ]

    def from_file(self, request: HttpRequest) -> HttpResponse:
        """A form for the file; then that of a new target, filled in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        if form.is_valid():
            started = started_from(form.cleaned_data["given"])
            opens = Checklist.objects.filter(slug=form.cleaned_data.get("checklist", "")).first()
            started.target["opens_checklist"] = opens.slug if opens else ""
            return self._filled_in(request, started)
        context = {
            **self.admin_site.each_context(request),
            "title": "Start from a file",
            "form": form,
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/detections/probetarget/from_file.html", context)

    def _filled_in(self, request: HttpRequest, started: Started) -> HttpResponse:
        """The form of a new target as a GET shows it, which posts to the usual address: nothing is stored before."""
        if started.left_out:
            names = ", ".join(started.left_out)
            said = f"{names} looked secret and was left out. Enter it under Secret headers, where it is sealed."
            self.message_user(request, said, messages.WARNING)
        shown: Any = copy(request)
        shown.method = "GET"
        shown.started_from = started
        return self.changeform_view(shown, None, reverse("admin:detections_probetarget_add"))

    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The file to look at, and what is missing in it."""
        target = self._to_export(request, pk)
        try:
            secrets: Iterable[str] = secrets_of(target).headers
        except SealBroken:
            secrets = ["headers that cannot be opened"]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Export of {target.name}",
            "original": target,
            "opts": self.opts,
            "file": as_text(self._file(request, target)),
            "missing": list(secrets),
            "whole": self.has_change_permission(request, target),
        }
        return TemplateResponse(request, "admin/detections/probetarget/export.html", context)

    def export_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        target = self._to_export(request, pk)
        named = {"content-disposition": f'attachment; filename="{target.slug}.json"'}
        return HttpResponse(as_text(self._file(request, target)), content_type="application/json", headers=named)

    def _to_export(self, request: HttpRequest, pk: int) -> ProbeTarget:
        target = get_object_or_404(ProbeTarget, pk=pk)
        if not self.has_view_permission(request, target):
            raise PermissionDenied
        return target

    def _file(self, request: HttpRequest, target: ProbeTarget) -> dict[str, Any]:
        given = as_file(target)
        return given if self.has_change_permission(request, target) else as_everybody_sees(given)

    def _may_edit(self, request: HttpRequest, obj: ProbeTarget | None) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    @admin.display(description="address", ordering="base")
    def address(self, target: ProbeTarget) -> str:
        return f"{target.method} {target.base}{self.shown_endpoint(target)}"

    @admin.display(description="endpoint")
    def shown_endpoint(self, target: ProbeTarget) -> str:
        return str(probe.without_secrets(target.endpoint))

    @admin.display(description="webhook")
    def told(self, target: ProbeTarget) -> str:
        return webhook_host(target.webhook_url) or "none"

    @admin.display(description="every", ordering="interval_minutes")
    def interval(self, target: ProbeTarget) -> str:
        return f"{target.interval_minutes} min"

    @admin.display(description="invariants", ordering="number_of_invariants")
    def checked(self, target: ProbeTarget) -> int:
        return target.number_of_invariants  # type: ignore[attr-defined, no-any-return]

    @admin.display(description="may reach")
    def reaches(self, target: ProbeTarget) -> str:
        return ", ".join(target.allow) or "public addresses"


def _started(request: HttpRequest) -> Started | None:
    """What the form of a new target starts with, where it starts from a file."""
    return getattr(request, "started_from", None)


def _trial(form: Any, invariants: Any) -> dict[str, Any]:
    """`try_it`, which takes the sample as the page is made: after the transaction, which so waits for nobody's answer.
    Empty where the form has to be mended first."""
    if form.errors or invariants.total_error_count():
        return {}
    sample = partial(take, form.instance, form.secrets, invariants.typed_rows, clock.now())
    return {"try_it": sample, "tried": True, "again": bool(form.secret_acts)}
