"""Admin actions that ask once before they act: the question stands on a page of its own (no ORM)."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse


def question(
    admin: ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], action: str, label: str, warning: str
) -> TemplateResponse | None:
    """The page that asks whether to `label` the rows, with what follows from it; None once it was answered yes."""
    if "confirmed" in request.POST:
        return None
    opts = admin.model._meta
    context = {
        **admin.admin_site.each_context(request),
        "title": f"{label}?",
        "rows": rows,
        "action": action,
        "label": label,
        "warning": warning,
        "opts": opts,
        "back": f"admin:{opts.app_label}_{opts.model_name}_changelist",
    }
    return TemplateResponse(request, "admin/ask_first.html", context)
