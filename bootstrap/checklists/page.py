"""What the page of a run shows, read in a fixed number of statements and laid out for the template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bootstrap.checklists.commands import Command, command
from bootstrap.checklists.models import ChecklistVersion, Item, Run, Section, SectionVariable, SignOff
from bootstrap.checklists.progress import Progress, Standing, progress_of, standings
from bootstrap.checklists.queries import acts_by_item, host_name, item_facts, newer_version, variables_by_item
from bootstrap.systems.models import ConfigVar


@dataclass(frozen=True)
class Waiting:
    """Something outside the checklist that an item arms: a detection, say."""

    name: str
    title: str
    url: str


@dataclass(frozen=True)
class ItemView:
    """An item with its standing, all acts on it (oldest first), what it waits for and what waits for it.

    `url` is where its acts are posted to (`<url>sign/` and so on), `seen` how many acts a signer of this page has
    seen, `newest` the act that made the state (None while open, even if it was signed and taken back before).
    """

    item: Item
    key: str
    url: str
    state: str
    standing: Standing
    acts: tuple[SignOff, ...]
    newest: SignOff | None
    seen: str
    waits_for: tuple[str, ...]
    commands: tuple[Command, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True)
class SectionView:
    """A section with its items; `header` and `rows` are its table of variables, cells as markdown."""

    section: Section
    items: tuple[ItemView, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    progress: Progress

    @property
    def unused(self) -> bool:
        """Switched off by its flags in this environment: folded, but counted."""
        return bool(self.items) and all(item.state == "not_applicable" for item in self.items)


@dataclass(frozen=True)
class RunView:
    """A run; `url` is its address, `last` the newest act on any item, `newer` a later version of its checklist."""

    run: Run
    url: str
    sections: tuple[SectionView, ...]
    progress: Progress
    last: SignOff | None
    newer: ChecklistVersion | None

    @property
    def next(self) -> ItemView | None:
        """The first item that can be signed now."""
        ready = (item for section in self.sections for item in section.items if item.state in ("open", "signed"))
        return next(ready, None)


def run_view(run: Run, waiting: Mapping[int, Sequence[Waiting]] | None = None) -> RunView:
    """`run` with all that its page shows; `waiting` by item id comes from whoever knows what depends on items."""
    acts = acts_by_item(run)
    facts = [
        replace(fact, act=acts[fact.id][-1].act if fact.id in acts else None)
        for fact in item_facts([run.version_id])[run.version_id]
    ]
    stands = standings(facts)
    by_section = _item_views(run, stands, acts, waiting or {})
    rows: dict[int, list[SectionVariable]] = defaultdict(list)
    for row in SectionVariable.objects.filter(section__version=run.version_id).order_by("section", "order"):
        rows[row.section_id].append(row)
    return RunView(
        run,
        run.get_absolute_url(),
        tuple(
            _section_view(section, by_section[section.pk], rows[section.pk])
            for section in Section.objects.filter(version=run.version_id).order_by("order")
        ),
        progress_of(stands.values()),
        max((act for found in acts.values() for act in found), key=lambda act: act.pk, default=None),
        newer_version(run) if run.closed_at is None else None,
    )


def _item_views(
    run: Run,
    stands: Mapping[int, Standing],
    acts: Mapping[int, Sequence[SignOff]],
    waiting: Mapping[int, Sequence[Waiting]],
) -> dict[int, list[ItemView]]:
    """By section id, in order."""
    items = list(Item.objects.filter(section__version=run.version_id).order_by("order").select_related("flag"))
    keys = {item.pk: item.key for item in items}
    variables = variables_by_item(run.version_id)
    host, address = host_name(run), run.get_absolute_url()
    views: dict[int, list[ItemView]] = defaultdict(list)
    for item in items:
        found = acts.get(item.pk, ())
        views[item.section_id].append(
            ItemView(
                item=item,
                key=item.key,
                url=f"{address}items/{item.pk}/",
                state=stands[item.pk].state.value,
                standing=stands[item.pk],
                acts=tuple(found),
                newest=found[-1] if found and found[-1].act != SignOff.Act.UNDONE else None,
                seen=str(len(found)),
                waits_for=tuple(keys[needed] for needed in stands[item.pk].waits_for),
                commands=tuple(_commands(item, variables.get(item.pk, ()), run.environment.slug, host)),
                waiting=tuple(waiting.get(item.pk, ())),
            )
        )
    return views


def _commands(item: Item, variables: Iterable[ConfigVar], environment: str, host: str | None) -> list[Command]:
    value = item.values.get(environment, item.values.get("*"))
    if item.flag:
        return [command(item.key, item.flag.name, value or "1", host)]
    settable = [variable for variable in variables if not _managed(variable)]
    single = value if len(settable) == 1 else None
    return [command(item.key, variable.name, single, host, variable.generator) for variable in settable]


def _managed(variable: ConfigVar) -> bool:
    """Set by the host itself (an add-on): a command of ours would overwrite it."""
    return variable.source_path.lower().startswith("managed")


def _section_view(section: Section, items: Sequence[ItemView], rows: Sequence[SectionVariable]) -> SectionView:
    return SectionView(
        section,
        tuple(items),
        tuple(column for column, _ in rows[0].cells) if rows else (),
        tuple(tuple(text for _, text in row.cells) for row in rows),
        progress_of(item.standing for item in items),
    )
