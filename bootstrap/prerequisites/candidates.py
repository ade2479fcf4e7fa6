"""Reads the items of open runs that predicates may be about, with the newest act on each and what contradicts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from bootstrap.checklists.models import Item, SignOff, run_url
from bootstrap.checklists.queries import newest_sign_offs
from bootstrap.config_health.findings.contradictions import Claim, contradictions
from bootstrap.systems.value_rules.flags import wanted_on

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
)


@dataclass(frozen=True)
class Candidate:
    """An item of an open run, once for each variable it is about, with the newest act on it.

    `contradiction` is what a fresh report says against the signature on this variable or flag, `item_contradiction`
    what one says against any variable of the item; both are empty where none does.
    """

    environment_id: int
    system: str
    environment: str
    run_id: int
    section: str
    item_id: int
    key: str
    kind: str
    optional: bool
    values: dict[str, str]
    variable: str | None
    variable_app_id: int | None
    variable_app: str | None
    forbidden: bool | None
    empty_is_unset: bool | None
    app_id: int | None
    flag: str | None
    aliases: list[str] | None
    act: SignOff | None = None
    contradiction: str = ""
    item_contradiction: str = ""

    @property
    def url(self) -> str:
        """The item's place on the page of its run."""
        return f"{run_url(self.system, self.environment, self.run_id)}#item-{self.key}"

    @property
    def wants_on(self) -> bool:
        return wanted_on(self.values, self.environment)

    @property
    def done(self) -> bool:
        return self.act is not None and self.act.act == SignOff.Act.DONE

    @property
    def left_out(self) -> bool:
        """Marked not applicable. False for a flag: one that is not applicable is off, and its section not in use."""
        not_applicable = self.act is not None and self.act.act == SignOff.Act.NOT_APPLICABLE
        return not_applicable and self.kind != Item.Kind.FLAG

    def is_about(self, kind: str, name: str) -> bool:
        """Whether the predicate `kind:name` is about this item."""
        if kind == "flag":
            return self.kind == Item.Kind.FLAG and name in (self.flag, *(self.aliases or ()))
        if kind == "var":
            return name in (self.variable, f"{self.variable_app}/{self.variable}")
        return name == {"item": self.key, "section": self.section}[kind]


def read_candidates(environment_ids: Collection[int], predicates: Sequence[str], now: datetime) -> list[Candidate]:
    """All candidates of these predicates, those of the newest run first. Three queries."""
    in_open_runs = Q(**{f"{_RUN}__environment__in": environment_ids, f"{_RUN}__closed_at__isnull": True})
    items = Item.objects.filter(in_open_runs & _may_be_about(predicates))
    rows = items.order_by(f"-{_RUN}__started_at", f"-{_RUN}__pk", "section__order", "order").values_list(*_COLUMNS)
    candidates = [Candidate(*row) for row in rows]
    acts = newest_sign_offs({c.run_id for c in candidates}, {c.item_id for c in candidates})
    return _with_contradictions([replace(c, act=acts.get((c.run_id, c.item_id))) for c in candidates], now)


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
