"""What edited items have to do with: open runs in which they are signed, and rules that name them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.queries import newest_sign_offs
from bootstrap.importer.editing.acts import key_of
from bootstrap.importer.editing.outline import Outline
from bootstrap.runbooks.models import Runbook


@dataclass(frozen=True)
class NamingRule:
    """A rule that has an item or a section as a prerequisite."""

    name: str
    url: str


# The rules in force by what they name: `item:KEY`, `section:SLUG`. Rules are above this room: who includes its pages
# says how they are read.
RulesNaming = Callable[[], Mapping[str, Sequence[NamingRule]]]


def no_rules() -> Mapping[str, Sequence[NamingRule]]:
    """Where nobody says."""
    return {}


@dataclass(frozen=True)
class RunAffected:
    """An open run of an earlier version, and which of the items are settled in it."""

    run: Run
    settled: tuple[str, ...]


def open_runs_with(runbook: Runbook, keys: Collection[str]) -> list[RunAffected]:
    """The open runs of the runbook's checklists. Three statements."""
    runs = list(
        Run.objects.filter(checklist__runbook=runbook, closed_at=None)
        .select_related("environment__system", "version__checklist")
        .order_by("pk")
    )
    versions = {run.version_id for run in runs}
    items = dict(Item.objects.filter(section__version__in=versions, key__in=keys).values_list("pk", "key"))
    settled: dict[int, list[str]] = defaultdict(list)
    for (run_id, item_id), act in newest_sign_offs([run.pk for run in runs], items).items():
        if act.act != SignOff.Act.UNDONE:
            settled[run_id].append(items[item_id])
    return [RunAffected(run, tuple(sorted(settled[run.pk]))) for run in runs]


def waiting_for(outline: Outline, refs: Collection[str]) -> list[str]:
    """The keys of the items of the same checklist that wait for one of these, without these themselves."""
    keys = {key_of(ref) for ref in refs}
    checklist = next(iter(refs), "").partition(":")[0]
    return [
        place.row.key
        for ref, place in outline.items.items()
        if ref not in refs and ref.startswith(f"{checklist}:") and keys & {*place.row.needs_items, *place.row.together}
    ]


def rules_of(rules_naming: RulesNaming, names: Iterable[str]) -> list[NamingRule]:
    """The rules that name one of these (`item:KEY`), each once."""
    naming = rules_naming()
    return list(dict.fromkeys(rule for name in names for rule in naming.get(name, ())))
