"""Proposes the postures that a runbook describes; people approve them. What has no deployment yet waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from django.db import transaction
from django.db.models import Q

from bootstrap.importer.models import WaitingPosture
from bootstrap.importer.parsed_runbook import ParsedRunbook, PostureNote, fact_of
from bootstrap.importer.parser.incidents import date_in
from bootstrap.importer.parser.postures import PostureProposal, proposal
from bootstrap.postures.approval import PostureRefusal, Proposal, propose_from_runbook, unknown_names
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Deployment
from opsconsole.accounts.models import User


class PostureState(Enum):
    """What comes of a posture that a text describes, as the end of a sentence that begins with it."""

    PROPOSED = "is proposed and waits for a second person's approval"
    KNOWN = "was proposed before"
    WAITING = "is kept: there is no deployment there yet, and it is proposed once there is"
    UNREADABLE = (
        "is kept as text: it names no variable of this application with grounds that can be checked, "
        "a flag that is off or a single worker"
    )
    EASES_NOTHING = "is kept as text: a posture lowers a severity, and this one does not"


@dataclass(frozen=True)
class PostureOutcome:
    """`posture` is the proposal where one was made."""

    note: PostureNote
    state: PostureState
    posture: Posture | None = None

    def __str__(self) -> str:
        return f"posture of {self.note.environment} ({self.note.date}) {self.state.value}"


def propose_postures(
    runbook: ParsedRunbook, version: RunbookVersion, app: App, by: User | None
) -> tuple[PostureOutcome, ...]:
    """What came of each posture of the text. One whose grounds were recognised is proposed if the application runs in
    its environment, and waits otherwise.

    A posture of a date is proposed once across all versions of the text, also if it was declined. Its author is the
    owner that the runbook names; whoever imports it counts as an author too and cannot approve it.
    """
    WaitingPosture.objects.filter(version__runbook=version.runbook_id).delete()  # those of the text before
    if not runbook.postures:
        return ()
    propose = _proposer(version, app, by, runbook.fact("Owner"), version.created_at)
    outcomes = tuple(propose(note) for note in runbook.postures)
    waiting = (outcome.note for outcome in outcomes if outcome.state is PostureState.WAITING)
    rows = (
        WaitingPosture(
            version=version,
            app=app,
            environment=note.environment[:100],
            date=note.date,
            section=note.section[:200],
            text=note.text,
            line=note.line,
        )
        for note in waiting
    )
    WaitingPosture.objects.bulk_create(rows, ignore_conflicts=True)
    return outcomes


def states_of(runbook: ParsedRunbook, app: App | None) -> list[tuple[PostureNote, PostureState]]:
    """What would come of each posture if the text were stored for `app`; None for one that is made with it.

    The variables of the text count as there, since they are written first.
    """
    named = [*(row.name for section in runbook.sections for row in section.variables)]
    named += [row.name for row in runbook.other_variables]
    stored = {row.name: row for row in app.variables.all()} if app and runbook.postures else {}
    known: Mapping[str, ConfigVar | None] = {**dict.fromkeys(named), **stored}
    return [(note, _state(note, proposal(note, known), app, known)[0]) for note in runbook.postures]


def propose_waiting(now: datetime) -> list[Posture]:
    """Propose the postures whose deployment has been added since. Returns the new proposals. Idempotent."""
    made = []
    with transaction.atomic():
        waiting = WaitingPosture.objects.select_for_update(skip_locked=True, of=("self",))
        # Few postures wait, so the environments of an application that runs somewhere are compared one by one.
        waiting = waiting.filter(app__in=Deployment.objects.values("app"))
        for row in waiting.select_related("version__runbook", "version__created_by", "app"):
            note = PostureNote(row.environment, row.date, row.section, row.text, row.line)
            owner = fact_of(row.version.summary.get("facts", ()), "Owner")
            outcome = _proposer(row.version, row.app, row.version.created_by, owner, now)(note)
            if outcome.state is not PostureState.WAITING:
                row.delete()
            made += [outcome.posture] if outcome.posture else []
    return made


def _proposer(
    version: RunbookVersion, app: App, by: User | None, owner: str, now: datetime
) -> Callable[[PostureNote], PostureOutcome]:
    variables = {variable.name: variable for variable in app.variables.all()}
    author = by.get_username() if by else (owner or version.runbook.title)[:150]

    def propose(note: PostureNote) -> PostureOutcome:
        read = proposal(note, variables)
        state, deployment = _state(note, read, app, variables)
        if state is not PostureState.PROPOSED or not read or not deployment:
            return PostureOutcome(note, state)
        wanted = _wanted(note, read, deployment, variables[read.variable], version)
        if unknown_names(wanted):  # a flag that was deleted since
            return PostureOutcome(note, PostureState.UNREADABLE)
        try:
            return PostureOutcome(note, state, propose_from_runbook(wanted, by, author, now))
        except PostureRefusal:
            return PostureOutcome(note, PostureState.EASES_NOTHING)

    return propose


def _state(
    note: PostureNote, read: PostureProposal | None, app: App | None, known: Mapping[str, ConfigVar | None]
) -> tuple[PostureState, Deployment | None]:
    """What is to be done with a posture, and the deployment that it is about."""
    if not read:
        return PostureState.UNREADABLE, None
    named = Q(environment__slug=note.environment) | Q(environment__aliases__contains=[note.environment])
    deployment = Deployment.objects.filter(named, app=app).first() if app else None
    if not deployment:
        return PostureState.WAITING, None
    same = Posture.objects.filter(deployment=deployment, variable=known[read.variable], decided_on=_day(note))
    is_known = known[read.variable] is not None and same.exists()
    return PostureState.KNOWN if is_known else PostureState.PROPOSED, deployment


def _day(note: PostureNote) -> date | None:
    day, precision = date_in(note.date)
    return day if precision == "day" else None


def _wanted(
    note: PostureNote, read: PostureProposal, deployment: Deployment, variable: ConfigVar, version: RunbookVersion
) -> Proposal:
    return Proposal(
        deployment=deployment,
        variable=variable,
        guard=read.guard,
        reason=note.text,
        severity=read.severity,
        instead_of=read.instead_of,
        activation_command=read.command,
        decided_on=_day(note),
        source=version,
        source_line=note.line,
    )
