"""The addresses that alerts of probes link to, for tests of what is below the pages: `pytest.mark.urls(__name__)`.

Where the console has pages of these names, they are what `reverse` finds: later entries win.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path

from opsconsole import urls


def _page(request: Any, **at: Any) -> HttpResponse:
    return HttpResponse("")


urlpatterns = [
    path("probes/<slug:slug>/", _page, name="probe_target"),
    path("probes/<slug:slug>/runs/<int:pk>/", _page, name="probe_run"),
    path("probes/<slug:slug>/runs/<int:pk>/report.<str:kind>", _page, name="probe_report"),
    *urls.urlpatterns,
]
