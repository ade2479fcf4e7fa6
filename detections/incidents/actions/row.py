"""Action items as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from detections.incidents.action_models import ActionItem
from detections.incidents.action_text import is_overdue
from detections.incidents.actions.done_in_runs import DoneInRun, done_in_runs


@dataclass(frozen=True)
class ActionRow:
    """An item, whether it is overdue, and where it is done as the item of a checklist that it was made."""

    item: ActionItem
    overdue: bool
    done_in: DoneInRun | None = None

    @property
    def pk(self) -> int:
        return self.item.pk

    @property
    def is_open(self) -> bool:
        return self.item.status == ActionItem.Status.OPEN

    @property
    def dropped(self) -> bool:
        return self.item.status == ActionItem.Status.DROPPED


def rows(items: Iterable[ActionItem], today: date) -> list[ActionRow]:
    """The rows of items; `today` in the zone of who looks. One query where some were made items of checklists."""
    found = list(items)
    done = done_in_runs([item.in_checklist for item in found if hasattr(item, "in_checklist")])
    return [ActionRow(item, is_overdue(item, today), done.get(item.pk)) for item in found]
