"""The admin of targets: forms by channel, last success and error, and a test message."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from detections.alerts.channels.notification import Sent
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.delivery.try_target import try_target
from detections.alerts.routing_models import Target, TargetResult
from detections.alerts.targets.form import TargetForm, form_field
from opsconsole.lib import clock
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin

SHOWN = ("origin", "secret_set_at", "last_success", "last_error")
OWN = ("name", "channel", "intended_channel", "address", "enabled", "fallback")
ROUTED = ("policies",)


@admin.register(Target)
class TargetAdmin(admin.ModelAdmin[Target]):
    """What the environment made is read-only here: it is set at each start."""

    form = TargetForm
    list_display = ("name", "channel_name", "intended_channel", "address", "enabled", "last_success", "error_in_list")
    list_filter = ("channel", "enabled", "origin")
    list_select_related = ("result",)
    search_fields = ("name", "address")
    readonly_fields = SHOWN

    class Media:
        js = ("opsconsole/target_form.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Target | None = None) -> Any:
        """What all targets have, and a part for each channel that has fields; that of the target's own is open, as
        is one with an error. A script shows that of the chosen one only."""
        editable = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        parts: list[Any] = [(None, {"fields": [*OWN, *(ROUTED if editable else ()), *(SHOWN if obj else ())]})]
        for channel in CHANNELS.values() if editable else ():
            fields = [form_field(channel.name, field.name) for field in channel.fields]
            if fields:
                own = obj is not None and obj.channel == channel.name
                classes = (f"channel-part-{channel.name}", *(() if own else ("collapse",)))
                part = {"fields": fields, "description": channel.help, "classes": classes}
                parts.append((channel.label, part))
        return parts

    def get_queryset(self, request: HttpRequest) -> QuerySet[Target]:
        return super().get_queryset(request).select_related("result")

    def has_change_permission(self, request: HttpRequest, obj: Target | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_kept)

    def has_delete_permission(self, request: HttpRequest, obj: Target | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_kept)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> HttpResponse:
        context["may_test"] = super().has_change_permission(request)
        return super().render_change_form(request, context, *args, **options)

    def get_urls(self) -> list[URLPattern]:
        test = self.admin_site.admin_view(self.test)
        return [path("<int:pk>/test/", test, name="detections_target_test"), *super().get_urls()]

    @method_decorator(require_POST)
    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends a test message and says what the receiver answered."""
        if not super().has_change_permission(request):
            raise PermissionDenied
        target = get_object_or_404(Target, pk=pk)
        outcome = try_target(target, request.user.get_username(), clock.now())
        said = f"{CHANNELS[target.channel].label}: {Truncator(outcome.response).chars(500)}"
        worked = isinstance(outcome, Sent)
        self.message_user(request, said, messages.SUCCESS if worked else messages.ERROR)
        self.log_change(request, target, f"Sent a test message: {'it was accepted' if worked else 'it failed'}.")
        return HttpResponseRedirect(reverse("admin:detections_target_change", args=[pk]))

    @admin.display(description="channel", ordering="channel")
    def channel_name(self, target: Target) -> str:
        """The label without what it explains in brackets."""
        return target.get_channel_display().partition(" (")[0]

    @admin.display(description="last success", ordering="result__last_success_at")
    def last_success(self, target: Target) -> str:
        result = _result_of(target)
        return f"{result.last_success_at:%Y-%m-%d %H:%M} UTC" if result and result.last_success_at else "none"

    @admin.display(description="last error", ordering="result__last_error_at")
    def last_error(self, target: Target) -> str:
        result = _result_of(target)
        if result is None or result.last_error_at is None:
            return "none"
        return f"{result.last_error_at:%Y-%m-%d %H:%M} UTC: {Truncator(result.last_error).chars(300)}"

    @admin.display(description="last error", ordering="result__last_error_at")
    def error_in_list(self, target: Target) -> str:
        """Its beginning, in few lines; the page of the target has all of it."""
        return Truncator(self.last_error(target)).chars(80)


@admin.register(TargetResult)
class TargetResultAdmin(ReadOnlyAdmin, admin.ModelAdmin[TargetResult]):
    list_display = ("target", "last_success_at", "last_error_at", "last_error")
    list_select_related = ("target",)
    search_fields = ("target__name", "last_error")


def _result_of(target: Target) -> TargetResult | None:
    return getattr(target, "result", None)
