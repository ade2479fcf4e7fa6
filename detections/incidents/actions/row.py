"""Action items as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from detections.incidents.action_models import ActionItem
from detections.incidents.action_text import is_overdue


@dataclass(frozen=True)
class ActionRow:
    """An item, and whether it is overdue."""

    item: ActionItem
    overdue: bool

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
    """The rows of items; `today` in the zone of who looks."""
    return [ActionRow(item, is_overdue(item, today)) for item in items]
