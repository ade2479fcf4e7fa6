"""Opens an incident for a view."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import Incident
from opsconsole.accounts.models import User
from opsconsole.lib import clock

DIGITS = 10


def open_page(request: HttpRequest, pk: int) -> IncidentPage:
    """The incident as the visitor sees it; 404 where there is none. One query."""
    user = visitor_of(request)
    found = get_object_or_404(Incident.objects.select_related("commander", "bug_class"), pk=pk)
    return IncidentPage(found, user, clock.now(), zone_of(user), request.GET)


def visitor_of(request: HttpRequest) -> User:
    """Who is signed in; for views behind `login_required`."""
    assert isinstance(request.user, User)
    return request.user


def zone_of(user: User) -> ZoneInfo:
    """The person's time zone; UTC where its name is none."""
    try:
        return ZoneInfo(user.time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def crumbs_to(incident: Incident) -> list[tuple[str, str]]:
    """The way to the pages under an incident's."""
    return [("Incidents", reverse("incident_list")), (incident.name, reverse("incident", args=[incident.pk]))]


def actor_of(user: User) -> str:
    """The name under which the person acts."""
    return user.get_full_name() or user.get_username()


def seen_number(text: str) -> int:
    """The revision or version that a form names; -1, which nothing has, where it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else -1
