"""Rules over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from detections.rules.models import Rule
from opsconsole.lib.api import Page, Paged, Problem, Text
from opsconsole.lib.paging import page

router = Router(tags=["rules"])


class RuleOut(Schema):
    """One detection in its current wording."""

    id: int
    rule: str = Field(description="Identifier, e.g. DET-BETA-003.")
    title: str
    category: str
    owner: str
    mode: str = Field(description="draft, shadow, active, muted or retired; dormant is derived from prerequisites.")
    muted_until: datetime | None
    version: int | None
    content_hash: str | None
    firing: int = Field(description="Open alerts.")


class RuleFilters(Paged):
    mode: Text = ""
    category: Text = ""


@router.get("/", response={200: Page[RuleOut], 422: Problem}, url_name="rules", summary="List rules by identifier")
def list_rules(request: HttpRequest, filters: Query[RuleFilters]) -> dict[str, Any]:
    found, following = page(request, _matching(filters), (("identifier", str),), descending=False)
    return {"items": [_item(rule) for rule in found], "next": following}


def _matching(filters: RuleFilters) -> QuerySet[Rule]:
    asked = {name: value for name in ("mode", "category") if (value := getattr(filters, name))}
    firing = Count("alerts", filter=Q(alerts__dedup_key__isnull=False))
    return Rule.objects.filter(**asked).select_related("current").annotate(firing=firing)


def _item(rule: Rule) -> dict[str, Any]:
    plain = ("id", "title", "category", "owner", "mode", "muted_until", "firing")
    current = rule.current
    return {
        "rule": rule.identifier,
        "version": current.number if current else None,
        "content_hash": current.content_hash if current else None,
        **{name: getattr(rule, name) for name in plain},
    }
