"""Compares the flags that an application's source names with those that checklists cover.

Whoever adds a subsystem behind a flag updates the checklist in the same pull request.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Prefetch

from bootstrap.checklists.models import ChecklistVersion, Item, Section
from bootstrap.importer.flag_coverage.source_scan import Mention, Scan, scan
from bootstrap.importer.vocabulary import FLAG
from bootstrap.systems.models import Flag
from bootstrap.systems.value_rules.flags import PREFIXES


@dataclass(frozen=True)
class FlagCoverage:
    """`uncovered`: flags that the source names and no checklist covers, with the places; `unused`: the other way."""

    uncovered: dict[str, list[Mention]]
    unused: list[str]
    covered: list[str]
    scanned: Scan


def coverage(source: Path, system: str = "") -> FlagCoverage:
    """Compare the source below `source` with the newest version of every checklist (of `system`, if given)."""
    names = _names(system)
    scanned = scan(source, {alias: name for alias, name in names.items() if alias != name})
    covered = {names.get(name, name) for name in _covered(system)}
    places: dict[str, list[Mention]] = defaultdict(list)
    for mention in scanned.mentions:
        places[names.get(mention.flag, mention.flag)].append(mention)
    return FlagCoverage(
        uncovered={name: places[name] for name in sorted(places) if name not in covered},
        unused=sorted(covered - places.keys()),
        covered=sorted(covered & places.keys()),
        scanned=scanned,
    )


def _names(system: str) -> dict[str, str]:
    """Flag names by name, by alias and by the name in lower case without its prefix."""
    names: dict[str, str] = {}
    flags = Flag.objects.filter(system__slug=system) if system else Flag.objects.all()
    for flag in flags:
        shorts = [flag.name.removeprefix(prefix).lower() for prefix in PREFIXES if flag.name.startswith(prefix)]
        for alias in (*shorts, *flag.aliases, flag.name):
            names[alias] = flag.name
    return names


def _covered(system: str) -> set[str]:
    """Every flag that an item, a variable or a gate of a newest version names."""
    newest = ChecklistVersion.objects.order_by("checklist_id", "-number").distinct("checklist_id")
    chosen = newest.filter(checklist__system__slug=system) if system else newest
    sections = Section.objects.filter(version__in=chosen.values("pk")).prefetch_related(
        "gate_flags", "variables", Prefetch("items", queryset=Item.objects.select_related("flag"))
    )
    covered: set[str] = set()
    for section in sections:
        covered.update(flag.name for flag in section.gate_flags.all())
        covered.update(item.flag.name for item in section.items.all() if item.flag)
        texts = [f"{item.text} {item.body} {item.condition}" for item in section.items.all()]
        cells = [json.dumps(row.cells) for row in section.variables.all()]
        covered.update(FLAG.findall(" ".join([section.title, *texts, *cells])))
    return covered
