"""The acts on an incident's page: status, severity, command, roles, alerts and links."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from detections.incidents.models import Incident
from detections.incidents.open_page import open_page, visitor_of
from detections.incidents.pages.act import perform
from detections.incidents.pages.link_reader import alert_in, read_link
from detections.incidents.record import command, links
from detections.incidents.record.change_severity import change_severity
from detections.incidents.record.change_status import change_status
from detections.incidents.record.write import IncidentInputError
from opsconsole.accounts import owners
from opsconsole.accounts.models import Owner
from opsconsole.lib import clock

COMMAND, CHANGE, CLOSE = "command_incident", "change_incident", "close_incident"
MAY_COMMAND, MAY_CHANGE = f"detections.{COMMAND}", f"detections.{CHANGE}"
NUMBER_DIGITS = 18


@require_POST
@login_required
def incident_status(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the status. A closed incident is reopened by who may close."""
    user, now, closed = visitor_of(request), clock.now(), _is_closed(request, pk)
    if not user.has_perm(f"detections.{CLOSE if closed else COMMAND}"):
        raise PermissionDenied
    to, why = request.POST.get("status", ""), request.POST.get("why", "")
    return perform(
        request,
        pk,
        lambda seen: change_status(pk, to, now, by=user, seen=seen, why=why),
        _is_now,
        permission="" if closed else COMMAND,
    )


@require_POST
@login_required
@permission_required(MAY_COMMAND, raise_exception=True)
def incident_severity(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the severity, with a reason."""
    user, now = visitor_of(request), clock.now()
    to, why = _number(request, "severity"), request.POST.get("why", "")
    return perform(
        request,
        pk,
        lambda seen: change_severity(pk, to, now, by=user, seen=seen, why=why),
        lambda incident: f"{incident.name} is {incident.get_severity_display()}.",
        permission=COMMAND,
    )


@require_POST
@login_required
@permission_required(MAY_COMMAND, raise_exception=True)
def incident_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the command."""
    user, now = visitor_of(request), clock.now()
    done = "You command it."
    return perform(request, pk, lambda seen: command.take(pk, now, by=user, seen=seen), done, permission=COMMAND)


@require_POST
@login_required
@permission_required(MAY_COMMAND, raise_exception=True)
def incident_role_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Give somebody a role."""
    user, now, role = visitor_of(request), clock.now(), request.POST.get("role", "")

    def add(seen: int | None) -> Incident:
        return command.add_role(pk, role, owner_named(request.POST.get("to", "")), now, by=user, seen=seen)

    return perform(request, pk, add, told, permission=COMMAND)


@require_POST
@login_required
@permission_required(MAY_COMMAND, raise_exception=True)
def incident_role_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a role."""
    user, now, role = visitor_of(request), clock.now(), _number(request, "role")
    done = "The role has ended."
    return perform(
        request, pk, lambda seen: command.end_role(pk, role, now, by=user, seen=seen), done, permission=COMMAND
    )


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def incident_alert_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an alert out."""
    user, now, alert = visitor_of(request), clock.now(), _number(request, "alert")
    done = "Taken out. Its lines stay in the timeline."
    return perform(
        request, pk, lambda seen: links.remove_alert(pk, alert, now, by=user, seen=seen), done, permission=CHANGE
    )


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def incident_link_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Link something: an address of a page here or of the web, a variable, or a suggestion; an alert is put in. Nobody
    loses anything by it, so that what others changed meanwhile is no conflict."""
    user, now = visitor_of(request), clock.now()

    def add(seen: int | None) -> Incident:
        value = request.POST.get("link", "")
        if alert := alert_in(request, value):
            return links.add_alerts(pk, [alert], now, by=user)
        draft = read_link(request, request.POST.get("kind", ""), value, request.POST.get("text", ""))
        return links.add_link(pk, draft, now, by=user)

    return perform(request, pk, add, "Linked.", permission=CHANGE)


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def incident_link_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a link."""
    user, now, link = visitor_of(request), clock.now(), _number(request, "link")
    done = "The link is removed."
    return perform(
        request, pk, lambda seen: links.remove_link(pk, link, now, by=user, seen=seen), done, permission=CHANGE
    )


def told(incident: Incident) -> str:
    """What a person hears who gave something to somebody."""
    return "Done, and they are told." if incident.was_told else "Done. Nobody was told: no target is bound to them."


def owner_named(name: str) -> Owner:
    """The owner or person of that name. Raises IncidentInputError."""
    if not name:
        raise IncidentInputError("to: choose an owner or a person.")
    found = owners.find(name)
    if found is None:
        raise IncidentInputError(f"to: there is no owner and no person {name[:160]!r}.")
    return found


def _is_now(incident: Incident) -> str:
    """What a person hears who changed the status."""
    if incident.status == Incident.Status.POSTMORTEM_DUE:
        return f"{incident.name} is resolved, and its postmortem is due."
    return f"{incident.name} is {incident.get_status_display().lower()}."


def _is_closed(request: HttpRequest, pk: int) -> bool:
    return open_page(request, pk).incident.status == Incident.Status.CLOSED


def _number(request: HttpRequest, field: str) -> int:
    """The number in the form; 0, which nothing has, where there is none."""
    text = request.POST.get(field, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS else 0
