"""The admin of ingest: quarantined events, read only, with a retry. The inbox is not shown: it is not scrubbed."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from detections.ingest.models import DirtySlot, Quarantined
from detections.ingest.quarantine import retry
from opsconsole.lib import clock, redis
from opsconsole.lib.task_names import DIGEST
from opsconsole.lib.task_trigger import send_once
from opsconsole.lib.web.admin_filters import whether
from opsconsole.lib.web.admin_large_tables import AnyTime
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin

# Characters of a body that are shown.
SHOWN = 20_000


@admin.register(Quarantined)
class QuarantinedAdmin(ReadOnlyAdmin, admin.ModelAdmin[Quarantined]):
    list_display = ("event_id", "project", "error", "attempts", "set_aside_at", "resolved_at")
    list_filter = (AnyTime, ("resolved_at", whether("Set aside", "Tried again")), "project")
    list_select_related = ("project",)
    not_listed = ("body",)
    search_fields = ("event_id__exact", "error")
    since_field = "set_aside_at"
    exclude = ("body", "sender")
    readonly_fields = ("content",)
    actions = ("try_again",)

    @admin.display(description="content, scrubbed")
    def content(self, row: Quarantined) -> str:
        return bytes(row.body).decode(errors="replace")[:SHOWN]

    @admin.action(description="Try selected events again", permissions=["retry"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Quarantined]) -> None:
        done = retry(rows.values_list("pk", flat=True), clock.now())
        send_once(DIGEST)
        if redis.answers():
            self.message_user(request, f"{done} back in the inbox; digested within seconds.", messages.SUCCESS)
        else:
            text = f"{done} back in the inbox; digested when Redis answers again, by which tasks are sent."
            self.message_user(request, text, messages.WARNING)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("detections.change_quarantined")


@admin.register(DirtySlot)
class DirtySlotAdmin(ReadOnlyAdmin, admin.ModelAdmin[DirtySlot]):
    """Minutes that the rules have not evaluated yet; usually empty."""

    list_display = ("minute", "project_environment", "marked_at")
    list_select_related = ("project_environment__project",)
