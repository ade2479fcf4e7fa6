"""Completes the names in a rule's form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from detections.rules.lifecycle.name_kinds import KINDS, KnownName
from detections.telemetry.search.known import KnownNames
from detections.telemetry.search.sampled import sampled_values
from opsconsole.lib import clock
from opsconsole.lib.db.storable import storable

MOST = 20  # suggestions
MAX_TYPED = 200  # characters

# What events sent lately, of a bounded sample.
SEEN: Mapping[str, Callable[[datetime], list[str]]] = MappingProxyType(
    {
        "tag": lambda now: sorted(KnownNames(now).tags),
        "exception": lambda now: sampled_values("error.type", now),
        "logger": lambda now: sampled_values("logger", now),
    }
)


@require_safe
@login_required
def rule_names(request: HttpRequest) -> JsonResponse:
    """Names of a `kind` that contain `q`, those that begin with it first: `{"words": [{"word", "says"}]}`. 400 for a
    kind that does not exist."""
    kind, typed = request.GET.get("kind", ""), request.GET.get("q", "")[:MAX_TYPED]
    if kind not in KINDS and kind not in SEEN:
        allowed = ", ".join([*KINDS, *SEEN])
        return JsonResponse({"error": f"kind: “{kind[:40]}” is none of {allowed}"}, status=400)
    return JsonResponse({"words": [asdict(each) for each in _named(kind, typed)]})


def _named(kind: str, typed: str) -> list[KnownName]:
    if not storable(typed):
        return []
    folded = typed.lower()
    if kind in SEEN:
        found = [KnownName(word) for word in SEEN[kind](clock.now()) if folded in word.lower()]
    else:
        found = KINDS[kind].find(typed, 5 * MOST)
    return sorted(found, key=lambda each: not each.word.lower().startswith(folded))[:MOST]
