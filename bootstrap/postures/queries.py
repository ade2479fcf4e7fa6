"""Reads of postures, with the facts that they are judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from bootstrap.postures.models import Posture
from bootstrap.postures.status import GuardPart, PostureStatus, parts, standing
from bootstrap.systems.models import Deployment, Environment
from bootstrap.systems.value_rules.conditions import Facts

# By deployment id; whoever reads the reports of agents gives it (this package lies below them).
FactsOf = Callable[[Collection[Deployment]], Mapping[int, Facts]]


class FactsAt(Protocol):
    """The same as of a time."""

    def __call__(self, deployments: Collection[Deployment], now: datetime) -> Mapping[int, Facts]: ...


@dataclass(frozen=True)
class PostureView:
    """A posture with what follows from its facts."""

    posture: Posture
    standing: PostureStatus
    parts: tuple[GuardPart, ...]


@dataclass(frozen=True)
class Act:
    """Something that became of a posture: when, what, by whom."""

    at: datetime
    told: str


def postures() -> QuerySet[Posture]:
    """All of them, newest first, with what their pages name."""
    return Posture.objects.select_related("deployment__environment__system", "deployment__app", "variable__app")


def in_force(deployment_ids: Collection[int]) -> dict[int, list[Posture]]:
    """By deployment id, the postures that were approved and not ended, lapsed ones too. One statement."""
    found: dict[int, list[Posture]] = defaultdict(list)
    rows = Posture.objects.filter(deployment__in=deployment_ids, approved_at__isnull=False, ended_at__isnull=True)
    for posture in rows.select_related("variable", "deployment").order_by("variable__name"):
        found[posture.deployment_id].append(posture)
    return dict(found)


def views(found: Iterable[Posture], facts_of: FactsOf, now: datetime) -> list[PostureView]:
    """Each with how it stands; the facts are asked for once."""
    rows = list(found)
    facts = facts_of({posture.deployment_id: posture.deployment for posture in rows}.values()) if rows else {}
    return [_view(posture, facts.get(posture.deployment_id, Facts()), now) for posture in rows]


def postures_of(environment: Environment, facts_of: FactsOf, now: datetime) -> list[PostureView]:
    """What an environment's page shows: all that is not ended, by variable."""
    rows = postures().filter(deployment__environment=environment, ended_at__isnull=True)
    return views(rows.order_by("variable__name", "-created_at"), facts_of, now)


def history(posture: Posture) -> list[Act]:
    """What became of it, newest first, from the rows that each change left behind."""
    acts: list[Act] = []
    before = None
    for event in posture.events.order_by("pgh_id").select_related("reviewer", "ended_by"):  # type: ignore[attr-defined]
        told = _told(before, event)
        if told:
            acts.append(Act(event.pgh_created_at, told))
        before = event
    return acts[::-1]


def _view(posture: Posture, facts: Facts, now: datetime) -> PostureView:
    return PostureView(posture, standing(posture, facts, now), tuple(parts(posture, facts)))


def _told(before: Posture | None, after: Posture) -> str:
    if before is None:
        return f"proposed by {after.author_name}"
    if after.approved_at != before.approved_at:
        return f"approved by {after.approver_name}, to be reviewed by {after.review_by}"
    if after.ended_at != before.ended_at:
        return f"ended by {after.ended_by}: {after.end_reason}"
    if after.review_by != before.review_by:
        return f"reviewed by {after.reviewer}, next by {after.review_by}"
    return ""
