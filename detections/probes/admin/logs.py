"""The admin of what probes did: runs with their checks, and who froze a rollout. All of it is only shown."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from detections.probes.models import ProbeCheck, ProbeFreeze, ProbeRun
from detections.probes.newest import LONG
from opsconsole.lib.web.admin_large_tables import AnyTime
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin, link_to


class CheckInline(ReadOnlyAdmin, admin.TabularInline[ProbeCheck, ProbeRun]):
    model = ProbeCheck
    fields = ("check_id", "severity", "triggered", "notify", "value", "threshold", "note")
    extra = 0


@admin.register(ProbeRun)
class ProbeRunAdmin(ReadOnlyAdmin, admin.ModelAdmin[ProbeRun]):
    """Runs are started on the page of their target; samples are on the page of the run."""

    list_display = ("queued_at", "target", "trigger", "actor_name", "state", "severity", "progress", "finished_at")
    list_filter = (AnyTime, "state", "severity", "trigger", "target")
    list_select_related = ("target",)
    not_listed = (*LONG, "target__body")
    search_fields = ("target__name", "actor_name", "problem")
    since_field = "queued_at"
    inlines = (CheckInline,)
    fields = (
        "target",
        ("trigger", "actor_name", "slot"),
        ("state", "severity", "failing"),
        "problem",
        ("queued_at", "started_at", "heartbeat_at", "finished_at"),
        ("taken", "wanted"),
        ("variants", "split_key"),
        "checklist_run",
        "markdown",
        "report",
    )

    @admin.display(description="samples", ordering="taken")
    def progress(self, run: ProbeRun) -> str:
        return f"{run.taken} of {run.wanted}"


@admin.register(ProbeCheck)
class ProbeCheckAdmin(ReadOnlyAdmin, admin.ModelAdmin[ProbeCheck]):
    list_display = ("check_id", "severity", "triggered", "notify", "said", "finished_at", "of_run")
    list_filter = (AnyTime, "triggered", "severity", "run__target")
    list_select_related = ("run__target",)
    not_listed = (*(f"run__{name}" for name in LONG), "run__target__body")
    search_fields = ("check_id", "run__target__name", "note")
    ordering = ("-pk",)
    since_field = "run__queued_at"
    fields = ("of_run", ("check_id", "severity"), ("triggered", "notify"), "value", "threshold", "note")

    @admin.display(description="note")
    def said(self, check: ProbeCheck) -> str:
        return Truncator(check.note).chars(120)

    @admin.display(description="finished at", ordering="run")
    def finished_at(self, check: ProbeCheck) -> object:
        return check.run.finished_at

    @admin.display(description="run", ordering="run")
    def of_run(self, check: ProbeCheck) -> SafeString:
        return link_to(check.run)


@admin.register(ProbeFreeze)
class ProbeFreezeAdmin(ReadOnlyAdmin, admin.ModelAdmin[ProbeFreeze]):
    """Rollouts are frozen and let go on the page of their target."""

    list_display = ("at", "target", "frozen", "actor_name", "reason")
    list_filter = ("frozen", "target")
    list_select_related = ("target",)
    not_listed = ("target__body",)
    search_fields = ("target__name", "actor_name", "reason")
    date_hierarchy = "at"
