"""Why an act on an item or run was refused. `str()` is a sentence for people, without a full stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Run, RunSchedule, Section, SignOff
from bootstrap.systems.models import Environment


class Refusal(Exception):
    """The act was not done; nothing has changed.

    `field` names the input that is wrong or missing (note, link, file, review_by, seen, answer); empty where the state
    of the run does not allow the act.
    """

    field = ""


class AlreadySigned(Refusal):
    """Somebody acted on the item before; `act` is the newest act."""

    def __init__(self, act: SignOff) -> None:
        self.act = act
        super().__init__(f"{act.item.key}: {act.describe()}")


class SeenTooMany(Refusal):
    field = "seen"

    def __init__(self, item: Item, seen: int, acts: int) -> None:
        super().__init__(f"{item.key}: seen {seen} acts where there are {acts}")


class Blocked(Refusal):
    """The item waits for others."""

    def __init__(self, item: Item, waits_for: Sequence[Item]) -> None:
        self.waits_for = list(waits_for)
        super().__init__(f"{item.key} waits for {', '.join(needed.key for needed in waits_for)}")


class SecondPersonNeeded(Refusal):
    """The first signer of a two-person item cannot be the second."""

    def __init__(self, act: SignOff) -> None:
        super().__init__(f"{act.item.key}: {act.describe()}; the second signature has to be another person's")


class BelongsWith(Refusal):
    """Only one item of an atomic pair was named."""

    def __init__(self, item: Item, others: Sequence[Item]) -> None:
        super().__init__(f"{item.key} belongs with {', '.join(other.key for other in others)}: sign them together")


class PasswordsNeeded(Refusal):
    """A script cannot sign a two-person item, as each of the two gives a password."""

    def __init__(self, item: Item) -> None:
        super().__init__(f"{item.key} needs two people, each with their password: sign it in the browser")


class EvidenceMissing(Refusal):
    def __init__(self, item: Item, wanted: str = "evidence: add a note, a link or a file", field: str = "note") -> None:
        self.field = field
        super().__init__(f"{item.key} asks for {wanted}")


class AnswerWrong(Refusal):
    """A question was signed without an answer, or another item with one."""

    field = "answer"

    def __init__(self, item: Item) -> None:
        asks = item.kind == Item.Kind.QUESTION
        super().__init__(f"{item.key} {'is a question: answer yes or no' if asks else 'asks nothing: sign it'}")


class ReasonMissing(Refusal):
    field = "note"

    def __init__(self, item: Item) -> None:
        super().__init__(f"{item.key}: say why it does not apply here")


class WaiverReasonMissing(Refusal):
    field = "note"

    def __init__(self, item: Item) -> None:
        super().__init__(f"{item.key}: say why it may wait")


class ReviewDateWrong(Refusal):
    field = "review_by"

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"The review date of a waiver has to be from {first} to {last}")


class SecretFound(Refusal):
    """The note or link looks like a secret. Nothing that is signed can be removed later."""

    def __init__(self, field: str, what: str) -> None:
        self.field = field
        super().__init__(f"The {field} looks like a secret: {what}. Say where it is stored, not what it is")


class LinkWrong(Refusal):
    """The link to evidence is no address of the web: what else a browser opens may run in the console's place."""

    field = "link"

    def __init__(self) -> None:
        super().__init__("The link is no web address: it begins with https:// or http:// and has no blanks")


class FileRefused(Refusal):
    field = "file"


class NothingToTakeBack(Refusal):
    def __init__(self, item: Item) -> None:
        super().__init__(f"{item.key} is not signed")


class NothingToLeaveOut(Refusal):
    def __init__(self, section: Section) -> None:
        super().__init__(f"{section.title}: every item is done or left out already")


class RunClosed(Refusal):
    def __init__(self, run: Run) -> None:
        super().__init__(f"The run of {run.version} in {run.environment.path} is closed")


class AlreadyOpen(Refusal):
    def __init__(self, version: ChecklistVersion, environment: Environment, subject: str = "") -> None:
        about = f" about {subject}" if subject else ""
        super().__init__(
            f"A run of {version.checklist}{about} is open in {environment.path} already: go on with it, or move it to "
            "the newest version on its page"
        )


class SubjectMissing(Refusal):
    field = "subject"

    def __init__(self, version: ChecklistVersion) -> None:
        super().__init__(f"{version.checklist}: say which pull request is reviewed")


class NothingToRun(Refusal):
    """The checklist has no version yet."""

    def __init__(self, checklist: Checklist) -> None:
        super().__init__(f"{checklist} has no version yet: import its runbook")


class ScheduleChanged(Refusal):
    """Somebody changed the schedule since it was seen."""

    def __init__(self, schedule: RunSchedule) -> None:
        super().__init__(f"{schedule} was changed meanwhile: look at it as it is now")


class ScheduleHasRuns(Refusal):
    """A schedule that has opened runs cannot be deleted: they name it for good."""

    def __init__(self, schedule: RunSchedule) -> None:
        super().__init__(f"{schedule} has opened runs, which name it for good: pause it instead")


class RunMovedOn(Refusal):
    """There are other acts on the run's items than were seen."""

    def __init__(self, run: Run, seen: int, acts: int) -> None:
        super().__init__(f"The run of {run.version} in {run.environment.path} has {acts} acts where {seen} were seen")
