"""Reads what a person pastes to link it: the address of a page of this console, one of the web, or a variable."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve

from bootstrap.runbooks.queries import policies
from detections.incidents.models import LINKED
from detections.incidents.record.links import LinkDraft
from detections.incidents.record.write import IncidentInputError
from detections.rules.models import Rule

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,199}")
HERE = "alerts, issues, rules, checklist runs, policies"


def read_link(request: HttpRequest, kind: str, value: str, text: str = "") -> LinkDraft:
    """The draft of a link. With a `kind` `value` is the id of its row. Raises IncidentInputError where it is not
    understood."""
    value = value.strip()
    if kind in LINKED:
        return LinkDraft(kind, value, text)
    if (match := _page(request, value)) is not None:
        return _row(match, value, text)
    if value.startswith(("http://", "https://")):
        return LinkDraft("url", value, text)
    if VARIABLE.fullmatch(value):
        return LinkDraft("variable", value, text)
    raise IncidentInputError(
        "link: paste the address of a page of this console or of the web, or write the name of a variable."
    )


def alert_in(request: HttpRequest, value: str) -> int | None:
    """The id of the alert whose page the address is."""
    match = _page(request, value.strip())
    return match.kwargs["pk"] if match is not None and match.url_name == "alert" else None


def _page(request: HttpRequest, value: str) -> ResolverMatch | None:
    """The page of this console at that address; None for another address, also one of its API or admin."""
    try:
        parts = urlsplit(value)
    except ValueError:  # as of https://[x
        return None
    if not parts.path.startswith("/") or parts.netloc not in ("", request.get_host()):
        return None
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    return None if match.namespaces else match


def _row(match: ResolverMatch, value: str, text: str) -> LinkDraft:
    name, found = match.url_name, match.kwargs
    if name in ("issue", "issue_event"):
        return LinkDraft("issue", found["pk"], text)
    if name in ("checklist_run", "checklist_item"):
        return LinkDraft("run", found["pk"], text)
    if name == "rule":
        rule = Rule.objects.filter(identifier=found["identifier"]).first()
        return LinkDraft("rule", rule.pk if rule else 0, text)
    if name == "policy":
        policy = policies().filter(slug=found["slug"]).first()
        return LinkDraft("policy", policy.pk if policy else 0, text)
    if value.startswith(("http://", "https://")):
        return LinkDraft("url", value, text)
    raise IncidentInputError(f"link: of the pages of this console {HERE} can be linked; others by their whole address.")
