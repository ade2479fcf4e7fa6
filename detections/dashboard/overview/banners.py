"""The banner of every page, the admin's too: what is wrong with the console, and the page where that is seen."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.urls import reverse

from detections.alerts.delivery.outbox import UNFINISHED
from detections.alerts.filters import ANY
from detections.dashboard.console_health import ConsoleHealth, FailingNow
from detections.dashboard.overview.health_checks import REDIS_AWAY

NOBODY_IS_TOLD = "Nobody is told of alerts: they only stand on these pages, as no policy leads to a connected target."
CONNECT = "Connect Slack, PagerDuty, e-mail or another service"
Visitor = AbstractBaseUser | AnonymousUser


class Banner(NamedTuple):
    """A line over a page, with a link where the visitor may see more."""

    tone: str
    text: str
    url: str = ""
    link: str = ""


def banners(health: ConsoleHealth, visitor: Visitor, *, redis_answers: bool) -> list[Banner]:
    """What the console is behind with, which targets and sources fail, whether nobody is told of alerts; empty where
    all is well. Links go where this visitor may look."""
    found = [] if redis_answers else [Banner("critical", f"Redis {REDIS_AWAY}.", *_health_link())]
    found += [_behind(name, why, visitor) for name, why in health.late().items()]
    found += [_failing(each, visitor) for each in health.failing_checks]
    if not health.connected_targets:
        found.append(Banner("medium", NOBODY_IS_TOLD, *_add_target(visitor)))
    return found


def _behind(name: str, why: str, visitor: Visitor) -> Banner:
    if name == "oldest_unsent_age" and _may(visitor, "detections.view_delivery"):
        unsent = urlencode({"status__in": ",".join(status.value for status in UNFINISHED)}, safe=",")
        link = (f"{reverse('admin:detections_delivery_changelist')}?{unsent}", "Undelivered messages")
    else:
        link = _health_link()
    return Banner("critical", f"This console is behind: {why}.", *link)


def _failing(failing: FailingNow, visitor: Visitor) -> Banner:
    """With the routes of a source; with the target where the visitor may see it, else the alerts about the console."""
    if failing.target and _may(visitor, "detections.view_target"):
        link = (reverse("admin:detections_target_change", args=[failing.target]), "Look at the target")
    elif failing.check == "target":
        of_console = urlencode({"condition": ANY, "project": failing.project})
        link = (f"{reverse('alert_list')}?{of_console}", "Alerts about the console")
    else:
        place = urlencode({"project": failing.project, "environment": failing.environment})
        link = (f"{reverse('route_list')}?{place}", "Its routes")
    sentence = failing.sentence
    return Banner("high", f"{sentence[:1].upper()}{sentence[1:]}.", *link)


def _add_target(visitor: Visitor) -> tuple[str, ...]:
    """The link to connect a target; empty for whoever may not."""
    return (reverse("admin:detections_target_add"), CONNECT) if _may(visitor, "detections.add_target") else ()


def _health_link() -> tuple[str, str]:
    return f"{reverse('overview')}#health-head", "The console itself"


def _may(visitor: Visitor, permission: str) -> bool:
    """Whether the visitor sees that page of the admin."""
    staff = bool(getattr(visitor, "is_staff", False))
    return staff and isinstance(visitor, PermissionsMixin) and visitor.has_perm(permission)
