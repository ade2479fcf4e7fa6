"""What the page of a run shows, read in a fixed number of statements and laid out for the template."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bootstrap.checklists.models import ChecklistVersion, Item, Run, Section, SignOff
from bootstrap.checklists.progress import LAPSED, ItemFacts, ItemProgress, Progress, progress_of, standings
from bootstrap.checklists.queries import (
    Settable,
    acts_by_item,
    host_name,
    item_facts,
    newer_version,
    settable_by_item,
    table_rows,
    uncovered_variables,
)
from bootstrap.checklists.shell_commands import Command, command
from bootstrap.checklists.signing.signers import told_of

# A waiver that ends within two weeks is named at the head: time enough to do the item or to ask again.
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Waiting:
    """Something outside the checklist that an item arms: a detection, say."""

    name: str
    title: str
    url: str


@dataclass(frozen=True)
class Observed:
    """What the newest report of an agent says of a variable or flag of an item, or how a posture on it stands.

    `text` names it; `tone` as in docs/ui.md; `url` is where more is told. `proof` is what a signer may give as
    evidence, empty where it proves nothing: it never signs.
    """

    text: str
    tone: str
    url: str
    proof: str = ""

    def __getitem__(self, name: str) -> str:
        """Templates ask by item before they ask by attribute; see ItemView."""
        return str(getattr(self, name))


@dataclass(frozen=True)
class ItemView:
    """An item with its standing, all acts on it (oldest first), what it waits for and what waits for it.

    `url` is its own page, and its acts are posted beneath it (`<url>sign/` and so on); `seen` is how many acts a
    signer of this page has seen; `newest` the act that made the state (None while open, even if it was signed and
    taken back before), `told` that act in words, with both signers where it took two; `lapsed` the waiver that has run
    out; `together` the keys of those that are done with it, which make it ask for two people or evidence where one of
    them does; `asks` whether it is answered yes or no; `marked` whether a badge or a rule is to be shown; `panel` the
    id of the place for its forms, another one as soon as somebody has acted, so that stale forms go.
    """

    item: Item
    pk: int
    key: str
    text: str
    url: str
    state: str
    settled: bool
    standing: ItemProgress
    acts: tuple[SignOff, ...]
    newest: SignOff | None
    told: str
    lapsed: SignOff | None
    seen: str
    waits_for: tuple[str, ...]
    together: tuple[str, ...]
    two_person: bool
    evidence_required: bool
    asks: bool
    optional: bool
    commands: tuple[Command, ...]
    waiting: tuple[Waiting, ...]
    observed: tuple[Observed, ...]
    marked: bool
    panel: str

    @property
    def proof(self) -> str:
        """What reports tell, for a signer to give as evidence; empty where one of them does not speak for it."""
        told = [each.proof for each in self.observed]
        return " ".join(told) if all(told) else ""

    def __getitem__(self, name: str) -> object:
        """Templates ask by item before they ask by attribute; answered at once, a row takes a third less time."""
        return getattr(self, name)


@dataclass(frozen=True)
class SectionView:
    """A section with its items; `header` and `rows` are its table of variables, cells as markdown, `commands` set those
    of the variables that no item is about."""

    section: Section
    items: tuple[ItemView, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    progress: Progress
    commands: tuple[Command, ...] = ()

    @property
    def open(self) -> bool:
        """Whether there is an item that nobody has settled."""
        return any(not item.settled for item in self.items)

    @property
    def unused(self) -> bool:
        """Switched off by its flags in this environment: folded, but counted."""
        return bool(self.items) and all(item.state == "not_applicable" for item in self.items)


@dataclass(frozen=True)
class RunView:
    """A run; `url` is its address, `last` the newest act on any item, `newer` a later version of its checklist,
    `review` the items whose waiver ends soon or has ended."""

    run: Run
    url: str
    sections: tuple[SectionView, ...]
    progress: Progress
    last: SignOff | None
    newer: ChecklistVersion | None
    review: tuple[ItemView, ...]

    @property
    def items(self) -> tuple[ItemView, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @property
    def answers(self) -> str:
        """How its questions were answered, in words: `3 yes, 1 no`; empty where nobody has answered one."""
        given = Counter(item.newest.answer for item in self.items if item.newest and item.newest.answer)
        return ", ".join(f"{given[answer]} {answer}" for answer in SignOff.Answer.values if given[answer])

    @property
    def next(self) -> ItemView | None:
        """The first item that can be signed now; an optional one only where nothing else is left."""
        found = [item for item in self.items if item.state in ("open", "signed")]
        return next((item for item in found if not item.optional), found[0] if found else None)

    def item(self, pk: int) -> ItemView:
        return next(item for item in self.items if item.item.pk == pk)


def run_view(
    run: Run,
    now: datetime,
    waiting: Mapping[int, Sequence[Waiting]] | None = None,
    observed: Mapping[int, Sequence[Observed]] | None = None,
) -> RunView:
    """`run` at `now` with all that its page shows. By item id, `waiting` comes from whoever knows what depends on
    items, `observed` from whoever reads the reports of agents."""
    acts = acts_by_item(run)
    facts = [_with_act(fact, acts, now) for fact in item_facts([run.version_id])[run.version_id]]
    stands = standings(facts)
    host = host_name(run)
    by_section = _item_views(run, host, facts, stands, acts, waiting or {}, observed or {})
    rows, alone = table_rows(run.version_id), uncovered_variables(run.version_id)
    sections = Section.objects.filter(version=run.version_id).order_by("order")
    until = now.astimezone(UTC).date() + SOON
    every = [view for views in by_section.values() for view in views]
    return RunView(
        run,
        run.get_absolute_url(),
        tuple(
            _section_view(section, by_section[section.pk], rows.get(section.pk, []), alone.get(section.pk, ()), host)
            for section in sections
        ),
        progress_of(stands.values()),
        max((act for found in acts.values() for act in found), key=lambda act: act.pk, default=None),
        newer_version(run) if run.closed_at is None else None,
        tuple(
            view for view in every if (act := view.lapsed or view.newest) and act.review_by and act.review_by <= until
        ),
    )


def _with_act(fact: ItemFacts, acts: Mapping[int, Sequence[SignOff]], now: datetime) -> ItemFacts:
    found = acts.get(fact.id)
    if not found:
        return fact
    return replace(fact, act=LAPSED if found[-1].lapsed(now) else found[-1].act)


def _item_views(
    run: Run,
    host: str | None,
    facts: Sequence[ItemFacts],
    stands: Mapping[int, ItemProgress],
    acts: Mapping[int, Sequence[SignOff]],
    waiting: Mapping[int, Sequence[Waiting]],
    observed: Mapping[int, Sequence[Observed]],
) -> dict[int, list[ItemView]]:
    """By section id, in order."""
    by_id = {item.pk: item for item in Item.objects.filter(section__version=run.version_id).select_related("flag")}
    variables = settable_by_item(run.version_id)
    address = run.get_absolute_url()
    views: dict[int, list[ItemView]] = defaultdict(list)
    for fact in facts:
        item = by_id[fact.id]
        pair = [item, *(by_id[other] for other in fact.together)]
        found = tuple(acts.get(fact.id, ()))
        commands = tuple(_commands(item, variables.get(item.pk, ()), run.environment.slug, host))
        waits_for = tuple(by_id[needed].key for needed in stands[fact.id].waits_for)
        around = tuple(waiting.get(item.pk, ())), tuple(observed.get(item.pk, ()))
        views[item.section_id].append(
            _item_view(f"{address}items/{item.pk}/", pair, fact, stands[fact.id], found, waits_for, commands, *around)
        )
    return views


def _item_view(
    url: str,
    pair: Sequence[Item],
    fact: ItemFacts,
    standing: ItemProgress,
    acts: tuple[SignOff, ...],
    waits_for: tuple[str, ...],
    commands: tuple[Command, ...],
    waiting: tuple[Waiting, ...],
    observed: tuple[Observed, ...],
) -> ItemView:
    """The view of the first of `pair`."""
    item, newest = pair[0], acts[-1] if acts else None
    two_person = any(member.two_person for member in pair)
    evidence_required = any(member.evidence_required for member in pair)
    return ItemView(
        item=item,
        pk=item.pk,
        key=item.key,
        text=item.text,
        url=url,
        state=standing.state.value,
        settled=standing.settled,
        standing=standing,
        acts=acts,
        newest=newest if fact.act not in (SignOff.Act.UNDONE, LAPSED) else None,
        told=told_of(acts) if fact.act not in (SignOff.Act.UNDONE, LAPSED) else "",
        lapsed=newest if fact.act == LAPSED else None,
        seen=str(len(acts)),
        waits_for=waits_for,
        together=tuple(other.key for other in pair[1:]),
        two_person=two_person,
        evidence_required=evidence_required,
        asks=item.kind == Item.Kind.QUESTION,
        optional=item.optional,
        commands=commands,
        waiting=waiting,
        observed=observed,
        marked=bool(pair[1:] or two_person or evidence_required or item.optional or waiting),
        panel=f"more-{item.pk}-{standing.state.value}-{len(acts)}",
    )


def _commands(item: Item, variables: Sequence[Settable], environment: str, host: str | None) -> list[Command]:
    value = item.values.get(environment, item.values.get("*"))
    if item.flag:
        return [command(item.key, item.flag.name, value or "1", host)]
    single = value if len(variables) == 1 else None
    return [command(item.key, variable.name, single, host, variable.generator) for variable in variables]


def _section_view(
    section: Section,
    items: Sequence[ItemView],
    rows: Sequence[Sequence[Sequence[str]]],
    alone: Sequence[Settable],
    host: str | None,
) -> SectionView:
    return SectionView(
        section,
        tuple(items),
        tuple(column for column, _ in rows[0]) if rows else (),
        tuple(tuple(text for _, text in row) for row in rows),
        progress_of(item.standing for item in items),
        tuple(command(f"section-{section.pk}", found.name, None, host, found.generator) for found in alone),
    )
