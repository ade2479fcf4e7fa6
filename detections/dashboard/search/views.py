"""Completes words of searches."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from detections.dashboard.search.completion import suggestions
from detections.telemetry.search.keys import Domain
from detections.telemetry.search.known import KnownNames
from opsconsole.lib import clock


@require_safe
@login_required
def search_words(request: HttpRequest, domain: str) -> JsonResponse:
    """What may take the place of `word` in a search of issues, events or routes: `{"words": [{"word", "says"}]}`."""
    if domain.upper() not in Domain.__members__:
        raise Http404
    word = request.GET.get("word", "")
    found = suggestions(Domain[domain.upper()], word, KnownNames(clock.now()))
    return JsonResponse({"words": [asdict(each) for each in found]})
