"""What every page needs around its content: the navigation and the time at which it was made."""

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
    """One section of the console: its word, the name of its start page's URL, its icon, its shortcut after `g`."""

    label: str
    url_name: str
    icon: str
    key: str
    may_see: Callable[[Visitor], bool] = _anyone


@dataclass(frozen=True)
class SectionLink:
    """A section as it stands on one page."""

    section: NavSection
    url: str
    current: bool


SECTIONS: tuple[NavSection, ...] = (
    NavSection("Overview", "overview", "overview", "o"),
    NavSection("Alerts", "alert_list", "bell", "a"),
    NavSection("Routes", "route_list", "route", "r"),
    NavSection("Issues", "issue_list", "issue", "i"),
    NavSection("Rules", "rule_list", "rule", "u"),
    NavSection("Checklists", "checklist_list", "checklist", "c"),
    NavSection("Environments", "environment_list", "environment", "e"),
    NavSection("Admin", "admin:index", "admin", "d", _staff),
)


def links(path: str, visitor: Visitor) -> list[SectionLink]:
    """The sections that exist and that the visitor may see; the one that `path` lies in is current.

    A section whose URL name is not in the address map is left out, so that the navigation never leads nowhere.
    """
    known = [(section, url) for section in SECTIONS if section.may_see(visitor) and (url := _url(section.url_name))]
    best = max((url for _, url in known if _lies_in(path, url)), key=len, default=None)
    return [SectionLink(section, url, url == best) for section, url in known]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `nav` (list of Link) and `page_time` (when this page was made, UTC)."""
    visitor: Visitor = getattr(request, "user", None) or AnonymousUser()
    shown = links(request.path, visitor) if visitor.is_authenticated else []
    return {"nav": shown, "page_time": clock.now()}


def _url(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _lies_in(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
