"""Reads of postures with their status, which follows from facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from bootstrap.postures.models import Posture
from bootstrap.postures.status import GuardPart, PostureStatus, guard_parts, posture_status
from bootstrap.systems.models import Deployment, Environment
from bootstrap.systems.value_rules.conditions import Facts


class FactsReader(Protocol):
    """Reads the facts of deployments as of a time, by deployment id.

    Callers pass it in, because reports are read by a package above this one.
    """

    def __call__(self, deployments: Collection[Deployment], now: datetime) -> Mapping[int, Facts]: ...


@dataclass(frozen=True)
class PostureView:
    """A posture with its status and the terms of its guard."""

    posture: Posture
    status: PostureStatus
    parts: tuple[GuardPart, ...]


@dataclass(frozen=True)
class HistoryEntry:
    """A change of a posture: when, and in words what and by whom."""

    at: datetime
    text: str


def postures() -> QuerySet[Posture]:
    """All postures, newest first, with deployment, environment, system, application and variable."""
    return Posture.objects.select_related("deployment__environment__system", "deployment__app", "variable__app")


def in_force(deployment_ids: Collection[int]) -> dict[int, list[Posture]]:
    """By deployment id, the postures that were approved and not ended, including lapsed ones. One statement."""
    by_deployment: dict[int, list[Posture]] = defaultdict(list)
    rows = Posture.objects.filter(deployment__in=deployment_ids, approved_at__isnull=False, ended_at__isnull=True)
    for posture in rows.select_related("variable", "deployment").order_by("variable__name"):
        by_deployment[posture.deployment_id].append(posture)
    return dict(by_deployment)


def views(postures: Iterable[Posture], facts_of: FactsReader, now: datetime) -> list[PostureView]:
    """Each posture with its status at `now`. Facts are read once, for all their deployments."""
    rows = list(postures)
    facts = facts_of({posture.deployment_id: posture.deployment for posture in rows}.values(), now) if rows else {}
    return [_view(posture, facts.get(posture.deployment_id, Facts()), now) for posture in rows]


def postures_of(environment: Environment, facts_of: FactsReader, now: datetime) -> list[PostureView]:
    """The postures of an environment that are not ended, by variable."""
    rows = postures().filter(deployment__environment=environment, ended_at__isnull=True)
    return views(rows.order_by("variable__name", "-created_at"), facts_of, now)


def history(posture: Posture) -> list[HistoryEntry]:
    """The changes of a posture, newest first, from the event rows that pghistory stores."""
    entries: list[HistoryEntry] = []
    before = None
    for event in posture.events.order_by("pgh_id").select_related("reviewer", "ended_by"):  # type: ignore[attr-defined]
        text = _describe_change(before, event)
        if text:
            entries.append(HistoryEntry(event.pgh_created_at, text))
        before = event
    return entries[::-1]


def _view(posture: Posture, facts: Facts, now: datetime) -> PostureView:
    return PostureView(posture, posture_status(posture, facts, now), tuple(guard_parts(posture, facts)))


def _describe_change(before: Posture | None, after: Posture) -> str:
    if before is None:
        return f"proposed by {after.author_name}"
    if after.approved_at != before.approved_at:
        return f"approved by {after.approver_name}, to be reviewed by {after.review_by}"
    if after.ended_at != before.ended_at:
        return f"ended by {after.ended_by}: {after.end_reason}"
    if after.review_by != before.review_by:
        return f"reviewed by {after.reviewer}, next by {after.review_by}"
    return ""
