"""An act on an item in words, for the page that asks for the password before it."""

from __future__ import annotations

from collections.abc import Sequence

from bootstrap.checklists.models import Item, Run, Section
from opsconsole.accounts.password_again import ActInWords

LONGEST = 200  # characters of an item's text
MOST = 5  # items whose text is shown


VERBS = {"sign": "Sign", "waive": "Waive", "not-applicable": "Mark as not applicable:"}


def signing_in_words(run: Run, items: Sequence[Item], answer: str) -> ActInWords:
    """Of signing the items, which are done in one act. `answer` is what is answered to a question, or empty."""
    what = f"Answer {answer}" if answer in ("yes", "no") else VERBS["sign"]
    return _in_words(run, items, what)


def act_in_words(run: Run, items: Sequence[Item], act: str) -> ActInWords:
    """Of another act on the items; `act` as its address ends: waive, not-applicable."""
    return _in_words(run, items, VERBS[act])


def section_in_words(run: Run, section: Section, items: Sequence[Item]) -> ActInWords:
    """Of marking the section's `items` as not applicable."""
    facts = (("Section", section.title), *_facts(run, items))
    return ActInWords(f"Leave out {section.title}", facts, f"{run.get_absolute_url()}#section-{section.slug}")


def _in_words(run: Run, items: Sequence[Item], what: str) -> ActInWords:
    keys = " and ".join(item.key for item in items)
    return ActInWords(f"{what} {keys}", _facts(run, items), f"{run.get_absolute_url()}#item-{items[0].key}")


def _facts(run: Run, items: Sequence[Item]) -> tuple[tuple[str, str], ...]:
    shown = [_name(item) for item in items[:MOST]]
    more = [f"{len(items) - MOST} more"] if len(items) > MOST else []
    facts = [("Item" if len(items) == 1 else "Items", "; ".join([*shown, *more])), ("Checklist", str(run.version))]
    if run.version.runbook_version:
        facts.append(("Runbook", str(run.version.runbook_version)))
    facts.append(("Environment", run.environment.path))
    if run.subject:
        facts.append(("About", run.subject))
    return tuple(facts)


def _name(item: Item) -> str:
    text = " ".join(item.text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
