"""The cells of the scorecard: each checklist of a system in each of its environments, with how far its newest run is.

The number of statements does not depend on the number of cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from bootstrap.checklists.models import Checklist, ChecklistVersion, run_url
from bootstrap.checklists.plans.queries import overdue
from bootstrap.scorecard.contradicted import ContradictedItem, contradicted_items
from bootstrap.scorecard.counts import AskedRuns, RunCounts, first_open_items, run_counts
from bootstrap.scorecard.reached import NOTHING, LevelCounts, Reached, reached
from bootstrap.systems.models import Environment


@dataclass(frozen=True)
class ScorecardCell:
    """A checklist in an environment. `newest` is the checklist's newest version.

    Without a run `run` is None, and nothing is counted. `number` is that of the run's version, `levels` are its levels,
    `counts` of all its items. `contradicted` are signed items that a fresh report contradicts; None where the past is
    asked for, of which no report is kept. `overdue` are the items whose due date has passed, and the run as a whole;
    none of the past, of which no due date is kept here.
    """

    environment: Environment
    newest: ChecklistVersion
    run: int | None = None
    number: int = 0
    levels: tuple[str, ...] = ()
    reached: Reached | None = None
    counts: LevelCounts = NOTHING
    contradicted: tuple[ContradictedItem, ...] | None = ()
    last_at: datetime | None = None
    overdue: int = 0
    first_open: str = ""

    @property
    def checklist(self) -> Checklist:
        return self.newest.checklist

    @property
    def words(self) -> str:
        """`Full, with 2 waivers`, `no run`."""
        return self.reached.words(self.levels) if self.reached else "no run"

    @property
    def is_short(self) -> bool:
        """Whether something is missing: there is no run, or an item is open."""
        return self.reached is None or not self.reached.ready

    @property
    def tone(self) -> str:
        """Its colour (docs/ui.md): green where nothing is missing, red where a report contradicts a signature."""
        if self.reached is None:
            return "quiet"
        if self.contradicted:
            return "critical"
        return "ok" if self.reached.ready else "accent" if self.reached.rank else "medium"

    @property
    def url(self) -> str:
        """The run's page, at the first item that is not settled."""
        if self.run is None:
            return ""
        address = run_url(self.environment.system.slug, self.environment.slug, self.run)
        return f"{address}#item-{self.first_open}" if self.first_open else address

    def is_below(self, level: str) -> bool:
        """Whether the checklist has this level and the environment has not reached it."""
        names = [name.casefold() for name in (self.levels if self.reached else self.newest.levels)]
        wanted = level.casefold()
        return wanted in names and (self.reached is None or self.reached.rank <= names.index(wanted))


@dataclass(frozen=True)
class Moment:
    """The time that the scorecard is of: acts before `until`, waivers that hold on `today`; `past`: it is over."""

    until: datetime
    today: date
    past: bool = False


def moment_of(day: date | None, now: datetime) -> Moment:
    """The end of `day` in UTC where it is over, else `now`."""
    today = now.astimezone(UTC).date()
    if day is None or day >= today:
        return Moment(now + timedelta(seconds=1), today)
    return Moment(datetime.combine(day + timedelta(days=1), time(), UTC), day, past=True)


def read_cells(
    environments: Sequence[Environment], versions: Sequence[ChecklistVersion], moment: Moment, now: datetime
) -> list[ScorecardCell]:
    """The cells of these environments (with their systems) and checklists (their newest versions), in their order.

    Five statements; five more where something is overdue; two for a day that is over.
    """
    asked = asked_for(environments, versions, moment)
    counts = {(each.environment, each.checklist): each for each in run_counts(asked)}
    against = None if moment.past else contradicted_items(asked, now)
    late = Counter(each.run.pk for each in (() if moment.past else overdue(now, [c.run for c in counts.values()])))
    old = {each.version for each in counts.values()} - {version.pk for version in versions}
    known = {
        version.pk: version
        for version in (*versions, *ChecklistVersion.objects.filter(pk__in=old).only("number", "levels"))
    }
    by_system: dict[int, list[ChecklistVersion]] = {}
    for version in versions:
        by_system.setdefault(version.checklist.system_id, []).append(version)
    cells = [
        _cell(environment, version, counts.get((environment.pk, version.checklist_id)), known, against)
        for environment in environments
        for version in by_system.get(environment.system_id, ())
    ]
    return [replace(cell, overdue=late[cell.run or 0]) for cell in cells] if late else cells


def asked_for(environments: Iterable[Environment], versions: Iterable[ChecklistVersion], moment: Moment) -> AskedRuns:
    return AskedRuns(
        [environment.pk for environment in environments],
        [version.checklist_id for version in versions],
        moment.until,
        moment.today,
    )


def with_first_open(cells: Sequence[ScorecardCell], moment: Moment) -> list[ScorecardCell]:
    """The cells with the first item that is not settled; where only signatures that a report contradicts are missing,
    the first of these. One statement."""
    asked = asked_for(
        {cell.environment for cell in cells if cell.run}, {cell.newest for cell in cells if cell.run}, moment
    )
    keys = first_open_items(asked)
    return [replace(cell, first_open=_first(cell, keys)) for cell in cells]


def _first(cell: ScorecardCell, keys: Mapping[int, str]) -> str:
    if cell.contradicted and cell.counts.open == cell.counts.contradicted:
        return cell.contradicted[0].key
    return keys.get(cell.run or 0, "")


def _cell(
    environment: Environment,
    newest: ChecklistVersion,
    counts: RunCounts | None,
    versions: dict[int, ChecklistVersion],
    against: dict[int, list[ContradictedItem]] | None,
) -> ScorecardCell:
    if counts is None:
        return ScorecardCell(environment, newest)
    version = versions[counts.version]
    contradicted = None if against is None else tuple(against.get(counts.run, ()))
    by_rank = _without_contradicted(counts.by_rank, contradicted or ())
    of_levels = [by_rank.get(rank, NOTHING) for rank in range(1, len(version.levels) + 1)]
    total = sum(by_rank.values(), NOTHING)
    return ScorecardCell(
        environment=environment,
        newest=newest,
        run=counts.run,
        number=version.number,
        levels=tuple(version.levels),
        reached=reached(version.levels, of_levels if version.levels else [total]),
        counts=total,
        contradicted=contradicted,
        last_at=counts.last_at,
    )


def _without_contradicted(
    by_rank: dict[int, LevelCounts], contradicted: Sequence[ContradictedItem]
) -> dict[int, LevelCounts]:
    """The counts, a signature that a report contradicts moved from those done to those open."""
    moved = dict(by_rank)
    for each in contradicted:
        moved[each.rank] = moved.get(each.rank, NOTHING) + LevelCounts(open=1, done=-1, contradicted=1)
    return moved
