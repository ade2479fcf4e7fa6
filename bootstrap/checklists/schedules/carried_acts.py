"""The acts of earlier periods that items in the open run of a schedule still stand on.

When the run of a period opens, nothing in it is signed. What people decided in the last one holds until it expires: so
many days after the act as the schedule says, a waiver at most until its review date. What somebody does in the newer
run counts from then on, except for the first of two signatures. An item that says something else now stands on nothing.
`bootstrap.prerequisites.carried` says the same of what proves a prerequisite, where a waiver proves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import CharField, DateTimeField, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import MD5, Cast, Concat

from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.queries import newest_sign_offs

_RUN = "section__version__runs"
# How a run of a schedule has ended whose signatures hold on. Who closes one by hand with something left to do is told
# that what it proved no longer counts.
PROVING = (Run.Outcome.FINISHED, Run.Outcome.MISSED)
_CARRIED = (SignOff.Act.DONE, SignOff.Act.NOT_APPLICABLE, SignOff.Act.WAIVED)
# Of an item's wording what is in no column of its own; what it waits for is no part of what a signature says.
_SEPARATOR = Value("\x1f")
WORDING = MD5(
    Concat(
        *chain.from_iterable((F(name), _SEPARATOR) for name in ("text", "body", "condition", "evidence_kind")),
        Cast("two_person", CharField()),
        Cast("evidence_required", CharField()),
        output_field=CharField(),
    )
)
_RUN_COLUMNS = (f"{_RUN}__schedule_id", f"{_RUN}__schedule__expires_after", f"{_RUN}__closed_at", f"{_RUN}__pk")
_COLUMNS = (*_RUN_COLUMNS, "pk", "key", "kind", "optional", "flag", "values", "wording")

Acts = dict[tuple[int, int], SignOff]


class _PeriodItem(NamedTuple):
    """An item of a run of a schedule; `said` is what a signature on it says."""

    schedule: int
    expires_after: int
    closed_at: datetime | None
    run: int
    item: int
    said: tuple[Any, ...]


def of_earlier_periods(now: datetime, times: int = 1) -> Q:
    """Items of the runs that their schedule closed, or somebody with all done, as long as a signature in them may hold,
    or so many `times` as long."""
    holds = ExpressionWrapper(F(f"{_RUN}__schedule__expires_after") * timedelta(days=times), DurationField())
    since = ExpressionWrapper(Value(now, DateTimeField()) - holds, DateTimeField())
    return Q(**{f"{_RUN}__outcome__in": PROVING, f"{_RUN}__schedule__isnull": False, f"{_RUN}__closed_at__gte": since})


def carried_acts(scheduled: Mapping[int, int], now: datetime, keys: Collection[str] | None = None) -> Acts:
    """By run id and item id, the act of an earlier period that counts at `now`; other items are left out.

    `scheduled` are open runs with the ids of their schedules, `keys` those of the items that matter (None: all).
    Three statements; none without a run.
    """
    if not scheduled:
        return {}
    rows = list(_rows(set(scheduled.values()), now, keys))
    acts = newest_sign_offs({row.run for row in rows}, {row.item for row in rows})
    same: dict[tuple[int, str], list[_PeriodItem]] = defaultdict(list)
    for row in rows:
        same[row.schedule, repr(row.said)].append(row)
    found: Acts = {}
    for each in same.values():
        for place, row in enumerate(each):
            if row.run in scheduled and not _decides(acts.get((row.run, row.item))):
                act = _standing(each[place + 1 :], acts, now)
                if act is not None:
                    found[row.run, row.item] = act
    return found


def decided_before(schedules: Collection[int], keys: Collection[str]) -> set[tuple[int, str]]:
    """(schedule id, key) of the items that somebody signed, waived or left out in a period that is over, whether that
    holds or has expired; what was taken back is left out. One statement; none without a schedule."""
    if not schedules:
        return set()
    later = SignOff.objects.filter(run=OuterRef("run"), item=OuterRef("item"), sequence__gt=OuterRef("sequence"))
    acts = SignOff.objects.filter(run__schedule__in=schedules, run__outcome__in=PROVING, item__key__in=keys)
    decisions = acts.filter(~Exists(later), act__in=_CARRIED)
    return set(decisions.order_by().values_list("run__schedule_id", "item__key").distinct())


def _rows(schedules: Collection[int], now: datetime, keys: Collection[str] | None) -> Iterator[_PeriodItem]:
    """The items of open runs and of earlier periods, those of the newest run first. Two statements."""
    in_runs = Q(**{f"{_RUN}__schedule__in": schedules}) & (
        Q(**{f"{_RUN}__closed_at__isnull": True}) | of_earlier_periods(now)
    )
    items = Item.objects.filter(in_runs if keys is None else in_runs & Q(key__in=keys)).annotate(wording=WORDING)
    rows = list(items.order_by(f"-{_RUN}__started_at", f"-{_RUN}__pk").values_list(*_COLUMNS))
    variables: dict[int, list[int]] = defaultdict(list)
    linked = Item.variables.through.objects.filter(item__in={row[len(_RUN_COLUMNS)] for row in rows})
    for item, variable in linked.order_by("configvar_id").values_list("item_id", "configvar_id"):
        variables[item].append(variable)
    for schedule, expires_after, closed_at, run, item, *said in rows:
        yield _PeriodItem(schedule, expires_after, closed_at, run, item, (*said, tuple(variables[item])))


def _standing(earlier: Sequence[_PeriodItem], acts: Acts, now: datetime) -> SignOff | None:
    """The newest act that decided on the item, where it holds on and has not expired."""
    row = next((row for row in earlier if _decides(acts.get((row.run, row.item)))), None)
    if row is None:
        return None
    act = acts[row.run, row.item]
    holds = row.closed_at is None or act.at + timedelta(days=row.expires_after) > now
    return act if holds and act.act in _CARRIED else None


def _decides(act: SignOff | None) -> bool:
    return act is not None and act.act != SignOff.Act.SIGNED
