"""Reads filters, sort and place of a list from a URL, with remarks on what is not understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from opsconsole.lib.web import cursor
from opsconsole.lib.web.lists import keyset
from opsconsole.lib.web.lists.filters import listed
from opsconsole.lib.web.lists.order import Order, place_of, reverse
from opsconsole.lib.web.lists.spec import BulkAction, ListSpec, Sort

SORT, AFTER, BEFORE = "sort", "after", "before"
MAX_COUNT = 1000  # rows are counted up to here, since a full count reads the whole table
SHORTER = "The list is shorter now; this is its first page."


@dataclass(frozen=True)
class ColumnHeading:
    """A column heading. `href` sorts by it, empty if nothing does; `direction` is its `aria-sort` value or empty."""

    label: str
    css: str
    hidden: bool
    href: str = ""
    direction: str = ""


@dataclass(frozen=True)
class ListPage:
    """A page of rows with the URLs of the previous and next page (empty if there is none).

    `total` is the number of rows, None if this page has all; `more_than_total`: counting stopped at `total`.
    """

    rows: list[Any]
    previous: str = ""
    next: str = ""
    total: int | None = None
    more_than_total: bool = False


class ListQuery:
    """A list as one request asks for it; `listing` in templates."""

    def __init__(self, spec: ListSpec, request: HttpRequest, path: str = "") -> None:
        """`path` is the list's URL if another page shows it, whose query string is then ignored."""
        self.spec = spec
        self.here = path or request.get_full_path()
        self.path = path or request.path
        self._user = request.user
        self._query = QueryDict() if path else request.GET
        self.filters = spec.filters(self._query)
        self.labels: dict[str, str] = {}  # that replace labels of columns for this request
        self._remarks = [*self._unknown(), *self._repeated()]
        self.sort, self.reversed = self._sort()

    @property
    def remarks(self) -> list[str]:
        """Sentences about parameters that were not understood, with the possible values."""
        return [*self._remarks, *self.filters.remarks]

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters' values by name."""
        return self.filters.chosen

    @property
    def order(self) -> Order:
        """The requested order."""
        return reverse(self.sort.order) if self.reversed else self.sort.order

    @cached_property
    def actions(self) -> list[BulkAction]:
        """The bulk actions that the user may do with rows that match the filters."""
        offered = [action for action in self.spec.actions if self.filters.offers(action.name)]
        return [each for each in offered if self._user.has_perm(each.permission or self.spec.permission)]

    @cached_property
    def may_act(self) -> bool:
        """Whether the user gets the bulk actions; each row asks."""
        return bool(self.actions)

    @cached_property
    def bulk_form(self) -> str:
        """The id of the form of the rows' checkboxes."""
        return f"{self.spec.id}-bulk"

    def page(self, rows: QuerySet[Any] | keyset.Either | Sequence[Any], *, wide: bool | None = None) -> ListPage:
        """The requested page. `wide`: as of the declaration, where it depends on the rows.

        One query, two if the rows are wide; a count if there are several pages; and the first page if there are no rows
        at the requested place.
        """
        place, backwards = self._place()
        order, size = self.order, self.spec.per_page
        take = partial(keyset.take, keys_first=self.spec.wide if wide is None else wide)
        taken = take(rows, reverse(order) if backwards else order, size, place)
        if place is not None and (len(taken.rows) < size if backwards else not taken.rows):
            if not backwards:
                self._remarks.append(SHORTER)
            taken, place, backwards = take(rows, order, size), None, False
        shown = taken.rows[::-1] if backwards else taken.rows
        has_previous = taken.more if backwards else place is not None
        has_next = backwards or taken.more
        total = self._count(rows) if has_previous or has_next else None
        return ListPage(
            shown,
            self.address(before=cursor.encode(place_of(shown[0], order))) if has_previous else "",
            self.address(after=cursor.encode(place_of(shown[-1], order))) if has_next else "",
            None if total is None else min(total, MAX_COUNT),
            total is not None and total > MAX_COUNT,
        )

    def address(self, **changes: str) -> str:
        """The URL of the list's first page with parameters changed; empty ones are removed."""
        known = [*self.filters.fields, *sorted(self.spec.others), SORT]
        query = QueryDict(mutable=True)
        query.update({name: self._query[name] for name in known if name in self._query})
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}" if query else self.path

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Parameters of other parts of the page, which the form of the filters carries on."""
        return [(name, value) for name in sorted(self.spec.others) for value in self._query.getlist(name)]

    @property
    def clear(self) -> str:
        """The URL of the list without filters, in the same order."""
        return self.address(**{name: "" for name in self.filters.fields if name not in self.filters.kept})

    @property
    def headings(self) -> Iterator[ColumnHeading]:
        """The headings of the columns."""
        offered = {sort.key: sort for sort in self._offered()}
        for column in self.spec.columns:
            sort, label = offered.get(column.sort), self.labels.get(column.label, column.label)
            links = (self._sort_url(sort), self._direction(sort)) if sort else ()
            yield ColumnHeading(label, column.css, column.hidden, *links)

    @property
    def sort_choices(self) -> list[tuple[str, str, bool]]:
        """(key, label, chosen) of each sort, the default's key empty. For small screens, which show no headings."""
        default = self._default()
        choices = [("" if sort is default else sort.key, sort.label, self._is(sort)) for sort in self._offered()]
        if self.reversed:
            choices.append((f"-{self.sort.key}", f"{self.sort.label}, reversed", True))
        return choices

    def offer(self, options: Mapping[str, Mapping[str, str]]) -> None:
        """Set the options of NameFilter fields, as labels by value."""
        self.filters.offer(options)

    def _is(self, sort: Sort) -> bool:
        return sort is self.sort and not self.reversed

    def _sort_url(self, sort: Sort) -> str:
        """The URL that sorts by it, reversed if it is the current sort."""
        key = f"-{sort.key}" if self._is(sort) else sort.key
        return self.address(sort="" if key == self._default().key else key)

    def _direction(self, sort: Sort) -> str:
        """The `aria-sort` value of its column, empty if the list is not sorted by it."""
        if sort is not self.sort:
            return ""
        return "descending" if self.order[0].descending else "ascending"

    def _offered(self) -> list[Sort]:
        return [sort for sort in self.spec.sorts if self.filters.bounded or not sort.bounded]

    def _default(self) -> Sort:
        offered = self._offered()
        return next((sort for sort in offered if sort.key == self.filters.default_sort), offered[0])

    def _sort(self) -> tuple[Sort, bool]:
        requested = self._query.get(SORT, "")
        known = {sort.key: sort for sort in self._offered()}
        if (key := requested.removeprefix("-")) in known:
            return known[key], requested.startswith("-")
        if requested:
            self._remarks.append(
                f"Sort “{requested}” is not offered here and was left out; there are: {listed(known)}, "
                "each with a minus before it for the other way."
            )
        return self._default(), False

    def _place(self) -> tuple[list[cursor.Value] | None, bool]:
        """The place at which the page begins, None for the first page, and whether it goes backwards from there."""
        present = [name for name in (AFTER, BEFORE) if self._query.get(name)]
        if not present:
            return None, False
        try:
            return cursor.decode(self._query[present[0]], [key.kind for key in self.order]), present[0] == BEFORE
        except cursor.CursorError:
            self._remarks.append(f"“{present[0]}” is no place in this list in this order; this is its beginning.")
            return None, False

    def _unknown(self) -> Iterator[str]:
        known = [*self.filters.fields, SORT]
        for name in self._query:
            if name not in (*known, *self.spec.others, AFTER, BEFORE):
                yield f"“{name}” is not a filter of this list and was left out; there are: {listed(known)}."

    def _repeated(self) -> Iterator[str]:
        for name, values in self._query.lists():
            if len(values) > 1 and name in (*self.filters.fields, SORT, AFTER, BEFORE):
                yield f"“{name}” was given {len(values)} times; the last one, “{values[-1]}”, counts."
        if AFTER in self._query and BEFORE in self._query:
            yield f"“{AFTER}” and “{BEFORE}” were both given; “{AFTER}” counts."

    @staticmethod
    def _count(rows: QuerySet[Any] | keyset.Either | Sequence[Any]) -> int:
        """The number of rows, at most MAX_COUNT + 1."""
        if isinstance(rows, keyset.Either):
            return rows.count(MAX_COUNT + 1)
        if isinstance(rows, QuerySet):
            return rows.order_by()[: MAX_COUNT + 1].count()
        return len(rows)
