"""Invariants on the page of their target."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from detections.probes.models import ProbeInvariant, ProbeTarget
from detections.probes.target_form.invariant_form import ProbeInvariantForm
from detections.probes.target_form.invariant_formset import ProbeInvariantFormSet
from opsconsole.lib.web.admin_forms import FewRows
from opsconsole.lib.web.admin_read_only import ReadOnlyAdmin

MOST = 100  # that the probe takes


class InvariantInline(FewRows, admin.StackedInline[ProbeInvariant, ProbeTarget]):
    """A part for each; a script shows the fields of the chosen kind only."""

    model = ProbeInvariant
    form = ProbeInvariantForm
    formset = ProbeInvariantFormSet  # type: ignore[assignment]  # its forms are of a narrower class
    max_num = MOST
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "kind",
                    "paths",
                    ("header", "path"),
                    ("operator", "value"),
                    ("min", "max"),
                    ("bucket", "variant"),
                    "map",
                    ("percentile", "max_ms"),
                    "min_days",
                    ("check_id", "severity"),
                )
            },
        ),
    )

    def get_extra(self, request: HttpRequest, obj: ProbeTarget | None = None, **options: Any) -> int:
        """An empty one, for browsers without scripts; or as many as the file has from which the target starts."""
        started = getattr(request, "started_from", None)
        return len(started.invariants) if started else 1


class ShownInvariantInline(ReadOnlyAdmin, admin.TabularInline[ProbeInvariant, ProbeTarget]):
    """In words, for who may only look."""

    model = ProbeInvariant
    fields = ("must_hold", "kind", "check_id", "severity")
    readonly_fields = ("must_hold",)
    extra = 0

    @admin.display(description="must hold")
    def must_hold(self, invariant: ProbeInvariant) -> str:
        return str(invariant)
