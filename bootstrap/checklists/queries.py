"""Reads of runs, items and sign-offs; a fixed number of statements, however many items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.db import connection
from django.db.models import BigIntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from bootstrap.checklists.models import (
    ChecklistVersion,
    EvidenceFile,
    Item,
    ItemDependency,
    Run,
    SectionVariable,
    SignOff,
)
from bootstrap.checklists.progress import LAPSED, ItemFacts, ItemProgress, Progress, progress_of, standings
from bootstrap.checklists.version_changes import Wording
from bootstrap.systems.models import ConfigVar, Deployment


@dataclass(frozen=True)
class Settable:
    """A variable that an item sets, with a command that prints a fresh value."""

    name: str
    generator: str


# Held until the transaction ends: acts are chained one after another, over all runs. Any number that nothing else uses.
CHAIN_LOCK = 0x5349474E
LOCK_CHAIN = "SELECT pg_advisory_xact_lock(%s)"


def lock_chain() -> None:
    """Wait for the right to append to the chain of sign-offs; call inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CHAIN, [CHAIN_LOCK])


def newest_sign_offs(run_ids: Collection[int], item_ids: Collection[int]) -> dict[tuple[int, int], SignOff]:
    """The newest act on each (run id, item id) among these, with its author; pairs without one are left out."""
    acts = _newest(SignOff.objects.filter(run__in=run_ids, item__in=item_ids)).select_related("by")
    return {(act.run_id, act.item_id): act for act in acts}


def newest_acts(run_ids: Collection[int], now: datetime) -> dict[int, dict[int, str]]:
    """By run id and item id, what the newest act was; LAPSED for a waiver whose review date has passed."""
    acts: dict[int, dict[int, str]] = defaultdict(dict)
    today = now.astimezone(UTC).date()
    found = _newest(SignOff.objects.filter(run__in=run_ids)).values_list("run", "item", "act", "review_by")
    for run_id, item_id, act, review_by in found:
        acts[run_id][item_id] = LAPSED if review_by and review_by < today else act
    return acts


def _newest(acts: QuerySet[SignOff]) -> QuerySet[SignOff]:
    return acts.order_by("run_id", "item_id", "-sequence").distinct("run_id", "item_id")


def item_facts(version_ids: Collection[int]) -> dict[int, list[ItemFacts]]:
    """By version id, what its items wait for; without acts, which belong to runs. Two statements."""
    needs_items: dict[int, list[int]] = defaultdict(list)
    needs_sections: dict[int, list[int]] = defaultdict(list)
    together: dict[int, list[int]] = defaultdict(list)
    needs = ItemDependency.objects.filter(item__section__version__in=version_ids).order_by("pk")
    for kind, item, needed, section in needs.values_list("kind", "item", "needs_item", "needs_section"):
        if kind == ItemDependency.Kind.TOGETHER and needed is not None:
            together[item].append(needed)
            together[needed].append(item)
        elif needed is not None:
            needs_items[item].append(needed)
        if section is not None:
            needs_sections[item].append(section)
    facts: dict[int, list[ItemFacts]] = defaultdict(list)
    items = Item.objects.filter(section__version__in=version_ids).order_by("section__order", "order")
    for version, pk, section, kind, optional in items.values_list(
        "section__version", "pk", "section", "kind", "optional"
    ):
        facts[version].append(
            ItemFacts(
                pk,
                section,
                kind == Item.Kind.FLAG,
                tuple(needs_items[pk]),
                tuple(needs_sections[pk]),
                together=tuple(together[pk]),
                optional=optional,
            )
        )
    return facts


def pair_of(item: Item) -> list[Item]:
    """The items that are done in one act with it, itself first; one alone where it is of no pair. One statement."""
    together = ItemDependency.Kind.TOGETHER
    partners = Item.objects.filter(
        Q(needs__needs_item=item.pk, needs__kind=together) | Q(needed_by__item=item.pk, needed_by__kind=together)
    )
    return [item, *partners.distinct().order_by("section__order", "order")]


