"""What a list declares about itself (pure): columns, sorts, filters, bulk actions, the template of a row."""

from __future__ import annotations

from dataclasses import dataclass

from opsconsole.lib.web.lists.filters import FilterForm
from opsconsole.lib.web.lists.order import Order


@dataclass(frozen=True)
class Sort:
    """An order that the list is offered in: `sort=key` in the address, `sort=-key` from its other end.

    Offer only what an index carries. `bounded`: it has none, so it is offered only where `FilterForm.bounded`.
    """

    key: str
    label: str
    order: Order
    bounded: bool = False


@dataclass(frozen=True)
class Column:
    """A column with the key of the sort that its heading is a link to. `css` is the heading's class; a `hidden` label
    is for screen readers."""

    label: str
    sort: str = ""
    css: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class BulkAction:
    """A button that acts on the chosen rows: `act=name` in the form. `confirm` is the question of a page between."""

    name: str
    label: str
    confirm: str = ""


@dataclass(frozen=True)
class ListSpec:
    """A list at the URL named `url`. `noun` is one row of it in words, `row` the template of a row, which gets `row`.

    `others` are parameters of the address that other parts of the page read. `bulk_url` names the URL that takes the
    actions, for those who have `permission`.
    """

    id: str
    url: str
    label: str
    noun: str
    template: str
    row: str
    columns: tuple[Column, ...]
    sorts: tuple[Sort, ...]
    filters: type[FilterForm] = FilterForm
    per_page: int = 50  # a screen and a half of rows; 50 drawings are 60 KB
    polls: bool = True
    others: frozenset[str] = frozenset()
    actions: tuple[BulkAction, ...] = ()
    bulk_url: str = ""
    permission: str = ""


@dataclass(frozen=True)
class Empty:
    """What a list without any row says, and what to do next; see components/empty.html."""

    title: str
    text: str
    icon: str = "info"
    action_label: str = ""
    action_url: str = ""
    code: str = ""
    code_id: str = ""
    code_label: str = ""
