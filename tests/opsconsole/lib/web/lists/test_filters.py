"""Filters read an address leniently, and remark on what they did not take."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from opsconsole.lib.web.lists.filters import ChoiceFilter, FilterForm, FlagFilter, NameFilter, SearchFilter


class Filters(FilterForm):
    kept = ("range",)

    state = ChoiceFilter({"open": "Open", "shut": "Shut"}, label="State", initial="open")
    size = ChoiceFilter({"s": "Small", "l": "Large"}, label="Size", any_label="Any size")
    owner = NameFilter(label="Owner", any_label="Anybody")
    q = SearchFilter(label="Search", placeholder="Words")
    closed = FlagFilter(label="Closed ones")
    range = ChoiceFilter({"1h": "1 h", "1d": "1 d"}, label="Range", initial="1h", hidden=True)


DEFAULTS = {"state": "open", "size": "", "owner": "", "q": "", "closed": False, "range": "1h"}


@pytest.mark.parametrize(
    ("query", "changed", "remarks"),
    [
        ("", {}, []),
        ("state=&size=&owner=&q=&closed=", {}, []),
        ("state=shut&size=l&q= word &closed=1", {"state": "shut", "size": "l", "q": "word", "closed": True}, []),
        ("state=odd", {}, ["State “odd” was not understood and left out; there are: open, shut."]),
        ("size=SMALL", {}, ["Size “SMALL” was not understood and left out; there are: s, l."]),
        ("range=1y", {}, ["Range “1y” was not understood and left out; there are: 1h, 1d."]),
        ("closed=0", {}, []),
        ("closed=maybe", {"closed": True}, ["Closed ones “maybe” was taken for 1; there are: 1, 0."]),
        (f"q={'x' * 201}", {"q": "x" * 200}, ["Search: only the first 200 characters were used."]),
    ],
)
def test_what_is_understood_and_what_is_remarked_on(query: str, changed: dict[str, object], remarks: list[str]) -> None:
    filters = Filters(QueryDict(query))
    assert (filters.chosen, filters.remarks) == ({**DEFAULTS, **changed}, remarks)


@pytest.mark.parametrize(
    ("query", "narrowed"),
    [("", False), ("state=open", False), ("state=shut", True), ("range=1d", False), ("closed=1", True), ("q=x", True)],
)
def test_narrowed_is_what_clearing_would_change(query: str, narrowed: bool) -> None:
    assert Filters(QueryDict(query)).narrowed is narrowed


def test_a_name_that_is_not_there_is_kept_shown_and_remarked_on() -> None:
    filters = Filters(QueryDict("owner=eve"))
    assert (filters.chosen["owner"], filters.remarks) == ("eve", [])
    filters.offer({"owner": {"ada": "Ada", "bob": "Bob"}})
    assert filters.remarks == ["Owner “eve” is not among those here (ada, bob)."]
    assert '<option value="eve" selected>eve</option>' in str(filters["owner"])


def test_forms_of_two_requests_share_no_options() -> None:
    first, second = Filters(QueryDict("")), Filters(QueryDict(""))
    first.offer({"owner": {"ada": "Ada"}})
    assert "Ada" in str(first["owner"])
    assert "Ada" not in str(second["owner"])


def test_a_field_shows_what_counts_not_what_was_mistyped() -> None:
    filters = Filters(QueryDict("state=odd&closed=0"))
    assert '<option value="open" selected>' in str(filters["state"])
    assert "checked" not in str(filters["closed"])
    assert "checked" in str(Filters(QueryDict("closed=1"))["closed"])


def test_markup_in_an_address_is_escaped() -> None:
    filters = Filters(QueryDict("owner=<script>&q=%22><script>"))
    filters.offer({})
    assert "<script>" not in f"{filters['owner']}{filters['q']}"