def standings_of(wanted: Iterable[Run], now: datetime) -> dict[int, dict[int, ItemProgress]]:
    """By run id and item id, how each item of each run stands at `now`. Three statements."""
    found = list(wanted)
    facts = item_facts({run.version_id for run in found})
    acts = newest_acts([run.pk for run in found], now)
    return {
        run.pk: standings([replace(item, act=acts[run.pk].get(item.id)) for item in facts[run.version_id]])
        for run in found
    }


def progress_by_run(wanted: Iterable[Run], now: datetime) -> dict[int, Progress]:
    """By run id, how far it has come at `now`. Three statements."""
    return {pk: progress_of(found.values()) for pk, found in standings_of(wanted, now).items()}


def runs() -> QuerySet[Run]:
    """All runs with what their pages name."""
    return Run.objects.select_related("version__checklist", "environment__system")


def open_runs() -> QuerySet[Run]:
    """Open runs, by system and environment, the newest first."""
    found = runs().filter(closed_at__isnull=True)
    return found.order_by("environment__system__slug", "environment__slug", "-started_at")


def closed_runs() -> QuerySet[Run]:
    """Closed runs, those closed last first: the history of what is done again and again."""
    return runs().filter(closed_at__isnull=False).order_by("-closed_at", "-pk")


def matching(found: QuerySet[Run], kind: str = "", words: str = "") -> QuerySet[Run]:
    """Those of one kind of checklist, and with all of the words in title, environment or subject; `moved_at` is when
    they were closed, or else started."""
    found = found.annotate(moved_at=Coalesce("closed_at", "started_at"))
    if kind:
        found = found.filter(version__checklist__kind=kind)
    for word in words.split():
        found = found.filter(
            Q(version__checklist__title__icontains=word)
            | Q(subject__icontains=word)
            | Q(environment__slug__icontains=word)
            | Q(environment__system__slug__icontains=word)
        )
    return found


def run_of(system: str, environment: str) -> QuerySet[Run]:
    """The runs of one environment, also closed ones, by the slugs of its address."""
    return runs().filter(environment__system__slug=system, environment__slug=environment)


def last_acts(wanted: Iterable[Run]) -> dict[int, SignOff]:
    """By run id, the newest act on any of its items."""
    acts = SignOff.objects.filter(run__in=[run.pk for run in wanted]).order_by("run_id", "-pk").distinct("run_id")
    return {act.run_id: act for act in acts.select_related("by", "item")}


def acts_by_item(run: Run) -> dict[int, list[SignOff]]:
    """By item id, all acts on it, oldest first, with their authors; items without one are left out."""
    acts: dict[int, list[SignOff]] = defaultdict(list)
    for act in run.sign_offs.order_by("sequence").prefetch_related("by"):  # few people, many acts
        acts[act.item_id].append(act)
    return dict(acts)


def files_of(run: Run) -> QuerySet[EvidenceFile]:
    """The files that sign-offs of the run name, also those taken over from an earlier run."""
    named = SignOff.objects.filter(run=run).annotate(
        named=Cast(KeyTextTransform("id", KeyTransform("file", "evidence")), BigIntegerField())
    )
    return EvidenceFile.objects.filter(pk__in=named.filter(named__isnull=False).values("named"))


def variables_by_item(version_id: int) -> dict[int, list[ConfigVar]]:
    """By item id, the variables it is about, in the order they were named."""
    variables: dict[int, list[ConfigVar]] = defaultdict(list)
    links = Item.variables.through.objects.filter(item__section__version=version_id)
    for link in links.order_by("pk").select_related("configvar"):
        variables[link.item_id].append(link.configvar)
    return variables


