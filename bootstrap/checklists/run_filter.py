"""Which items of a run its page shows: by state, by level, and by words of a search (pure).

`?show=`, `?level=` and `?q=` of the page's address. The page has every item in either case; those that do not match are
marked, so that run.js finds others at once and a search needs no answer of the server.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from bootstrap.checklists.item_views import ItemView
from bootstrap.checklists.progress import ItemState
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, NameFilter, SearchFilter

# What markdown writes around words; run.js searches the text as the browser shows it.
_MARKS = re.compile(r"[`*_\[\]]+")
MINE, OVERDUE = "mine", "overdue"


class Shown(NamedTuple):
    """A choice of items: its name in the address, its label, the states of its items (none: by who signed them, or by
    their due dates; the page then marks them as `data-<name>`)."""

    name: str
    label: str
    states: tuple[ItemState, ...]


CHOICES = (
    Shown("left", "Not done yet", (ItemState.OPEN, ItemState.SIGNED, ItemState.BLOCKED)),
    Shown("open", "Open now", (ItemState.OPEN, ItemState.SIGNED)),
    Shown("blocked", "Blocked", (ItemState.BLOCKED,)),
    Shown("second", "Wait for a second person", (ItemState.SIGNED,)),
    Shown(MINE, "Signed by me", ()),
    Shown(OVERDUE, "Overdue", ()),
)


class RunItemsForm(FilterForm):
    """The filter of a run's items, as it stands in the address."""

    show = ChoiceFilter({each.name: each.label for each in CHOICES}, label="Items", any_label="All items")
    level = NameFilter(label="Level", any_label="All levels")
    q = SearchFilter(label="Search this checklist", placeholder="Text, key, variable, level", autocomplete="off")


@dataclass(frozen=True)
class RunFilter:
    """`show` is one of CHOICES, `level` one of the version's, `q` words of which an item has each; empty: every item.

    An item without a level belongs to the highest, `top_level`.
    """

    show: str = ""
    q: str = ""
    level: str = ""
    top_level: str = ""

    @classmethod
    def of(cls, chosen: Mapping[str, str], levels: Sequence[str] = ()) -> RunFilter:
        """The filter of `RunItemsForm.chosen`, in a run of a version with these levels, the lowest first."""
        return cls(chosen["show"], chosen["q"], chosen["level"], levels[-1] if levels else "")

    @property
    def query(self) -> str:
        """The filter in an address, with its question mark; empty where every item is shown."""
        asked = (("show", self.show), ("level", self.level), ("q", self.q))
        said = {name: value for name, value in asked if value}
        return f"?{urlencode(said)}" if said else ""

    def left_out(self, items: Collection[ItemView], viewer: int | None) -> frozenset[int]:
        """The ids of the items that are not shown to the person with the id `viewer`."""
        if not self.query:
            return frozenset()
        return frozenset(item.pk for item in items if not self._shows(item, viewer))

    def _shows(self, item: ItemView, viewer: int | None) -> bool:
        states = {each.name: each.states for each in CHOICES}.get(self.show, ())
        if self.show == MINE and not item.signed_by(viewer):
            return False
        if self.show == OVERDUE and not item.plan.overdue:
            return False
        if states and item.progress.state not in states:
            return False
        if self.level and (item.item.level or self.top_level) != self.level:
            return False
        text = searched(item) if self.q else ""
        return all(word in text for word in self.q.lower().split())


def searched(item: ItemView) -> str:
    """What a search looks at, in lower case: key, text, the text beneath it, its level, the names that it is about."""
    prose = f"{item.text} {item.item.body}"
    names = [command.name for command in item.commands]
    return " ".join([item.key, prose, _MARKS.sub("", prose), item.item.level, *names]).lower()
