"""The declaration of a list (pure): columns, sorts, filters, bulk actions, the template of a row."""

from __future__ import annotations

from dataclasses import dataclass

from opsconsole.lib.web.lists.filters import FilterForm
from opsconsole.lib.web.lists.order import Order


@dataclass(frozen=True)
class Sort:
    """A sort of the list: `sort=key` in the URL, `sort=-key` reversed.

    It needs an index. A sort without one is `bounded`: it is offered only if `FilterForm.bounded`.
    """

    key: str
    label: str
    order: Order
    bounded: bool = False


@dataclass(frozen=True)
class Column:
    """A column. `sort` is the key of the sort that its heading links to, `css` the heading's class; a `hidden` label is
    for screen readers only."""

    label: str
    sort: str = ""
    css: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class BulkAction:
    """A button for the selected rows, `act=name` in the form. `confirm` is the text of a confirmation page, if any;
    `ask` labels a text that the page asks for, `why` in the form. `goes_to` names the URL of a page that acts on the
    rows together: it gets their ids as `row` in its query string. `permission`: who gets it; empty: who has the list's.
    """

    name: str
    label: str
    confirm: str = ""
    ask: str = ""
    goes_to: str = ""
    permission: str = ""


@dataclass(frozen=True)
class ListSpec:
    """A list at the URL named `url`. `noun` is the word for a row; the template `row` gets the row as `row`.

    `others` are query parameters for other parts of the page. `bulk_url` names the URL for the actions, which users
    with `permission` get. `wide`: a row joins many tables (see keyset.take).
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
    per_page: int = 50  # one and a half screens; 50 sparklines are 60 KB
    polls: bool = True
    others: frozenset[str] = frozenset()
    actions: tuple[BulkAction, ...] = ()
    bulk_url: str = ""
    permission: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Empty:
    """The text of a list without rows, with what to do next; see components/empty.html."""

    title: str
    text: str
    icon: str = "info"
    action_label: str = ""
    action_url: str = ""
    code: str = ""
    code_id: str = ""
    code_label: str = ""
