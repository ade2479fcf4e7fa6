"""The runbook that a text is stored under: by its title, or by the slug that a person chose."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bootstrap.checklists.models import ChecklistVersion, Item
from bootstrap.importer.parsed_runbook import ParsedRunbook
from bootstrap.importer.store.same_text import version_with
from bootstrap.importer.vocabulary import bounded, title_slug, unused
from bootstrap.runbooks.models import Runbook

LONGEST_SLUG = 90  # ten less than the column, for a number where it is taken
SLUG = re.compile(r"[-\w]{1,100}")
ALLOWED_SLUG = "letters, digits, - and _, at most 100"
_DASHES = re.compile("[\u2010-\u2015\u2212]")


class WrongSlug(ValueError):
    """A text cannot be stored under the slug that was asked for; the text says why."""


class Undecided(ValueError):
    """A person has to say which runbook the text is; nothing was stored."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        super().__init__(destination.question)


@dataclass(frozen=True)
class Destination:
    """The `slug` to store a text under, and the runbook that has it: None for a new one.

    `question` says what would be replaced, where that is for a person to decide; `alone` is then the slug under which
    the text would be a runbook of its own, empty where its title rules that out.
    """

    slug: str
    runbook: Runbook | None = None
    question: str = ""
    alone: str = ""


def destination(parsed: ParsedRunbook, system: str, asked: str = "", fallback: str = "runbook") -> Destination:
    """Where a text for the system of the slug `system` goes.

    `asked` is the slug that a person chose: a stored runbook, of which the text becomes the next version, or a new one.
    Without it the text goes to the runbook of the same title in that system; else it is a new one, whose slug is the
    whole title (`fallback` without one), with the system's own slug before it where another system has that. Raises
    WrongSlug.
    """
    title = parsed.title or fallback
    mine = list(Runbook.objects.filter(system__slug=system).order_by("pk"))
    same = next((row for row in mine if same_title(row.title, title)), None)
    if asked:
        return _as_asked(asked, system, title, same)
    if same:
        return Destination(same.slug, same, _loss(parsed, same))
    own = title_slug(title, most=LONGEST_SLUG)
    slug = own if not _taken([own]) - {row.slug for row in mine} else bounded(f"{system}-{own}", LONGEST_SLUG)
    other = next((row for row in mine if row.slug == slug), None)
    if other is None:
        return Destination(unused(slug, _numbered(slug)))
    question = f"“{title}” would become the next version of “{other.title}” ({slug}), which has another title."
    return Destination(slug, other, question, unused(slug, _numbered(slug)))


def decided(parsed: ParsedRunbook, source: str, system: str, asked: str, fallback: str) -> Destination:
    """The destination. Raises Undecided where a person has to choose it, WrongSlug. Of a text that is stored already
    nobody is asked."""
    found = destination(parsed, system, asked, fallback)
    if found.question and not (found.runbook and version_with(found.runbook, parsed, source)):
        raise Undecided(found)
    return found


def same_title(one: str, other: str) -> bool:
    """Whether two titles are one; case, spaces and the kind of dash say nothing. Stored ones are cut at 300."""
    return _folded(one) == _folded(other)


def _folded(title: str) -> str:
    text = unicodedata.normalize("NFKC", _DASHES.sub("-", title[:300]))
    return " ".join(text.casefold().split())


def _as_asked(asked: str, system: str, title: str, same: Runbook | None) -> Destination:
    if not SLUG.fullmatch(asked):
        raise WrongSlug(f"“{asked[:60]}” cannot name a runbook: {ALLOWED_SLUG}.")
    stored = Runbook.objects.select_related("system").filter(slug=asked).first()
    if stored and stored.system.slug != system:
        raise WrongSlug(f"The runbook {asked} belongs to the system {stored.system.slug}, this text to {system}.")
    if same and same.slug != asked:
        raise WrongSlug(
            f"“{same.title}” is the title of the runbook {same.slug} already: store it under that, or change its title."
        )
    return Destination(asked, stored)


def _loss(parsed: ParsedRunbook, stored: Runbook) -> str:
    """The question where a text without items would replace one with items; empty where it would not."""
    if parsed.checklists or newest_titles(stored) == []:
        return ""
    newest = ChecklistVersion.objects.filter(checklist__runbook=stored).order_by("checklist_id", "-number")
    items = Item.objects.filter(section__version__in=newest.distinct("checklist_id").values("pk")).count()
    if not items:
        return ""
    many = "1 item" if items == 1 else f"{items:,} items"
    return f"This text has no item, and “{stored.title}” ({stored.slug}) has {many}: it would replace a checklist."


def newest_titles(stored: Runbook) -> list[str] | None:
    """The titles of the checklists in its newest version; None where that was stored without them."""
    summary = stored.versions.order_by("-number").values_list("summary", flat=True).first()
    return None if summary is None else summary.get("checklists")


def _taken(slugs: list[str]) -> set[str]:
    return set(Runbook.objects.filter(slug__in=slugs).values_list("slug", flat=True))


def _numbered(slug: str) -> set[str]:
    """The stored slugs that begin with this one."""
    return set(Runbook.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
