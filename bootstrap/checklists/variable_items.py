"""The items of open checklists about given variables and flags, and whether they are signed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bootstrap.checklists.models import Item, SignOff, run_url
from bootstrap.checklists.queries import newest_sign_offs
from bootstrap.checklists.schedules.carried_acts import carried_acts, decided_before

# (environment id, application id, name of the variable or flag). The application is None for a flag in a checklist that
# belongs to no application.
Subject = tuple[int, int | None, str]


class _ItemRow(NamedTuple):
    """An item of an open run, once for each variable or flag it is about (`name`)."""

    item_id: int
    key: str
    values: dict[str, str]
    run_id: int
    environment_id: int
    environment: str
    system: str
    schedule_id: int | None
    app_id: int | None
    name: str
    generator: str = ""


@dataclass(frozen=True)
class VariableItem:
    """An item of an open run about a variable or a flag.

    `url` is its place on the page of the run. `value` is what to set in the environment, None where it is secret or not
    known. `act` is the newest act on it; in the run of a new period of a schedule, until somebody acts there, that of
    an earlier period while it holds. `expired`: an earlier period decided on an item of this key, and that no longer
    holds.
    """

    key: str
    url: str
    value: str | None
    generator: str
    act: SignOff | None
    expired: bool = False

    @property
    def done(self) -> bool:
        return self.act is not None and self.act.act == SignOff.Act.DONE

    @property
    def decided(self) -> int:
        """How far people have decided on it: 2 done, 1 waived (also one that has lapsed), 0 neither."""
        if self.done:
            return 2
        return int(self.act is not None and self.act.act == SignOff.Act.WAIVED)


def items_about(environment_ids: Collection[int], names: Collection[str], now: datetime) -> dict[Subject, VariableItem]:
    """By subject, the item about it: one that is done, else one that is waived, else that of the newest open run.

    Three queries; four more where a run is of a schedule.
    A flag belongs to the application of its checklist.
    """
    rows = list(_rows(environment_ids, names))
    acts = newest_sign_offs({row.run_id for row in rows}, {row.item_id for row in rows})
    scheduled = {row.run_id: row.schedule_id for row in rows if row.schedule_id}
    keys = {row.key for row in rows if row.schedule_id}
    carried, before = carried_acts(scheduled, now, keys), decided_before(set(scheduled.values()), keys)
    acts |= carried
    items: dict[Subject, VariableItem] = {}
    for row in rows:
        item = VariableItem(
            row.key,
            f"{run_url(row.system, row.environment, row.run_id)}#item-{row.key}",
            row.values.get(row.environment, row.values.get("*")),
            row.generator,
            acts.get((row.run_id, row.item_id)),
            expired=(row.schedule_id, row.key) in before and (row.run_id, row.item_id) not in carried,
        )
        subject = (row.environment_id, row.app_id, row.name)
        if subject not in items or item.decided > items[subject].decided:
            items[subject] = item
    return items


def item_about(
    items: Mapping[Subject, VariableItem], environment_id: int, app_id: int, name: str
) -> VariableItem | None:
    """The item about a variable or flag of an application; else that of a checklist that belongs to no application."""
    return items.get((environment_id, app_id, name)) or items.get((environment_id, None, name))


def _rows(environment_ids: Collection[int], names: Collection[str]) -> Iterator[_ItemRow]:
    """Items about variables, then items about flags; of both those of the newest run first. Two queries."""
    run = "section__version__runs"
    in_open_runs = {f"{run}__environment__in": environment_ids, f"{run}__closed_at__isnull": True}
    columns = (
        "pk",
        "key",
        "values",
        f"{run}__pk",
        f"{run}__environment_id",
        f"{run}__environment__slug",
        f"{run}__environment__system__slug",
        f"{run}__schedule_id",
    )
    items = Item.objects.filter(**in_open_runs)
    items = items.order_by(f"-{run}__started_at", f"-{run}__pk", "section__order", "order")
    of_variables = items.filter(variables__name__in=names)
    of_flags = items.filter(flag__name__in=names)
    for row in of_variables.values_list(*columns, "variables__app_id", "variables__name", "variables__generator"):
        yield _ItemRow(*row)
    for row in of_flags.values_list(*columns, "section__version__checklist__app_id", "flag__name"):
        yield _ItemRow(*row)
