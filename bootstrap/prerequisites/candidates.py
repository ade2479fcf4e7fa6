"""Reads the items of runs that predicates may be about, with the newest act on each and what contradicts it.

They are those of open runs; an item of a schedule's run stands on the last signature until that expires (`carried`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from bootstrap.checklists.models import Item, Run
from bootstrap.checklists.queries import newest_sign_offs
from bootstrap.checklists.schedules.carried_acts import WORDING, of_earlier_periods
from bootstrap.config_health.findings.contradictions import Claim, contradictions
from bootstrap.prerequisites.candidate import Candidate
from bootstrap.prerequisites.carried import with_carried

_RUN = "section__version__runs"
# In the order of Candidate's fields.
_COLUMNS = (
    f"{_RUN}__environment_id",
    f"{_RUN}__environment__system__slug",
    f"{_RUN}__environment__slug",
    f"{_RUN}__pk",
    "section__slug",
    "pk",
    "key",
    "kind",
    "optional",
    "values",
    "variables__name",
    "variables__app_id",
    "variables__app__slug",
    "variables__must_not_be_set",
    "variables__empty_is_unset",
    "section__version__checklist__app_id",
    "flag__name",
    "flag__aliases",
    f"{_RUN}__subject",
    f"{_RUN}__closed_at",
    f"{_RUN}__schedule_id",
    f"{_RUN}__schedule__expires_after",
    "wording",
    "superseded",
)
# How long an expired signature is still told of, as a multiple of the time that it held.
_TOLD = 2


def read_candidates(environment_ids: Collection[int], predicates: Sequence[str], now: datetime) -> list[Candidate]:
    """All candidates of these predicates, those of the newest run first. Three queries."""
    in_runs = Q(**{f"{_RUN}__environment__in": environment_ids}) & (
        Q(**{f"{_RUN}__closed_at__isnull": True}) | of_earlier_periods(now, _TOLD)
    )
    open_now = Run.objects.filter(schedule=OuterRef(f"{_RUN}__schedule"), closed_at__isnull=True)
    items = Item.objects.filter(in_runs & _may_be_about(predicates))
    items = items.annotate(wording=WORDING, superseded=Exists(open_now))
    rows = items.order_by(f"-{_RUN}__started_at", f"-{_RUN}__pk", "section__order", "order").values_list(*_COLUMNS)
    candidates = [Candidate(*row) for row in rows]
    acts = newest_sign_offs({c.run_id for c in candidates}, {c.item_id for c in candidates})
    signed = [replace(c, act=acts.get((c.run_id, c.item_id))) for c in candidates]
    return _with_contradictions(with_carried(signed, now), now)


def _may_be_about(predicates: Sequence[str]) -> Q:
    names: dict[str, list[str]] = defaultdict(list)
    for predicate in predicates:
        kind, _, name = predicate.partition(":")
        names[kind].append(name.rpartition("/")[2] if kind == "var" else name)
    return (
        Q(key__in=names["item"])
        | Q(variables__name__in=names["var"])
        | Q(flag__name__in=names["flag"])
        | Q(flag__aliases__overlap=names["flag"])
        | Q(section__slug__in=names["section"])
    )


def _with_contradictions(candidates: Sequence[Candidate], now: datetime) -> list[Candidate]:
    own = contradictions([_claim(candidate) for candidate in candidates], now)
    of_item: dict[tuple[int, int], str] = {}
    for candidate, contradiction in zip(candidates, own, strict=True):
        if contradiction:
            of_item.setdefault((candidate.run_id, candidate.item_id), contradiction)
    return [
        replace(
            candidate,
            contradiction=contradiction,
            item_contradiction=of_item.get((candidate.run_id, candidate.item_id), ""),
        )
        for candidate, contradiction in zip(candidates, own, strict=True)
    ]


def _claim(candidate: Candidate) -> Claim:
    """What a signature on the candidate says."""
    if candidate.kind == Item.Kind.FLAG:
        names = tuple(filter(None, (candidate.flag, *(candidate.aliases or ()))))
        return Claim(candidate.environment_id, names, candidate.app_id, flag=candidate.wants_on)
    return Claim(
        candidate.environment_id,
        (candidate.variable,) if candidate.variable else (),
        candidate.variable_app_id,
        forbidden=bool(candidate.forbidden),
        empty_is_value=candidate.empty_is_unset is False,
    )
