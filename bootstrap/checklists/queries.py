"""Reads of runs and of the acts on their items. The number of statements does not depend on the number of items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from django.db import connection
from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from bootstrap.checklists.models import ChecklistVersion, EvidenceFile, Run, SignOff
from bootstrap.checklists.progress import LAPSED, ItemProgress, Progress, item_progress, progress_of
from bootstrap.checklists.version_queries import item_facts

# The advisory lock under which acts are appended, over all runs, until the transaction ends. The number ("SIGN" in
# ASCII) is arbitrary; nothing else in the console may use it.
CHAIN_LOCK = 0x5349474E
LOCK_CHAIN = "SELECT pg_advisory_xact_lock(%s)"


def lock_chain() -> None:
    """Lock the chain of sign-offs until the transaction ends; wait for whoever has it. Call inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CHAIN, [CHAIN_LOCK])


def newest_sign_offs(run_ids: Collection[int], item_ids: Collection[int]) -> dict[tuple[int, int], SignOff]:
    """By (run id, item id), the newest act with its author. Items without an act are left out. One statement."""
    acts = _newest(SignOff.objects.filter(run__in=run_ids, item__in=item_ids)).select_related("by")
    return {(act.run_id, act.item_id): act for act in acts}


def newest_acts(run_ids: Collection[int], now: datetime) -> dict[int, dict[int, str]]:
    """By run id and item id, the newest act (`SignOff.Act`), or LAPSED for a waiver that ended before `now`."""
    acts: dict[int, dict[int, str]] = defaultdict(dict)
    today = now.astimezone(UTC).date()
    rows = _newest(SignOff.objects.filter(run__in=run_ids)).values_list("run", "item", "act", "review_by")
    for run_id, item_id, act, review_by in rows:
        acts[run_id][item_id] = LAPSED if review_by and review_by < today else act
    return acts


def _newest(acts: QuerySet[SignOff]) -> QuerySet[SignOff]:
    return acts.order_by("run_id", "item_id", "-sequence").distinct("run_id", "item_id")


def item_progress_by_run(
    runs: Iterable[Run], now: datetime, carried: Mapping[tuple[int, int], SignOff] | None = None
) -> dict[int, dict[int, ItemProgress]]:
    """By run id and item id, the state of each item at `now`. Three statements.

    `carried` are acts by run and item that count as if they were made in that run (`schedules.carried_acts`).
    """
    wanted = list(runs)
    facts = item_facts({run.version_id for run in wanted})
    acts = newest_acts([run.pk for run in wanted], now)
    for (run_id, item_id), act in (carried or {}).items():
        acts[run_id][item_id] = LAPSED if act.lapsed(now) else act.act
    return {
        run.pk: item_progress([replace(item, act=acts[run.pk].get(item.id)) for item in facts[run.version_id]])
        for run in wanted
    }


def progress_by_run(runs: Iterable[Run], now: datetime) -> dict[int, Progress]:
    """By run id, the counts of its items by state at `now`. Three statements."""
    return {run_id: progress_of(items.values()) for run_id, items in item_progress_by_run(runs, now).items()}


def runs() -> QuerySet[Run]:
    """All runs, each with its checklist and its runbook, environment and system."""
    return Run.objects.select_related("version__checklist__runbook", "environment__system")


def open_runs() -> QuerySet[Run]:
    """Open runs by system and environment, the newest first."""
    open_ones = runs().filter(closed_at__isnull=True)
    return open_ones.order_by("environment__system__slug", "environment__slug", "-started_at")


def closed_runs() -> QuerySet[Run]:
    """Closed runs, those closed last first."""
    return runs().filter(closed_at__isnull=False).order_by("-closed_at", "-pk")


def matching(queryset: QuerySet[Run], kind: str = "", words: str = "") -> QuerySet[Run]:
    """The runs of one kind of checklist that have each of the words in title, subject or environment.

    Empty `kind` and `words` match all. `moved_at` on each run is when it was closed, or else when it was started.
    """
    matches = queryset.annotate(moved_at=Coalesce("closed_at", "started_at"))
    if kind:
        matches = matches.filter(version__checklist__kind=kind)
    for word in words.split():
        matches = matches.filter(
            Q(version__checklist__title__icontains=word)
            | Q(subject__icontains=word)
            | Q(environment__slug__icontains=word)
            | Q(environment__system__slug__icontains=word)
        )
    return matches


def run_of(system: str, environment: str) -> QuerySet[Run]:
    """The runs of the environment with these slugs, closed ones too, each with its schedule and who closed it."""
    found = runs().filter(environment__system__slug=system, environment__slug=environment)
    return found.select_related("version__checklist", "environment__system", "schedule", "closed_by")


def last_acts(runs: Iterable[Run]) -> dict[int, SignOff]:
    """By run id, the newest act on any of its items. Runs without an act are left out."""
    acts = SignOff.objects.filter(run__in=[run.pk for run in runs]).order_by("run_id", "-pk").distinct("run_id")
    return {act.run_id: act for act in acts.select_related("by", "item")}


def acts_by_item(run: Run) -> dict[int, list[SignOff]]:
    """By item id, all acts on it with their authors, oldest first. Items without an act are left out."""
    acts: dict[int, list[SignOff]] = defaultdict(list)
    for act in run.sign_offs.order_by("sequence").prefetch_related("by"):  # few people, many acts: no join
        acts[act.item_id].append(act)
    return dict(acts)


def files_of(run: Run) -> QuerySet[EvidenceFile]:
    """The evidence files that sign-offs of the run name, including those taken over from an earlier run."""
    named = SignOff.objects.filter(run=run).annotate(
        named=Cast(KeyTextTransform("id", KeyTransform("file", "evidence")), BigIntegerField())
    )
    return EvidenceFile.objects.filter(pk__in=named.filter(named__isnull=False).values("named"))


def newer_version(run: Run) -> ChecklistVersion | None:
    """The newest version of the run's checklist, or None where the run is pinned to it."""
    newer = ChecklistVersion.objects.filter(checklist=run.version.checklist_id, number__gt=run.version.number)
    return newer.order_by("-number").select_related("checklist").first()
