"""Where an import goes: the system it names, with an application for its variables."""

from __future__ import annotations

from bootstrap.importer.runbook import Runbook
from bootstrap.importer.words import short_title, slug_of
from bootstrap.runbooks.models import Runbook as StoredRunbook
from bootstrap.systems.models import App, System


def runbook_slug(found: Runbook, app: App, fallback: str = "runbook") -> str:
    """The slug that a runbook is stored under: its title before the first dash or colon.

    Where another system has one of that name, the system's own slug comes before it.
    """
    slug = slug_of(short_title(found.title) or fallback)
    taken = StoredRunbook.objects.filter(slug=slug).exclude(system=app.system_id).exists()
    return f"{app.system.slug}-{slug}" if taken else slug


def app_of(found: Runbook, system: str = "") -> App:
    """The first application of the system named `system`, else of the one that the text names; made if missing."""
    named = system or slug_of(_system_in(found) or short_title(found.title) or "system")
    owner, _ = System.objects.get_or_create(slug=named[:50], defaults={"name": (_system_in(found) or named)[:100]})
    first = owner.apps.order_by("pk").first()
    return first or App.objects.create(system=owner, slug=owner.slug, name=owner.name)


def _system_in(found: Runbook) -> str:
    return short_title(dict(found.facts).get("System", ""))
