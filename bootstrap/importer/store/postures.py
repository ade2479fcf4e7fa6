"""Proposes the postures that a runbook tells of; people approve them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Q

from bootstrap.importer.parsed import PostureNote, Runbook
from bootstrap.importer.parser.postures import proposal
from bootstrap.postures.decide import Proposal, propose_told, unknown_names
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Deployment
from opsconsole.accounts.models import User


def propose_postures(found: Runbook, version: RunbookVersion, app: App, by: User | None) -> list[Posture]:
    """One proposal for each posture whose grounds could be read, where the application runs in that environment.

    A posture of the same date is proposed once, over all versions of the text, whatever became of it. Its author is
    who the runbook names as its owner; who imports it counts as the author too and cannot approve it.
    """
    variables = {variable.name: variable for variable in app.variables.all()} if found.postures else {}
    author = dict(found.facts).get("Owner", "") or version.runbook.title
    # Flags that the prose alone names were written with the version, so that what is unknown here nobody reports.
    return [
        propose_told(wanted, by, by.get_username() if by else author[:150], version.created_at)
        for note in found.postures
        for wanted in _wanted(note, version, app, variables)
        if not unknown_names(wanted)
    ]


def _wanted(
    note: PostureNote, version: RunbookVersion, app: App, variables: dict[str, ConfigVar]
) -> Iterator[Proposal]:
    told = proposal(note, variables)
    decided_on = _day(note.date)
    deployment = _deployment(app, note.environment)
    if not told or not deployment:
        return
    variable = variables[told.variable]
    if Posture.objects.filter(deployment=deployment, variable=variable, decided_on=decided_on).exists():
        return
    yield Proposal(
        deployment=deployment,
        variable=variable,
        guard=told.guard,
        reason=note.text,
        severity=told.severity,
        instead_of=told.instead_of,
        activation_command=told.command,
        decided_on=decided_on,
        source=version,
        source_line=note.line,
    )


def _deployment(app: App, environment: str) -> Deployment | None:
    named = Q(environment__slug=environment) | Q(environment__aliases__contains=[environment])
    return Deployment.objects.filter(named, app=app).first()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
