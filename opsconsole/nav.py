"""The context processor of every page: navigation and the time at which the page was rendered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from opsconsole.lib import clock

Visitor = AbstractBaseUser | AnonymousUser


def _anyone(visitor: Visitor) -> bool:
    return True


def _staff(visitor: Visitor) -> bool:
    return bool(getattr(visitor, "is_staff", False))


@dataclass(frozen=True)
class NavSection:
    """A section of the console: label, URL name of its start page, icon, keyboard shortcut after `g`; `beside` are the
    URL names of its pages whose addresses do not begin as its own."""

    label: str
    url_name: str
    icon: str
    key: str
    may_see: Callable[[Visitor], bool] = _anyone
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class SectionLink:
    """A section in the navigation of one page."""

    section: NavSection
    url: str
    current: bool


SECTIONS: tuple[NavSection, ...] = (
    NavSection("Overview", "overview", "overview", "o"),
    NavSection("Alerts", "alert_list", "bell", "a", beside=("routing",)),
    NavSection("Incidents", "incident_list", "warning", "n"),
    NavSection("Routes", "route_list", "route", "r"),
    NavSection("Issues", "issue_list", "issue", "i"),
    NavSection("Probes", "probe_list", "pulse", "p"),
    NavSection("Rules", "rule_list", "rule", "u"),
    NavSection("Checklists", "checklist_list", "checklist", "c", beside=("policy_list", "runbook_list")),
    NavSection("Environments", "environment_list", "environment", "e", beside=("posture_list",)),
    NavSection("Admin", "admin:index", "admin", "d", _staff),
)


def links(path: str, visitor: Visitor) -> list[SectionLink]:
    """The sections that the visitor may see; the one that contains `path` is current.

    A section whose URL name does not exist is left out.
    """
    known = [(section, url) for section in SECTIONS if section.may_see(visitor) and (url := _url(section.url_name))]
    own = [(base, url) for section, url in known for base in (url, *map(_url, section.beside)) if base]
    best = max(((base, url) for base, url in own if _contains(base, path)), key=lambda pair: len(pair[0]), default=None)
    return [SectionLink(section, url, best is not None and url == best[1]) for section, url in known]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `nav`, a list of SectionLink, and `page_time`, the current time in UTC."""
    visitor: Visitor = getattr(request, "user", None) or AnonymousUser()
    shown = links(request.path, visitor) if visitor.is_authenticated else []
    return {"nav": shown, "page_time": clock.now()}


def _url(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _contains(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
