"""Why an owner or a due date was refused. `str()` is a sentence for people, without a full stop."""

from __future__ import annotations

from datetime import date

from bootstrap.checklists.models import RunPlan
from bootstrap.checklists.refusals import Refusal


class OwnerUnknown(Refusal):
    field = "owner"

    def __init__(self, name: str) -> None:
        super().__init__(f"Nobody is called “{name}”: name an owner or a user, or leave it empty for nobody")


class DueDateWrong(Refusal):
    field = "due_on"

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"The due date has to be a day from {first} to {last}, written as {first}")


class NothingChosen(Refusal):
    field = "item"

    def __init__(self) -> None:
        super().__init__("Nothing was chosen: tick items or sections of this run, or the run as a whole")


class PlanMissing(Refusal):
    field = "owner"

    def __init__(self) -> None:
        super().__init__("Nothing was given: fill in an owner or a due date, or say which of them to remove")


class PlanChanged(Refusal):
    """Somebody set it since it was seen; `plan` is the row now, None where there is none."""

    def __init__(self, plan: RunPlan | None) -> None:
        self.plan = plan
        who = f"{plan.set_by_name} has set it meanwhile" if plan else "It was never set"
        super().__init__(f"{who}: look at it again")