def settable_by_item(version_id: int) -> dict[int, list[Settable]]:
    """By item id, the variables it is about; those that the host sets itself (an add-on) are left out."""
    found: dict[int, list[Settable]] = defaultdict(list)
    links = Item.variables.through.objects.filter(item__section__version=version_id)
    told = links.order_by("pk").values_list("item", "configvar__name", "configvar__generator", "configvar__source_path")
    for item, name, generator, path in told:
        if not path.lower().startswith("managed"):
            found[item].append(Settable(name, generator))
    return found


def table_rows(version_id: int) -> dict[int, list[list[list[str]]]]:
    """By section id, the rows of its table of variables: `[[column, markdown], …]` each."""
    rows: dict[int, list[list[list[str]]]] = defaultdict(list)
    found = SectionVariable.objects.filter(section__version=version_id).order_by("section", "order")
    for section, cells in found.values_list("section", "cells"):
        rows[section].append(cells)
    return rows


def uncovered_variables(version_id: int) -> dict[int, list[Settable]]:
    """By section id, the variables of its table that no item is about; those that the host sets itself are left out."""
    found: dict[int, list[Settable]] = defaultdict(list)
    rows = SectionVariable.objects.filter(section__version=version_id, variable__isnull=False)
    rows = rows.exclude(variable__in=ConfigVar.objects.filter(items__section__version=version_id))
    told = rows.exclude(variable__source_path__istartswith="managed").order_by("section", "order")
    for section, name, generator in told.values_list("section", "variable__name", "variable__generator"):
        found[section].append(Settable(name, generator))
    return found


def host_name(run: Run) -> str | None:
    """What the host calls the checklist's application there; the first one where the checklist is of no one app."""
    deployments = Deployment.objects.filter(environment=run.environment_id).order_by("pk")
    app = run.version.checklist.app_id
    return (deployments.filter(app=app) if app else deployments).values_list("host_name", flat=True).first()


def newer_version(run: Run) -> ChecklistVersion | None:
    """The newest version of the run's checklist, where the run is pinned to an older one."""
    newer = ChecklistVersion.objects.filter(checklist=run.version.checklist_id, number__gt=run.version.number)
    return newer.order_by("-number").select_related("checklist").first()


def newest_versions(kind: str = "") -> QuerySet[ChecklistVersion]:
    """The newest version of each checklist, of one kind where it is given, by title."""
    newest = ChecklistVersion.objects.order_by("checklist_id", "-number").distinct("checklist_id")
    found = ChecklistVersion.objects.filter(pk__in=newest.values("pk")).select_related("checklist__system")
    if kind:
        found = found.filter(checklist__kind=kind)
    return found.order_by("checklist__system__slug", "checklist__title")


def wordings(version_id: int) -> dict[str, Wording]:
    """By key, in the order of the checklist, what each item says. Three statements."""
    variables = variables_by_item(version_id)
    needs: dict[int, list[str]] = defaultdict(list)
    for kind, item, key, needed, needed_key, slug in (
        ItemDependency.objects.filter(item__section__version=version_id)
        .order_by("pk")
        .values_list("kind", "item", "item__key", "needs_item", "needs_item__key", "needs_section__slug")
    ):
        if kind == ItemDependency.Kind.TOGETHER:
            needs[item].append(f"with:{needed_key}")
            needs[needed].append(f"with:{key}")
        else:
            needs[item].append(needed_key or f"section:{slug}")
    items = Item.objects.filter(section__version=version_id).select_related("section", "flag")
    return {
        item.key: Wording(
            section=item.section.title,
            text=item.text,
            body=item.body,
            kind=item.kind,
            flag=item.flag.name if item.flag else "",
            variables=tuple(variable.name for variable in variables.get(item.pk, ())),
            values=tuple(sorted(item.values.items())),
            condition=item.condition,
            two_person=item.two_person,
            evidence_required=item.evidence_required,
            evidence_kind=item.evidence_kind,
            optional=item.optional,
            needs=tuple(needs[item.pk]),
        )
        for item in items.order_by("section__order", "order")
    }
