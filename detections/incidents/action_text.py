"""An action item as one line of markdown (pure)."""

from __future__ import annotations

from datetime import date

from detections.incidents.action_models import ActionItem
from opsconsole.lib.text.markdown import autolink, plain


def is_overdue(item: ActionItem, today: date) -> bool:
    """Whether it is open after the day on which it was due."""
    return item.status == ActionItem.Status.OPEN and item.due is not None and item.due < today


def in_markdown(item: ActionItem, today: date) -> str:
    """`[ ] Alert on the queue's age (owner ada, due 2026-06-20, overdue): <https://…>`. Load the owner with it."""
    box = "[x]" if item.status == ActionItem.Status.DONE else "[ ]"
    text = f"~~{plain(item.text)}~~" if item.status == ActionItem.Status.DROPPED else plain(item.text)
    facts = [f"owner {plain(item.owner.name)}"] if item.owner else ["no owner"]
    if item.status == ActionItem.Status.OPEN:
        facts += [f"due {item.due.isoformat()}"] if item.due else ["no due date"]
        facts += ["overdue"] if is_overdue(item, today) else []
    elif item.ended_at is not None:
        how = "done" if item.status == ActionItem.Status.DONE else "dropped"
        facts.append(f"{how} {item.ended_at:%Y-%m-%d} by {plain(item.ended_by_name)}")
    why = f": {plain(item.why)}" if item.why else ""
    link = f", {autolink(item.link)}" if item.link else ""
    return f"{box} {text} ({', '.join(facts)}{why}){link}"
