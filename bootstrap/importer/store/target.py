"""The system that an import is for, with an application for its variables."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.vocabulary import short_title, slug_of
from bootstrap.runbooks.models import Runbook
from bootstrap.systems.models import App, System

# Addresses hold a system's slug as Django's slug converter reads it.
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


class UnknownSystem(ValueError):
    """No system has that slug; the text names those that there are."""


def runbook_slug(runbook: ParsedRunbook, system: str, fallback: str = "runbook") -> str:
    """The slug that a runbook for the system of that slug is stored under: its title before the first dash or colon.

    Where another system has one of that name, the system's own slug comes before it.
    """
    slug = slug_of(short_title(runbook.title) or fallback)
    taken = Runbook.objects.filter(slug=slug).exclude(system__slug=system).exists()
    return f"{system}-{slug}"[:100] if taken else slug


def system_of(runbook: ParsedRunbook, system: str = "") -> tuple[str, str]:
    """(slug, name) of the system that an import goes to: `system`, else the one that the text names."""
    name = short_title(dict(runbook.facts).get("System", "")) or short_title(runbook.title) or "system"
    return system or _ascii_slug(name), name[:100]


def check_system(slug: str, *, create: bool) -> None:
    """Raises UnknownSystem for a `slug` that no system has, unless a system of that slug may be added."""
    if not slug:
        return
    if not _SLUG.fullmatch(slug):
        raise UnknownSystem(f"“{slug[:60]}” cannot name a system: letters, digits, - and _, at most 50.")
    if System.objects.filter(slug=slug).exists():
        return
    known = ", ".join(System.objects.order_by("slug").values_list("slug", flat=True)) or "none"
    if not create:
        raise UnknownSystem(f"There is no system “{slug}”. There are: {known}. To make it, add --create.")


def app_of(runbook: ParsedRunbook, system: str = "") -> App:
    """The first application of the system that an import goes to; both are made if missing."""
    slug, name = system_of(runbook, system)
    owner, _ = System.objects.get_or_create(slug=slug, defaults={"name": name})
    first = owner.apps.order_by("pk").first()
    if first:
        return first
    # Two first imports at once: the second one takes what the first has made.
    made, _ = App.objects.get_or_create(system=owner, slug=owner.slug, defaults={"name": owner.name})
    return made


def _ascii_slug(name: str) -> str:
    """The name as a slug of ASCII letters; without any of those `system-` and a short hash."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", folded.lower()).strip("-")[:50].strip("-")
    return words or f"system-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
