"""Proposes the postures that a runbook describes; people approve them."""

from __future__ import annotations

from django.db.models import Q

from bootstrap.importer.parsed_runbook import ParsedRunbook, PostureNote
from bootstrap.importer.parser.incidents import date_in
from bootstrap.importer.parser.postures import proposal
from bootstrap.postures.approval import Proposal, propose_from_runbook, unknown_names
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import App, ConfigVar, Deployment
from opsconsole.accounts.models import User


def propose_postures(runbook: ParsedRunbook, version: RunbookVersion, app: App, by: User | None) -> list[Posture]:
    """A proposal for each posture whose grounds were recognised, if the application runs in that environment.

    A posture of a date is proposed once across all versions of the text, also if it was declined. Its author is the
    owner that the runbook names; whoever imports it counts as an author too and cannot approve it.
    """
    variables = {variable.name: variable for variable in app.variables.all()} if runbook.postures else {}
    author = dict(runbook.facts).get("Owner", "") or version.runbook.title
    # Flags of the text were written with the version, so nothing reports a name that is unknown here.
    proposals = (_proposal(note, version, app, variables) for note in runbook.postures)
    return [
        propose_from_runbook(proposed, by, by.get_username() if by else author[:150], version.created_at)
        for proposed in proposals
        if proposed and not unknown_names(proposed)
    ]


def _proposal(note: PostureNote, version: RunbookVersion, app: App, variables: dict[str, ConfigVar]) -> Proposal | None:
    """The proposal of a note; None where nothing was recognised, or where it was proposed before."""
    read = proposal(note, variables)
    named = Q(environment__slug=note.environment) | Q(environment__aliases__contains=[note.environment])
    deployment = Deployment.objects.filter(named, app=app).first()
    if not read or not deployment:
        return None
    variable = variables[read.variable]
    day, precision = date_in(note.date)
    decided_on = day if precision == "day" else None
    if Posture.objects.filter(deployment=deployment, variable=variable, decided_on=decided_on).exists():
        return None
    return Proposal(
        deployment=deployment,
        variable=variable,
        guard=read.guard,
        reason=note.text,
        severity=read.severity,
        instead_of=read.instead_of,
        activation_command=read.command,
        decided_on=decided_on,
        source=version,
        source_line=note.line,
    )
