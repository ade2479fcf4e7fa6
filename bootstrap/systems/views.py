"""Pages of systems: what their variables have to be, as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from bootstrap.systems.export_config import export_config
from bootstrap.systems.models import System


@require_safe
@login_required
def config_manifest(request: HttpRequest, slug: str) -> HttpResponse:
    """`required-config-vars.yaml` of a system: names and rules, never a value."""
    name = content_disposition_header(as_attachment=True, filename="required-config-vars.yaml")
    return HttpResponse(
        export_config(get_object_or_404(System, slug=slug)),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": name or ""},
    )
