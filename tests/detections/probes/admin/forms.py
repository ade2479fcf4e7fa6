"""Posts of the admin's forms of targets, as a browser sends them."""

from __future__ import annotations

from collections.abc import Mapping
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils.html import strip_tags

from detections.probes.models import ProbeTarget
from tests.detections.probes.rows import place

ADMIN = "/admin/detections/probetarget"
STATUS = {"kind": "json", "path": "status", "operator": "equals", "value": "ok"}


def fields(*invariants: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """What the form of a plain endpoint sends; `None` leaves a field out."""
    sent: dict[str, Any] = {
        "name": "Shop health",
        "slug": "shop-health",
        "project_environment": place().pk,
        "enabled": "on",
        "interval_minutes": 5,
        "base": "https://203.0.112.7",
        "endpoint": "/healthz",
        "method": "GET",
        "expect_json": "on",
        "connection": "reuse",
        "body_kind": "text",
        "samples": 4,
        "concurrency": 2,
        "timeout_ms": 2000,
        "retry_count": 1,
        "retry_backoff_ms": 50,
        "window_minutes": 10,
        **rows(*invariants),
        **changed,
    }
    return {name: value for name, value in sent.items() if value is not None}


def rows(*invariants: Mapping[str, Any], stored: int = 0) -> dict[str, Any]:
    """The inline of invariants; the first `stored` have their `id`."""
    sent: dict[str, Any] = {"invariants-TOTAL_FORMS": len(invariants), "invariants-INITIAL_FORMS": stored}
    for number, row in enumerate(invariants):
        sent.update({f"invariants-{number}-{name}": value for name, value in row.items()})
    return sent


def split(*variants: tuple[str, str, str, str], header: str = "x-variant") -> dict[str, Any]:
    """The rows of the split."""
    sent: dict[str, Any] = {"split_header": header}
    for number, row in enumerate(variants):
        for column, value in zip(("variant", "share", "min", "max"), row, strict=True):
            sent[f"split_variants-{number}-{column}"] = value
    return sent


def add(admin: Client, *invariants: Mapping[str, Any], **changed: Any) -> ProbeTarget:
    """Saved, or the test fails with the errors of the form."""
    answer = admin.post(f"{ADMIN}/add/", fields(*invariants, **changed))
    assert answer.status_code == 302, problems(answer)
    return ProbeTarget.objects.get(slug=changed.get("slug", "shop-health"))


def change(admin: Client, target: ProbeTarget, *invariants: Mapping[str, Any], **changed: Any) -> ProbeTarget:
    answer = post(admin, target, *invariants, **changed)
    assert answer.status_code == 302, problems(answer)
    return ProbeTarget.objects.get(pk=target.pk)


def post(admin: Client, target: ProbeTarget, *invariants: Mapping[str, Any], **changed: Any) -> HttpResponse:
    sent: Any = fields(*invariants, **changed)
    return admin.post(f"{ADMIN}/{target.pk}/change/", sent)  # type: ignore[return-value]


def problems(answer: Any) -> dict[str, str]:
    """By field, what the form says; those of invariants as `0.path`."""
    context = answer.context
    found = dict(context["adminform"].form.errors)
    for inline in context["inline_admin_formsets"]:
        for number, form in enumerate(inline.formset.forms):
            found.update({f"{number}.{name}": each for name, each in form.errors.items()})
        if inline.formset.non_form_errors():
            found["invariants"] = inline.formset.non_form_errors()
    return {
        name: strip_tags(str(each)).strip().replace("&quot;", '"').replace("&#x27;", "'")
        for name, each in found.items()
    }


def refused(admin: Client, *invariants: Mapping[str, Any], **changed: Any) -> dict[str, str]:
    """What is said at the fields of a new target that is not stored."""
    answer = admin.post(f"{ADMIN}/add/", fields(*invariants, **changed))
    assert answer.status_code == 200
    assert not ProbeTarget.objects.exists()
    return problems(answer)


def shown(admin: Client, address: str) -> str:
    """The words of a page."""
    return " ".join(unescape(strip_tags(admin.get(f"{ADMIN}/{address}").content.decode())).split())
