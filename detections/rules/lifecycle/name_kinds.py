"""The names that a rule may name and that exist elsewhere, by kind: found by a part of them, or all to compare with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from bootstrap.checklists.models import Item, Section
from bootstrap.systems.models import ConfigVar, Flag
from detections.probes.models import ProbeInvariant, ProbeTarget
from detections.probes.program import probe
from detections.rules.models import Rule
from detections.rules.spec.conditions.probe_check import NO_RUN
from opsconsole.accounts.models import Owner, User

MOST = 5_000  # names of a kind that are compared with one that nothing answers to
RUN_CHECKS = ("elevated_failures", "infra_flake_single_run", "failure_single_run", "variant_split_drift")
FIXTURES = Path(__file__).parent.parent / "packs" / "fixtures"


@dataclass(frozen=True)
class KnownName:
    """A name; `says` explains it."""

    word: str
    says: str = ""


@dataclass(frozen=True)
class NameKind:
    """What people call a name of this kind ("checklist item"), and how names that contain a text are found: at most so
    many, in order."""

    called: str
    find: Callable[[str, int], list[KnownName]]


def _of(rows: Callable[[], QuerySet[Any]], column: str, says: str) -> Callable[[str, int], list[KnownName]]:
    """Finds distinct values of a column. One query."""

    def find(text: str, most: int) -> list[KnownName]:
        found = rows().filter(**{f"{column}__icontains": text}).order_by(column).distinct(column)
        return [KnownName(word, str(why or "")[:80]) for word, why in found.values_list(column, says)[:most]]

    return find


def _flags(text: str, most: int) -> list[KnownName]:
    """Names and aliases of flags that a checklist has an item for."""
    rows = Flag.objects.filter(items__isnull=False).distinct().values_list("name", "aliases", "description")
    flags = list(rows[:MOST])
    found = {alias: f"alias of {name}" for name, aliases, _ in flags for alias in aliases}
    found |= {name: says[:80] for name, _, says in flags}
    return [KnownName(word, found[word]) for word in sorted(found) if text.lower() in word.lower()][:most]


def _owners(text: str, most: int) -> list[KnownName]:
    """Owners, and active people under their user names, who can be called as well."""
    people = User.objects.filter(is_active=True, username__icontains=text).order_by("username")
    found = dict.fromkeys(people.values_list("username", flat=True)[:most], "person")
    found |= {each.word: each.says for each in _of(Owner.objects.all, "name", "description")(text, most)}
    return [KnownName(word, found[word]) for word in sorted(found)][:most]


def _fixtures(text: str, most: int) -> list[KnownName]:
    names = sorted(path.stem for path in FIXTURES.glob("*.json"))
    return [KnownName(name) for name in names if text.lower() in name.lower()][:most]


def _probe_checks(text: str, most: int) -> list[KnownName]:
    """The checks that every run has, those of the kinds of invariants, and those that targets name."""
    found = dict.fromkeys(RUN_CHECKS, "of every run") | {NO_RUN: "no run ends any more"}
    found |= {kind.check: f"of {name.replace('_', ' ')}" for name, kind in probe.KINDS.items()}
    named = ProbeInvariant.objects.exclude(check_id="").order_by("check_id", "target__slug").distinct("check_id")
    found |= {check: f"of {target}" for check, target in named.values_list("check_id", "target__slug")[:MOST]}
    return [KnownName(word, found[word]) for word in sorted(found) if text.lower() in word][:most]


def _in_checklists() -> QuerySet[ConfigVar]:
    return ConfigVar.objects.filter(items__isnull=False)


def _with_application() -> QuerySet[ConfigVar]:
    return _in_checklists().annotate(path=Concat(F("app__slug"), Value("/"), F("name")))


KINDS: Mapping[str, NameKind] = MappingProxyType(
    {
        "flag": NameKind("flag of a checklist", _flags),
        "var": NameKind("variable of a checklist", _of(_in_checklists, "name", "app__slug")),
        "app_var": NameKind("variable of a checklist", _of(_with_application, "path", "config_key")),
        "item": NameKind("checklist item", _of(Item.objects.all, "key", "section__title")),
        "section": NameKind("checklist section", _of(Section.objects.all, "slug", "title")),
        "variable": NameKind("variable", _of(ConfigVar.objects.all, "name", "app__slug")),
        "probe_target": NameKind("probe target", _of(ProbeTarget.objects.all, "slug", "name")),
        "probe_check": NameKind("check of a probe", _probe_checks),
        "owner": NameKind("owner", _owners),
        "fixture": NameKind("fixture", _fixtures),
        "parent": NameKind("rule", _of(Rule.objects.all, "identifier", "title")),
    }
)
