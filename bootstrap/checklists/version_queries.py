"""Reads of what the versions of a checklist say. The number of statements does not depend on the number of items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.urls import reverse

from bootstrap.checklists.models import ChecklistVersion, Item, ItemDependency, SectionVariable
from bootstrap.checklists.progress import ItemFacts
from bootstrap.checklists.version_changes import Wording
from bootstrap.systems.models import ConfigVar

# Variables whose source path begins with this are set by the host itself (an add-on): nobody runs a command for them.
MANAGED = "managed"


@dataclass(frozen=True)
class SettableVariable:
    """A variable that a person sets. `generator` is a shell command that prints a fresh value, empty without one."""

    name: str
    generator: str


@dataclass(frozen=True)
class _Dependencies:
    """By item id: the items and sections it waits for, the items it is done together with, those of which one is
    enough."""

    items: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    sections: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    together: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    one_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def newest_versions(kind: str = "") -> QuerySet[ChecklistVersion]:
    """The newest version of each checklist of `kind` (empty: of all), by system and title."""
    newest = ChecklistVersion.objects.order_by("checklist_id", "-number").distinct("checklist_id")
    versions = ChecklistVersion.objects.filter(pk__in=newest.values("pk")).select_related("checklist__system")
    if kind:
        versions = versions.filter(checklist__kind=kind)
    return versions.order_by("checklist__system__slug", "checklist__title")


def chapters_url(version: ChecklistVersion) -> str:
    """The address beneath which each section of the version is found in its runbook, by line; empty without a runbook.

    One statement.
    """
    runbooks = ChecklistVersion.objects.filter(pk=version.pk, runbook_version__isnull=False)
    for slug, number in runbooks.values_list("runbook_version__runbook__slug", "runbook_version__number"):
        return f"{reverse('runbook', args=[slug])}versions/{number}/lines/"
    return ""


def item_facts(version_ids: Collection[int]) -> dict[int, list[ItemFacts]]:
    """By version id, its items in order with what they wait for. `act` is None: acts belong to runs. Two statements."""
    dependencies = _dependencies(version_ids)
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
                tuple(dependencies.items[pk]),
                tuple(dependencies.sections[pk]),
                together=tuple(dependencies.together[pk]),
                one_of=tuple(dependencies.one_of[pk]),
                optional=optional,
            )
        )
    return facts


def _dependencies(version_ids: Collection[int]) -> _Dependencies:
    dependencies = _Dependencies()
    rows = ItemDependency.objects.filter(item__section__version__in=version_ids).order_by("pk")
    for kind, item, needed, section in rows.values_list("kind", "item", "needs_item", "needs_section"):
        if kind == ItemDependency.Kind.TOGETHER and needed is not None:
            dependencies.together[item].append(needed)
            dependencies.together[needed].append(item)
        elif kind == ItemDependency.Kind.ONE_OF and needed is not None:
            dependencies.one_of[item].append(needed)
        elif needed is not None:
            dependencies.items[item].append(needed)
        if section is not None:
            dependencies.sections[item].append(section)
    return dependencies


def pair_of(item: Item) -> list[Item]:
    """The items that are done in one act with `item`, itself first; only itself where it has no partner.

    One statement.
    """
    together = ItemDependency.Kind.TOGETHER
    partners = Item.objects.filter(
        Q(needs__needs_item=item.pk, needs__kind=together) | Q(needed_by__item=item.pk, needed_by__kind=together)
    )
    return [item, *partners.distinct().order_by("section__order", "order")]


def variables_by_item(version_id: int) -> dict[int, list[ConfigVar]]:
    """By item id, the variables it is about, in the order in which the item names them."""
    variables: dict[int, list[ConfigVar]] = defaultdict(list)
    links = Item.variables.through.objects.filter(item__section__version=version_id)
    for link in links.order_by("pk").select_related("configvar"):
        variables[link.item_id].append(link.configvar)
    return variables


def settable_by_item(version_id: int) -> dict[int, list[SettableVariable]]:
    """By item id, the variables it is about, without those that the host manages."""
    variables: dict[int, list[SettableVariable]] = defaultdict(list)
    links = Item.variables.through.objects.filter(item__section__version=version_id).order_by("pk")
    for item, name, generator, path in links.values_list(
        "item", "configvar__name", "configvar__generator", "configvar__source_path"
    ):
        if not path.lower().startswith(MANAGED):
            variables[item].append(SettableVariable(name, generator))
    return variables


def uncovered_variables(version_id: int) -> dict[int, list[SettableVariable]]:
    """By section id, the variables of its table that no item is about, without those that the host manages."""
    variables: dict[int, list[SettableVariable]] = defaultdict(list)
    rows = SectionVariable.objects.filter(section__version=version_id, variable__isnull=False)
    rows = rows.exclude(variable__in=ConfigVar.objects.filter(items__section__version=version_id))
    rows = rows.exclude(variable__source_path__istartswith=MANAGED).order_by("section", "order")
    for section, name, generator in rows.values_list("section", "variable__name", "variable__generator"):
        variables[section].append(SettableVariable(name, generator))
    return variables


def table_rows(version_id: int) -> dict[int, list[list[list[str]]]]:
    """By section id, the rows of its table of variables, each `[[column, markdown], …]`."""
    rows: dict[int, list[list[list[str]]]] = defaultdict(list)
    variables = SectionVariable.objects.filter(section__version=version_id).order_by("section", "order")
    for section, cells in variables.values_list("section", "cells"):
        rows[section].append(cells)
    return rows


def wordings(version_id: int) -> dict[str, Wording]:
    """By item key, in the order of the checklist, what each item says. Three statements."""
    variables = variables_by_item(version_id)
    needs = _needs_in_words(version_id)
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
            level=item.level,
            needs=tuple(needs.get(item.pk, ())),
        )
        for item in items.order_by("section__order", "order")
    }


def _needs_in_words(version_id: int) -> dict[int, list[str]]:
    """By item id, what it waits for as text that is comparable between versions: `KEY`, `with:KEY`, `one-of:KEY`,
    `section:SLUG`."""
    needs: dict[int, list[str]] = defaultdict(list)
    for kind, item, key, needed, needed_key, slug in (
        ItemDependency.objects.filter(item__section__version=version_id)
        .order_by("pk")
        .values_list("kind", "item", "item__key", "needs_item", "needs_item__key", "needs_section__slug")
    ):
        if kind == ItemDependency.Kind.TOGETHER:
            needs[item].append(f"with:{needed_key}")
            needs[needed].append(f"with:{key}")
        elif kind == ItemDependency.Kind.ONE_OF:
            needs[item].append(f"one-of:{needed_key}")
        else:
            needs[item].append(needed_key or f"section:{slug}")
    return needs
