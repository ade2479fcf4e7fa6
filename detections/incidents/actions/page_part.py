"""The action items on the incident's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detections.incidents.actions.forms import ActionForm
from detections.incidents.actions.queries import items, owner_names
from detections.incidents.actions.row import ActionRow, rows
from detections.incidents.incident_page import IncidentPage
from opsconsole.accounts.models import User


@dataclass(frozen=True)
class ActionsPart:
    """The items of an incident. `may_act`: on those that are there, which outlive the incident; `may_add`: others."""

    rows: list[ActionRow]
    may_act: bool
    may_add: bool
    form: ActionForm
    owners: list[str]

    @property
    def open(self) -> int:
        return sum(row.is_open for row in self.rows)

    @property
    def overdue(self) -> int:
        return sum(row.overdue for row in self.rows)


def may_act(user: User) -> bool:
    """Whether the person may edit, finish, drop and reopen items, whether their incident is closed or not."""
    return user.has_perm("detections.change_incident")


def context(page: IncidentPage, form: ActionForm | None = None) -> dict[str, Any]:
    """`actions`: an ActionsPart. One query, two more for who may add items."""
    found = rows(items().filter(incident=page.incident).order_by("pk"), page.now.astimezone(page.zone).date())
    may_add = form is not None or page.may("change_incident")  # of a form that was refused, what was typed is shown
    owners = owner_names() if may_add else []
    return {"actions": ActionsPart(found, may_act(page.user), may_add, form or ActionForm(), owners)}
