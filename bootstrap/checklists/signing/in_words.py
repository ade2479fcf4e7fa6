"""An act on an item in words, for the page that asks for the password before it."""

from __future__ import annotations

from bootstrap.checklists.models import Item, Run
from opsconsole.accounts.password_again import ActInWords

LONGEST = 200  # characters of an item's text


def signing_in_words(run: Run, items: list[Item], answer: str) -> ActInWords:
    """Of signing the items, which are done in one act. `answer` is what is answered to a question, or empty."""
    version = run.version
    what = f"Answer {answer}" if answer in ("yes", "no") else "Sign"
    facts = [("Item" if len(items) == 1 else "Items", "; ".join(_name(item) for item in items))]
    facts.append(("Checklist", str(version)))
    if version.runbook_version:
        facts.append(("Runbook", str(version.runbook_version)))
    facts.append(("Environment", run.environment.path))
    if run.subject:
        facts.append(("About", run.subject))
    return ActInWords(f"{what} {' and '.join(item.key for item in items)}", tuple(facts))


def _name(item: Item) -> str:
    text = " ".join(item.text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
