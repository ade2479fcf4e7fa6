"""The scope of figures in the address of an issue's pages: `?environment=prod&release=2.4.1`."""

from __future__ import annotations

from django.http import QueryDict
from django.utils.http import urlencode

from detections.telemetry.issues.scope import FigureScope

NAMES = ("environment", "release")


def scope_query(scope: FigureScope) -> str:
    """The query string of the scope, "" for all events."""
    named = [("environment", each) for each in scope.environments]
    named += [("release", scope.release)] if scope.release else []
    return f"?{urlencode(named)}" if named else ""


def scope_asked(query: QueryDict) -> FigureScope:
    """The scope that an address names."""
    places = filter(None, dict.fromkeys(query.getlist("environment")))
    return FigureScope(tuple(places), query.get("release", ""))
