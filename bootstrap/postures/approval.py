"""Proposes, approves, reviews and ends postures. The author and the approver are two people.

Config health is judged again after each decision is committed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from bootstrap.checklists.prerequisites_changed import recheck_soon
from bootstrap.postures.models import Posture
from bootstrap.runbooks.models import RunbookVersion
from bootstrap.systems.models import ConfigVar, Deployment, Flag
from bootstrap.systems.value_rules.condition_terms import FlagIs, IsSet
from bootstrap.systems.value_rules.conditions import parse
from opsconsole.accounts.models import User
from opsconsole.lib.lookup import close_matches

PROPOSE = "bootstrap.add_posture"
DECIDE = "bootstrap.change_posture"
# The default is a quarter: long enough to be no burden, short enough that the author still knows why.
REVIEW_AFTER: Final = timedelta(days=90)
# A deviation that nobody reviews for more than a year is no longer on purpose.
LONGEST: Final = timedelta(days=366)
_RANK: Final = {Posture.Severity.INFO: 0, Posture.Severity.WARNING: 1, Posture.Severity.CRITICAL: 2}


class PostureRefusal(Exception):
    """The decision was not made. The message says why, without a full stop."""


@dataclass(frozen=True)
class Proposal:
    """The content of a posture. `guard` is a condition (systems/value_rules/conditions.py)."""

    deployment: Deployment
    variable: ConfigVar
    guard: str
    reason: str
    severity: str = Posture.Severity.WARNING
    instead_of: str = Posture.Severity.CRITICAL
    activation_command: str = ""
    review_by: date | None = None
    decided_on: date | None = None
    source: RunbookVersion | None = None
    source_line: int | None = None


def propose(wanted: Proposal, by: User, now: datetime) -> Posture:
    """Store a posture that waits for approval.

    Raises PostureRefusal, also for a guard with unknown names; ConditionError for one that cannot be parsed;
    PermissionDenied.
    """
    _may(by, PROPOSE)
    if unknown := unknown_names(wanted):
        raise PostureRefusal(f"The guard asks for what nothing reports: {'; '.join(unknown)}")
    return propose_from_runbook(wanted, by, by.get_username(), now)


def unknown_names(wanted: Proposal) -> list[str]:
    """A sentence for each name in the guard that no agent reports, with similar names; empty where all are known.

    A guard with such a name could never be seen to be true. Raises ConditionError for one that cannot be parsed.
    """
    leaves = list(parse(wanted.guard).leaves())
    system = wanted.deployment.environment.system_id
    flags = {
        each
        for name, aliases in Flag.objects.filter(system=system).values_list("name", "aliases")
        for each in (name, *aliases)
    }
    variables = set(ConfigVar.objects.filter(app=wanted.deployment.app_id).values_list("name", flat=True))
    asked = [(leaf.name, "flag", flags) for leaf in leaves if isinstance(leaf, FlagIs)]
    asked += [(leaf.name, "variable", flags | variables) for leaf in leaves if isinstance(leaf, IsSet)]
    return list(dict.fromkeys(_unknown(name, kind, known) for name, kind, known in asked if name not in known))


def _unknown(name: str, kind: str, known: Collection[str]) -> str:
    similar = close_matches(name, known)
    return f"no {kind} is called {name}" + (f"; did you mean {' or '.join(similar)}?" if similar else "")


def propose_from_runbook(wanted: Proposal, by: User | None, author_name: str, now: datetime) -> Posture:
    """Store a posture that a runbook describes, without a check of permissions.

    `by` is who imported the runbook, None for one that ships with the console. Raises PostureRefusal; ConditionError.
    """
    if wanted.variable.app_id != wanted.deployment.app_id:
        raise PostureRefusal(f"{wanted.variable} is a variable of {wanted.variable.app}, not of {wanted.deployment}")
    if _RANK[Posture.Severity(wanted.severity)] >= _RANK[Posture.Severity(wanted.instead_of)]:
        raise PostureRefusal(f"A posture eases: {wanted.severity} is not less than {wanted.instead_of}")
    parse(wanted.guard)
    return Posture.objects.create(
        deployment=wanted.deployment,
        variable=wanted.variable,
        guard=wanted.guard.strip(),
        reason=wanted.reason,
        severity=wanted.severity,
        instead_of=wanted.instead_of,
        activation_command=wanted.activation_command,
        review_by=_review_day(wanted.review_by or (now + REVIEW_AFTER).date(), now),
        decided_on=wanted.decided_on,
        source=wanted.source,
        source_line=wanted.source_line,
        author=by,
        author_name=author_name,
        created_at=now,
    )


def approve(posture: Posture, by: User, now: datetime) -> Posture:
    """Put it in force.

    Raises PermissionDenied; PostureRefusal where `by` is its author, it was decided already, or another posture of the
    same variable is in force.
    """
    _may(by, DECIDE)
    return _approve(posture, by, by.get_username(), now)


def approve_shipped(posture: Posture, approver_name: str, now: datetime) -> Posture:
    """Put a posture that ships with the console in force. Raises PostureRefusal."""
    return _approve(posture, None, approver_name, now)


@transaction.atomic
def review(posture: Posture, review_by: date, by: User, now: datetime) -> Posture:
    """Set another day of review. Raises PostureRefusal, also where `by` is its author; PermissionDenied."""
    _may(by, DECIDE)
    current = _current(posture)
    if not current.approved_at:
        raise PostureRefusal(f"{current} has not been approved yet")
    _refuse_author(current, by)
    current.review_by = _review_day(review_by, now)
    current.reviewer = by
    current.save(update_fields=["review_by", "reviewer"])
    transaction.on_commit(recheck_soon)
    return current


@transaction.atomic
def end(posture: Posture, reason: str, by: User, now: datetime) -> Posture:
    """End a posture or turn a proposal down, for good. Raises PostureRefusal; PermissionDenied."""
    _may(by, DECIDE)
    current = _current(posture)
    if not reason.strip():
        raise PostureRefusal("Say why it ends")
    current.ended_at, current.ended_by, current.end_reason = now, by, reason.strip()
    current.save(update_fields=["ended_at", "ended_by", "end_reason"])
    transaction.on_commit(recheck_soon)
    return current


def _approve(posture: Posture, by: User | None, name: str, now: datetime) -> Posture:
    try:
        with transaction.atomic():
            current = _current(posture)
            if current.approved_at:
                raise PostureRefusal(f"{current} was approved by {current.approver_name}")
            if by is not None:
                _refuse_author(current, by)
            _review_day(current.review_by, now)
            current.approver, current.approver_name, current.approved_at = by, name, now
            current.save(update_fields=["approver", "approver_name", "approved_at"])
            transaction.on_commit(recheck_soon)
            return current
    except IntegrityError:
        raise PostureRefusal(f"Another posture of {posture} is in force; end that one first") from None


def _current(posture: Posture) -> Posture:
    """The row as it is now, locked, so that of two people who decide at once the second sees the first decision."""
    current = (
        Posture.objects.select_for_update(of=("self",)).select_related("deployment", "variable").get(pk=posture.pk)
    )
    if current.ended_at:
        raise PostureRefusal(f"{current} has ended")
    return current


def _refuse_author(posture: Posture, by: User) -> None:
    if posture.author_id == by.pk:
        raise PostureRefusal("Another person than the author has to decide")


def _review_day(day: date, now: datetime) -> date:
    if day <= now.date():
        raise PostureRefusal(f"The day of review has to come yet; {day} has passed")
    if day > now.date() + LONGEST:
        raise PostureRefusal(f"A posture is reviewed at least once a year; {day} is further away")
    return day


def _may(by: User, permission: str) -> None:
    if not by.has_perm(permission):
        raise PermissionDenied(f"{by} may not decide on postures")
