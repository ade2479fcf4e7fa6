"""The system that an import is for, with an application for its variables."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.vocabulary import bounded, short_title, subject
from bootstrap.runbooks.models import Runbook
from bootstrap.systems.models import App, System

LONGEST = 50  # characters of a slug
# Addresses hold a system's slug as Django's slug converter reads it.
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


class UnknownSystem(ValueError):
    """No system has that slug; the text names those that there are."""


def system_of(runbook: ParsedRunbook, system: str = "", slug: str = "") -> tuple[str, str]:
    """(slug, name) of the system that an import goes to.

    `system`, else that of the runbook of the slug `slug`, else the one that the text names as its system, else that of
    the only runbook with its title, else one that is called by the title. A new system that was asked for is called by
    its slug in words, unless the text names one of that slug.
    """
    named = short_title(runbook.fact("System"))
    name = named or subject(runbook.title) or "system"
    its_slug = _slug_for(name)
    if not system:
        return _of_runbook(runbook.title, slug, is_named=bool(named)) or its_slug, name[:100]
    return system, name[:100] if its_slug == system else _in_words(system)


def _of_runbook(title: str, slug: str, *, is_named: bool) -> str:
    """The system of the stored runbook that is meant; empty where none is, or where the text names its system."""
    wanted = Runbook.objects.filter(slug=slug) if slug else Runbook.objects.filter(title=title[:300])
    if not title or (is_named and not slug):
        return ""
    found = list(wanted.values_list("system__slug", flat=True)[:2])
    return found[0] if len(found) == 1 else ""


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


def app_of(runbook: ParsedRunbook, system: str = "", *, slug: str = "", name: str = "") -> App:
    """The first application of the system that an import goes to (`system_of`); both are made if missing, the system
    under the `name`, if one is given."""
    system_slug, told = system_of(runbook, system, slug)
    owner, _ = System.objects.get_or_create(slug=system_slug, defaults={"name": (name or told)[:100]})
    first = owner.apps.order_by("pk").first()
    if first:
        return first
    # Two first imports at once: the second one takes what the first has made.
    made, _ = App.objects.get_or_create(system=owner, slug=owner.slug, defaults={"name": owner.name})
    return made


def _in_words(slug: str) -> str:
    """`billing-api` as `Billing api`."""
    words = " ".join(re.split(r"[-_]+", slug.strip("-_"))) or slug
    return words[0].upper() + words[1:]


def _slug_for(name: str) -> str:
    """The name as a slug of ASCII letters; without any of those `system-` and a short hash. A long one ends with a
    hash too, but for the system of that name whose slug was cut before."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", folded.lower()).strip("-")
    cut = words[:LONGEST].strip("-")
    if len(words) > LONGEST and not System.objects.filter(slug=cut, name=name[:100]).exists():
        return bounded(words, LONGEST)
    return cut or f"system-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
