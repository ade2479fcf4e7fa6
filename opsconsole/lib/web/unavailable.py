"""The answer while PostgreSQL does not answer: 503, with the time after which to try again."""

from __future__ import annotations

from django.http import HttpResponse
from django.template import loader

RETRY_SECONDS = 10


def unavailable() -> HttpResponse:
    """A page without its reader: the session would be read of the database again."""
    return HttpResponse(loader.render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_SECONDS)})
