"""What an address asks of a list: sorts, places, links, and remarks on the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from opsconsole.lib.web import cursor
from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, SearchFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.query import MAX_COUNT, SHORTER, ListQuery
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort


@dataclass(frozen=True)
class Item:
    pk: int
    size: int


class Filters(FilterForm):
    state = ChoiceFilter({"open": "Open", "all": "All"}, label="State", initial="open")
    q = SearchFilter(label="Search", placeholder="Words")

    @property
    def bounded(self) -> bool:
        return self.chosen["state"] == "open"


SPEC = ListSpec(
    id="items",
    url="alert_list",
    label="Items",
    noun="item",
    template="",
    row="",
    columns=(Column("Name", "name"), Column("Size", "size", "num"), Column("Need", "need"), Column("Do", hidden=True)),
    sorts=(
        Sort("need", "By need", (ascending("size", int), ascending("pk", int)), bounded=True),
        Sort("name", "Name", (ascending("pk", int),)),
        Sort("size", "Largest first", (descending("size", int), ascending("pk", int))),
    ),
    filters=Filters,
    per_page=10,
    others=frozenset({"tab"}),
)
ITEMS = [Item(number, number % 4) for number in range(25)]


def ask(address: str = "/items/") -> ListQuery:
    request = RequestFactory().get(address)
    request.user = AnonymousUser()
    return ListQuery(SPEC, request)


def pks(listing: ListQuery, items: list[Item] = ITEMS) -> list[int]:
    return [item.pk for item in listing.page(items).rows]


def test_going_on_and_back_leads_to_the_same_pages() -> None:
    address, seen = "/items/?sort=name&q=x", []
    pages = []
    while address:
        page = ask(address).page(ITEMS)
        seen.append([item.pk for item in page.rows])
        pages.append(page)
        address = page.next and f"/items/{page.next}"
    assert seen == [list(range(10)), list(range(10, 20)), list(range(20, 25))]
    back = ask(f"/items/{pages[2].previous}").page(ITEMS)
    assert [item.pk for item in back.rows] == seen[1]
    assert [item.pk for item in ask(f"/items/{back.previous}").page(ITEMS).rows] == seen[0]
    assert "q=x" in back.previous
    assert (pages[0].previous, pages[2].next) == ("", "")
    assert {(page.total, page.more_than_total) for page in [*pages, back]} == {(25, False)}


def test_one_page_counts_nothing_and_links_nowhere() -> None:
    page = ask().page(ITEMS[:10])
    assert (len(page.rows), page.previous, page.next, page.total) == (10, "", "", None)


def test_counting_stops() -> None:
    page = ask().page([Item(number, 0) for number in range(MAX_COUNT + 5)])
    assert (page.total, page.more_than_total) == (MAX_COUNT, True)


def test_back_from_a_page_before_which_little_is_left_is_the_beginning() -> None:
    place = cursor.encode([5])
    assert pks(ask(f"/items/?sort=name&before={place}")) == list(range(10))


def test_a_place_after_which_nothing_is_left_is_the_beginning_and_says_so() -> None:
    listing = ask(f"/items/?sort=name&after={cursor.encode([99])}")
    assert pks(listing) == list(range(10))
    assert listing.remarks == [SHORTER]


@pytest.mark.parametrize("place", ["nonsense", cursor.encode(["a"]), cursor.encode([1, 2, 3]), "%00", "é" * 3000])
def test_a_broken_place_is_the_beginning_and_says_so(place: str) -> None:
    listing = ask(f"/items/?sort=name&after={place}")
    assert pks(listing) == list(range(10))
    assert listing.remarks == ["“after” is no place in this list in this order; this is its beginning."]


@pytest.mark.parametrize(
    ("query", "sort", "reverse"),
    [
        ("", "need", False),
        ("state=all", "name", False),
        ("sort=size", "size", False),
        ("sort=-size", "size", True),
        ("sort=odd", "need", False),
        ("sort=need&state=all", "name", False),
    ],
)
def test_sorts(query: str, sort: str, reverse: bool) -> None:
    listing = ask(f"/items/?{query}")
    assert (listing.sort.key, listing.reversed) == (sort, reverse)
    assert bool(listing.remarks) is (query in ("sort=odd", "sort=need&state=all"))


def test_headings_link_to_their_sort_and_then_to_its_other_end() -> None:
    headings = {heading.label: heading for heading in ask("/items/?sort=size&q=x&after=abc").headings}
    assert (headings["Size"].href, headings["Size"].direction) == ("?q=x&sort=-size", "descending")
    assert (headings["Name"].href, headings["Name"].direction) == ("?q=x&sort=name", "")
    assert (headings["Need"].href, headings["Need"].direction) == ("?q=x", "")  # the default needs no name
    assert (headings["Do"].href, headings["Do"].hidden) == ("", True)
    turned = {heading.label: heading for heading in ask("/items/?sort=-size").headings}
    assert (turned["Size"].href, turned["Size"].direction) == ("?sort=size", "ascending")
    assert "Need" not in {heading.label for heading in ask("/items/?state=all").headings if heading.href}


def test_sorts_as_choices() -> None:
    assert ask("/items/?sort=-size").sort_choices == [
        ("", "By need", False),
        ("name", "Name", False),
        ("size", "Largest first", False),
        ("-size", "Largest first, reversed", True),
    ]
    assert ask("/items/?state=all").sort_choices == [("", "Name", True), ("size", "Largest first", False)]


@pytest.mark.parametrize(
    ("query", "remark"),
    [
        ("colour=red", "“colour” is not a filter of this list and was left out; there are: state, q, sort."),
        ("page=2", "“page” is not a filter of this list and was left out; there are: state, q, sort."),
        ("state=open&state=all", "“state” was given 2 times; the last one, “all”, counts."),
        ("tab=2&q=x&sort=size", ""),
    ],
)
def test_what_is_no_filter_is_remarked_on(query: str, remark: str) -> None:
    assert ask(f"/items/?{query}").remarks == ([remark] if remark else [])


def test_links_leave_out_what_was_not_understood_and_clearing_keeps_the_order() -> None:
    listing = ask("/items/?colour=red&q=x&sort=size&tab=2&state=all")
    assert listing.address() == "?state=all&q=x&tab=2&sort=size"
    assert listing.clear == "?tab=2&sort=size"
    assert ask("/items/?q=x").clear == "/items/"


def test_nobody_acts_where_nothing_can_be_done() -> None:
    assert ask().may_act is False


def test_a_list_shown_at_another_address_asks_nothing(rf: Any) -> None:
    request = rf.post("/items/start/?q=x")
    request.user = AnonymousUser()
    listing = ListQuery(SPEC, request, "/items/")
    assert (listing.chosen["q"], listing.here, listing.address()) == ("", "/items/", "/items/")
