"""What the page of a run shows. The number of statements does not depend on the number of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bootstrap.checklists.item_views import Dependent, ItemObservation, ItemView, RunFacts, item_views
from bootstrap.checklists.models import ChecklistVersion, Run, Section, SignOff
from bootstrap.checklists.plans.queries import plans_by_run
from bootstrap.checklists.plans.view import PlanView, item_plans, view_of
from bootstrap.checklists.progress import LAPSED, ItemFacts, Progress, item_progress, progress_of
from bootstrap.checklists.queries import acts_by_item, newer_version
from bootstrap.checklists.shell_commands import ShellCommand, shell_command
from bootstrap.checklists.version_queries import SettableVariable, item_facts, table_rows, uncovered_variables
from bootstrap.systems.setting.place import Place
from bootstrap.systems.setting.read import place_in

# A waiver that ends within two weeks is listed at the top: time enough to do the item, or to ask for another one.
SOON = timedelta(days=14)


@dataclass(frozen=True)
class SectionView:
    """A section with its items.

    `header` and `rows` are its table of variables, cells as markdown. `commands` set the variables of the table that
    no item is about.
    """

    section: Section
    items: tuple[ItemView, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    progress: Progress
    commands: tuple[ShellCommand, ...] = ()

    @property
    def open(self) -> bool:
        """Whether an item is not settled."""
        return any(not item.settled for item in self.items)

    @property
    def unused(self) -> bool:
        """Whether every item is not applicable: the page folds such a section."""
        return bool(self.items) and all(item.state == "not_applicable" for item in self.items)


@dataclass(frozen=True)
class LevelView:
    """The items that a level of the checklist needs and no lower one does; `next` is the first that is not settled."""

    name: str
    progress: Progress
    next: ItemView | None


@dataclass(frozen=True)
class RunView:
    """A run with its sections.

    `last` is the newest act on any item, `newer` a later version of the checklist (None for a closed run), `review` the
    items whose waiver has ended or ends soon, `place` where variables are set, `plan` the owner and due date of the run
    as a whole.
    """

    run: Run
    url: str
    sections: tuple[SectionView, ...]
    progress: Progress
    last: SignOff | None
    newer: ChecklistVersion | None
    review: tuple[ItemView, ...]
    place: Place
    plan: PlanView

    @property
    def overdue(self) -> list[ItemView]:
        """The items whose due date has passed."""
        return [item for item in self.items if item.plan.overdue]

    @property
    def items(self) -> tuple[ItemView, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @property
    def levels(self) -> list[LevelView]:
        """Its levels, the lowest first; empty for a checklist without levels."""
        items = {name: [item for item in self.items if item.item.level == name] for name in self.run.version.levels}
        return [
            LevelView(
                name,
                progress_of(item.progress for item in own),
                next((item for item in own if not item.settled and not item.optional), None),
            )
            for name, own in items.items()
        ]

    @property
    def sets_variables(self) -> bool:
        """Whether the page shows a command."""
        return any(item.commands for item in self.items) or any(section.commands for section in self.sections)

    @property
    def answers(self) -> str:
        """How many questions were answered with what, e.g. `3 yes, 1 no`; empty without an answer."""
        given = Counter(item.newest.answer for item in self.items if item.newest and item.newest.answer)
        return ", ".join(f"{given[answer]} {answer}" for answer in SignOff.Answer.values if given[answer])

    @property
    def next(self) -> ItemView | None:
        """The first item that can be signed now, an optional one only where there is no other."""
        return self.next_for(None)

    def next_for(self, person: int | None) -> ItemView | None:
        """The same for the person with this id, who cannot sign an item as first and as second."""
        signable = [item for item in self.items if item.can_sign(person)]
        return next((item for item in signable if not item.optional), signable[0] if signable else None)

    def item(self, pk: int) -> ItemView:
        return next(item for item in self.items if item.item.pk == pk)


def run_view(
    run: Run,
    now: datetime,
    dependents: Mapping[int, Sequence[Dependent]] | None = None,
    observations: Mapping[int, Sequence[ItemObservation]] | None = None,
) -> RunView:
    """`run` at `now`. The callers give, by item id, what depends on items and what reports say of them.

    Both come from packages above this one.
    """
    acts, place = acts_by_item(run), place_in(run.environment, run.version.checklist.app_id)
    items = [_with_act(item, acts, now) for item in item_facts([run.version_id])[run.version_id]]
    progress = item_progress(items)
    counts, plans = progress_of(progress.values()), plans_by_run([run.pk]).get(run.pk, {})
    of_items = item_plans(plans, {pk: each.settled or run.closed_at is not None for pk, each in progress.items()}, now)
    by_section = item_views(RunFacts(run, place, items, progress, acts, dependents or {}, observations or {}, of_items))
    return RunView(
        run=run,
        url=run.get_absolute_url(),
        sections=_section_views(run, by_section, place),
        progress=counts,
        last=max((act for on_item in acts.values() for act in on_item), key=lambda act: act.pk, default=None),
        newer=newer_version(run) if run.closed_at is None else None,
        review=_waivers_to_review([view for views in by_section.values() for view in views], now),
        plan=view_of(plans.get(None), now, settled=run.closed_at is not None or counts.settled == counts.applicable),
        place=place,
    )


def _with_act(item: ItemFacts, acts: Mapping[int, Sequence[SignOff]], now: datetime) -> ItemFacts:
    on_item = acts.get(item.id)
    if not on_item:
        return item
    return replace(item, act=LAPSED if on_item[-1].lapsed(now) else on_item[-1].act)


def _waivers_to_review(items: Sequence[ItemView], now: datetime) -> tuple[ItemView, ...]:
    until = now.astimezone(UTC).date() + SOON
    return tuple(
        item for item in items if (act := item.lapsed or item.newest) and act.review_by and act.review_by <= until
    )


def _section_views(run: Run, items: Mapping[int, Sequence[ItemView]], place: Place) -> tuple[SectionView, ...]:
    rows, uncovered = table_rows(run.version_id), uncovered_variables(run.version_id)
    return tuple(
        _section_view(
            section, items.get(section.pk, ()), rows.get(section.pk, []), uncovered.get(section.pk, ()), place
        )
        for section in Section.objects.filter(version=run.version_id).order_by("order")
    )


def _section_view(
    section: Section,
    items: Sequence[ItemView],
    rows: Sequence[Sequence[Sequence[str]]],
    uncovered: Sequence[SettableVariable],
    place: Place,
) -> SectionView:
    return SectionView(
        section,
        tuple(items),
        tuple(column for column, _ in rows[0]) if rows else (),
        tuple(tuple(text for _, text in row) for row in rows),
        progress_of(item.progress for item in items),
        tuple(
            shell_command(f"section-{section.pk}", variable.name, None, place, variable.generator)
            for variable in uncovered
        ),
    )
