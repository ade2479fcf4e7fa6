"""Proposes the postures that a runbook describes; people approve them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Q

from bootstrap.importer.parsed_runbook import PostureNote, Runbook
from bootstrap.importer.parser.postures import proposal
from bootstrap.postures.decide import Proposal, propose_from_runbook, unknown_names
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Deployment
from opsconsole.accounts.models import User


def propose_postures(runbook: Runbook, version: RunbookVersion, app: App, by: User | None) -> list[Posture]:
    """A proposal for each posture whose grounds were recognised, if the application runs in that environment.

    A posture of a date is proposed once across all versions of the text, also if it was declined. Its author is the
    owner that the runbook names; whoever imports it counts as an author too and cannot approve it.
    """
    variables = {variable.name: variable for variable in app.variables.all()} if runbook.postures else {}
    author = dict(runbook.facts).get("Owner", "") or version.runbook.title
    # Flags of the text were written with the version, so nothing reports a name that is unknown here.
    return [
        propose_from_runbook(wanted, by, by.get_username() if by else author[:150], version.created_at)
        for note in runbook.postures
        for wanted in _wanted(note, version, app, variables)
        if not unknown_names(wanted)
    ]


def _wanted(
    note: PostureNote, version: RunbookVersion, app: App, variables: dict[str, ConfigVar]
) -> Iterator[Proposal]:
    proposed = proposal(note, variables)
    decided_on = _day(note.date)
    deployment = _deployment(app, note.environment)
    if not proposed or not deployment:
        return
    variable = variables[proposed.variable]
    if Posture.objects.filter(deployment=deployment, variable=variable, decided_on=decided_on).exists():
        return
    yield Proposal(
        deployment=deployment,
        variable=variable,
        guard=proposed.guard,
        reason=note.text,
        severity=proposed.severity,
        instead_of=proposed.instead_of,
        activation_command=proposed.command,
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
