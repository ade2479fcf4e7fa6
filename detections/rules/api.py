"""Rules over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from detections.rules.active_rules import rules_in_force
from detections.rules.lifecycle.state import RuleState, RuleStates, environments_of, mode_now, muted_now
from detections.rules.models import Rule
from detections.rules.silence_models import with_mutes
from opsconsole.lib import clock
from opsconsole.lib.web.api_schemas import Page, Paged, Problem, Text
from opsconsole.lib.web.paging import page

router = Router(tags=["rules"])


class StateOut(Schema):
    """The rule in one environment."""

    environment: str = Field(description="system/environment.")
    state: str
    stands_on: str | None = Field(description="The source it counts, None while dormant.")
    waits_for: list[str] = Field(description="Unmet prerequisites, in words.")


class RuleOut(Schema):
    """One detection in its current wording."""

    id: int
    rule: str = Field(description="Identifier, e.g. DET-BETA-003.")
    title: str
    category: str
    owner: str
    mode: str = Field(description="draft, shadow, active, muted or retired; dormant is derived from prerequisites.")
    muted_until: datetime | None = Field(
        description="The end of the silence that mutes it; none while it is not muted."
    )
    version: int | None
    content_hash: str | None
    state: str = Field(description="As it works now: active where it is armed in any environment, dormant in none.")
    environments: list[StateOut]
    firing: int = Field(description="Open alerts.")


class RuleFilters(Paged):
    mode: Text = ""
    category: Text = ""


@router.get("/", response={200: Page[RuleOut], 422: Problem}, url_name="rules", summary="List rules by identifier")
def list_rules(request: HttpRequest, filters: Query[RuleFilters]) -> dict[str, Any]:
    now = clock.now()
    found, following = page(request, _matching(filters, now), (("identifier", str),), descending=False)
    states = _states(found, now)
    return {"items": [_item(rule, states.get(rule.pk, []), now) for rule in found], "next": following}


def _states(rules: list[Rule], now: datetime) -> dict[int, list[dict[str, Any]]]:
    """By rule, its state in every environment that its selector names; a constant number of queries."""
    judged = rules_in_force([rule.identifier for rule in rules])
    places = environments_of(judged)
    states = RuleStates(judged, {place for rule in judged for place in places[rule.rule.pk]}, now)
    return {
        rule.rule.pk: [_state(place.path, states.of(rule, place)) for place in places[rule.rule.pk]] for rule in judged
    }


def _state(environment: str, state: RuleState) -> dict[str, Any]:
    return {
        "environment": environment,
        "state": state.name,
        "stands_on": state.source_in_use,
        "waits_for": [prerequisite.label for prerequisite in state.unmet],
    }


def _overall(rule: Rule, states: list[dict[str, Any]]) -> str:
    names = {state["state"] for state in states}
    return "active" if "active" in names else str(next(iter(sorted(names)), rule.mode))


def _matching(filters: RuleFilters, now: datetime) -> QuerySet[Rule]:
    rows = with_mutes(Rule.objects.select_related("current"))
    if filters.category:
        rows = rows.filter(category=filters.category)
    muted = Q(mode=Rule.Mode.ACTIVE, muted_until__gt=now)
    if filters.mode == "muted":
        rows = rows.filter(muted)
    elif filters.mode:
        rows = rows.filter(mode=filters.mode).exclude(muted)
    return rows.annotate(firing=Count("alerts", filter=Q(alerts__dedup_key__isnull=False)))


def _item(rule: Rule, states: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    plain = ("id", "title", "category", "owner", "firing")
    current = rule.current
    return {
        "rule": rule.identifier,
        "mode": mode_now(rule, now),
        "muted_until": rule.muted_until if muted_now(rule, now) else None,
        "state": _overall(rule, states),
        "environments": states,
        "version": current.number if current else None,
        "content_hash": current.content_hash if current else None,
        **{name: getattr(rule, name) for name in plain},
    }
